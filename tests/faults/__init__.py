"""Tests of Amazon's faults, of cancellation and of leaks."""
