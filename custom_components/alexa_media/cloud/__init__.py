"""Clients of Amazon's clouds; Home Assistant is not imported here."""
