"""Tests of triggers, conditions and actions in automations."""
