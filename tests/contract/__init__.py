"""The simulated Smart Properties, held against their specification by schemathesis."""
