"""Speaker groups resolved to the single devices behind them.

A group may contain groups: a stereo pair is one, and can be a member of another. Whatever
reaches a group is for its leaves, each of them once.
"""

from collections.abc import Iterator, Mapping

from .model.devices import Device


def members_of(device: Device, devices: Mapping[str, Device]) -> Iterator[str]:
    """Yield the serials of everything below a group at every depth, groups included, each once.

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
    """Return the single devices behind a device, each once and in the order of the members.

    That is the device itself if it is no group, or a group without a known member. Members
    that are not known are left out.
    """
    below = (devices[serial] for serial in members_of(device, devices) if serial in devices)
    return tuple(found for found in below if not _is_branch(found, devices)) or (device,)


def _is_branch(device: Device, devices: Mapping[str, Device]) -> bool:
    """Return whether a device is a group with a known member."""
    return device.is_group and any(member in devices for member in device.members)
