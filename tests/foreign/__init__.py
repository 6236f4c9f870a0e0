"""Clients that are not ours, unmodified, against the simulated cloud."""
