"""Clients of both clouds, the account API and Smart Properties, independent of Home Assistant."""
