"""Tests of the integration, the simulated cloud and the project's tools."""
