"""Tests of faults of Amazon, cancellation and leaks."""
