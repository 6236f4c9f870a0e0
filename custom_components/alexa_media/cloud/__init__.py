"""Clients of both of Amazon's clouds, independent of Home Assistant."""
