"""Coordinators, one per topic of an account."""
