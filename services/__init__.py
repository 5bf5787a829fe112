"""The three services of Field Visits and the command line that runs them."""
