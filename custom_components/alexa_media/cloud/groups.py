"""Resolution of speaker groups to their leaf devices.

A group may contain groups: a stereo pair is one, and can be a member of another. A command
for a group goes to each of its leaves once.
"""

from collections.abc import Iterator, Mapping

from .model.devices import Device


def members_of(device: Device, devices: Mapping[str, Device]) -> Iterator[str]:
    """Yield the serials of all direct and nested members of a group, groups included, each once.

    ``devices`` are the known devices by serial; members that it lacks are yielded too. A group
    that contains itself is not entered again. A single device yields nothing.
    """
    seen = {device.serial}
    waiting = list(reversed(device.members)) if device.is_group else []
    while waiting:
        serial = waiting.pop()
        if serial in seen:
            continue
        seen.add(serial)
        yield serial
        if (found := devices.get(serial)) is not None and found.is_group:
            waiting.extend(reversed(found.members))


def leaves(device: Device, devices: Mapping[str, Device]) -> tuple[Device, ...]:
    """Return the leaf devices of a group, each once and in the order of the members.

    A single device, or a group without known members, is its own leaf. Unknown members are
    skipped.
    """
    below = (devices[serial] for serial in members_of(device, devices) if serial in devices)
    return tuple(found for found in below if not _is_branch(found, devices)) or (device,)


def _is_branch(device: Device, devices: Mapping[str, Device]) -> bool:
    """Return whether a device is a group with a known member."""
    return device.is_group and any(member in devices for member in device.members)
