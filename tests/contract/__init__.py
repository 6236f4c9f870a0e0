"""Check of the simulated Smart Properties with their specification by schemathesis."""
