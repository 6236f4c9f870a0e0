"""Tests of the client of the account API."""
