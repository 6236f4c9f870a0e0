"""Appliances for diagnostics: what they can do and what they say, but not whose they are or how they are called."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from homeassistant.helpers.device_registry import DeviceEntry

from .appliance_entity import appliance_identifier
from .backend.appliances import Appliance, ApplianceState, Feature
from .coordinator import AlexaConfigEntry, AlexaRuntimeData


def appliances_diagnostics(runtime: AlexaRuntimeData) -> Mapping[str, Any] | None:
    """Return how many appliances there are of each kind, and which of them get entities and why not."""
    appliances = runtime.appliances
    if appliances is None:
        return None
    every = appliances.discovered.values()
    return {
        "kinds": Counter(appliance.type_raw or appliance.kind for appliance in every),
        "features": Counter(feature.name_raw or feature.name for item in every for feature in item.features),
        "with_entities": len(appliances.data),
        "local": sum(appliance.is_local for appliance in every),
        "exposed_by_home_assistant": Counter(item.exposure for item in every if appliances.is_own(item)),
        "settled": appliances.settled,
        "guard": appliances.guard is not None,
    }


def appliance_diagnostics(entry: AlexaConfigEntry, device_entry: DeviceEntry) -> Mapping[str, Any] | None:
    """Return the appliance of a registered device, ``None`` if it is none that gets entities."""
    runtime = entry.runtime_data
    if runtime.appliances is None or runtime.smart_home is None:
        return None
    for appliance in runtime.appliances.data.values():
        if not appliance.is_echo and appliance_identifier(entry, appliance) in device_entry.identifiers:
            return _appliance(appliance, runtime.smart_home.data.get(appliance.entity_id, ApplianceState()))
    return None


def _appliance(appliance: Appliance, state: ApplianceState) -> dict[str, Any]:
    """Return what an appliance is, can do and says."""
    return {
        "kind": appliance.kind,
        "type": appliance.type_raw,
        "device_type": appliance.device_type,
        "manufacturer": appliance.manufacturer,
        "model": appliance.model,
        "is_local": appliance.is_local,
        "on_an_echo": appliance.echo_serial is not None,
        "merged": len(appliance.merged_ids),
        "features": [_feature(feature) for feature in appliance.features],
        "reachable": state.reachable,
        "refused": state.refused,
        "samples": [
            {
                "feature": key.feature,
                "instance": key.instance,
                "property": key.name,
                "value": sample.value if isinstance(sample.value, str | float | int) else repr(sample.value),
                "at": sample.at.isoformat() if sample.at else None,
                "error": sample.error,
            }
            for key, sample in state.samples.items()
        ],
    }


def _feature(feature: Feature) -> dict[str, Any]:
    """Return what a feature can be told."""
    limits = feature.value_range
    return {
        "feature": feature.name_raw or feature.name,
        "instance": feature.instance,
        "operations": sorted(feature.operations),
        "properties": sorted(feature.properties),
        "range": (limits.minimum, limits.maximum, limits.step, limits.unit) if limits else None,
        "modes": [mode.value for mode in feature.modes],
    }
