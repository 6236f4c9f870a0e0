"""Features that several platforms or actions share."""
