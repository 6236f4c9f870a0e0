"""Coordinators, one per topic, and the runtime data of an entry."""
