"""Tests of the simulated cloud with unmodified clients of other projects."""
