"""The writes of visits, one named function for each statement. Reading for screens is in `views`."""
