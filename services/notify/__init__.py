"""To be written with the service's first module."""
