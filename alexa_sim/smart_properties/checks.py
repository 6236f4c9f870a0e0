"""Consistency checks of a household's properties beyond its schema."""

from collections.abc import Iterator, Mapping
from typing import Any


def contradictions(given: Mapping[str, Any], accounts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each inconsistency: its place, and a sentence."""
    place = "smartProperties"
    units, endpoints = given["units"], given.get("endpoints", {})
    if given["operator"] not in accounts:
        yield f"{place}/operator", f"There is no account {given['operator']}."
    if given["organization"] not in units:
        yield f"{place}/organization", f"There is no unit {given['organization']}."
    for unit_id in units:
        if not _leads_to(given["organization"], unit_id, units):
            yield f"{place}/units/{unit_id}", "Its parents do not lead to the organization."
    yield from _twins(place, endpoints)
    for endpoint_id, endpoint in endpoints.items():
        if (unit := endpoint.get("unit")) is not None and unit not in units:
            yield f"{place}/endpoints/{endpoint_id}/unit", f"There is no unit {unit}."
        thermostat = endpoint.get("features", {}).get("thermostat", {})
        if thermostat and ("targetSetpoint" in thermostat) == ("lowerSetpoint" in thermostat):
            yield (
                f"{place}/endpoints/{endpoint_id}/features/thermostat",
                "It has one set point, or a lower and an upper.",
            )
        if thermostat and thermostat["thermostatMode"] not in thermostat["supportedModes"]:
            yield f"{place}/endpoints/{endpoint_id}/features/thermostat", "Its mode is none that it supports."
    clients = [client["id"] for client in given.get("clients", [])]
    for number, grant in enumerate(given.get("grants", [])):
        if grant["client"] not in clients:
            yield f"{place}/grants/{number}/client", f"There is no client {grant['client']}."


def _leads_to(root: str, unit_id: str, units: Mapping[str, Any]) -> bool:
    """Return whether the parents of a unit lead to the root."""
    for _ in range(len(units)):
        if unit_id == root:
            return True
        unit_id = units.get(unit_id, {}).get("parentId") or ""
    return False


def _twins(place: str, endpoints: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the endpoints whose name or serial number is not unique."""
    for field in ("friendlyName", "serialNumber"):
        seen: dict[str, str] = {}
        for endpoint_id, endpoint in endpoints.items():
            if (value := endpoint.get(field)) is None:
                continue
            if (other := seen.setdefault(value.casefold(), endpoint_id)) != endpoint_id:
                yield f"{place}/endpoints/{endpoint_id}/{field}", f"{value} is that of {other} already."
