"""Check of the simulated Smart Properties against their specification with schemathesis."""
