"""Commands for settings, and reads caused by listeners."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from homeassistant.core import callback

from custom_components.alexa_media.cloud.model.settings import PreferenceChanges, Setting
from custom_components.alexa_media.coordinator.settings import setting_key

from . import FailureCommand

KITCHEN: Final = "Kitchen Show"


@callback
def _nobody() -> None:
    """Do nothing, as a listener."""


async def look_at_settings(table: Any) -> list[str]:
    """Add listeners for every setting of the kitchen; known values must not get lost."""
    settings = table.entry.runtime_data.settings
    serial = table.household.serial(KITCHEN)
    keys = [setting_key(serial, setting) for setting in Setting]
    if not any(key in settings._by_context for key in keys):
        for key in keys:
            settings.async_add_listener(_nobody, key)
    settings._due_at.clear()
    settings.api._home_group = None
    before = dict(settings.data)
    task = asyncio.create_task(settings.async_refresh())
    await table.drive.settle(task.done)
    await task
    return [f"{key} went or changed" for key, value in before.items() if settings.data.get(key) != value]


async def _write(table: Any, work: Any, is_done: Callable[[], bool]) -> list[str]:
    """Write a setting like an entity does; it has to raise a known error, or succeed."""
    from custom_components.alexa_media.cloud.errors import AlexaError

    task = asyncio.create_task(work)
    await table.drive.settle(task.done)
    problems: list[str] = []
    try:
        await task
    except AlexaError:
        pass
    else:
        if not is_done():
            problems.append("a change returned, and nothing was done")
    await table.drive.tick(1)
    await table.drive.settle()
    return problems


def _setter(setting: Setting, values: tuple[Any, Any], place: str, there: tuple[Any, Any]) -> FailureCommand:
    """Return the command that toggles a setting of the kitchen; ``there`` returns its values in the cloud."""

    async def command(table: Any) -> list[str]:
        def held() -> Any:
            found: Any = table.household.device(KITCHEN)
            for key in place.split("/"):
                found = found[key]
            return found

        runtime = table.entry.runtime_data
        wanted = 1 if held() == there[0] else 0
        device = runtime.devices.data[table.household.serial(KITCHEN)]
        return await _write(
            table, runtime.settings.async_set(device, setting, values[wanted]), lambda: held() == there[wanted]
        )

    command.__name__ = f"set_{setting}"
    return command


async def set_follow_up(table: Any) -> list[str]:
    """Toggle follow-up mode."""
    runtime = table.entry.runtime_data
    device = runtime.devices.data[table.household.serial(KITCHEN)]
    wanted = not table.household.device(KITCHEN)["preferences"]["goldfishEnabled"]
    return await _write(
        table,
        runtime.settings.async_set_preferences(device, PreferenceChanges(follow_up=wanted)),
        lambda: table.household.device(KITCHEN)["preferences"]["goldfishEnabled"] is wanted,
    )


async def rename(table: Any) -> list[str]:
    """Rename the kitchen, keeping its name."""
    runtime = table.entry.runtime_data
    device = runtime.devices.data[table.household.serial(KITCHEN)]
    return await _write(table, runtime.settings.async_rename(device, KITCHEN), lambda: True)


async def restart(table: Any) -> list[str]:
    """Restart the kitchen, and wait until it is online."""
    problems: list[str] = await table.act("button", "press", {"entity_id": "button.kitchen_show_restart"}, lambda: True)
    await table.drive.tick(31)
    await table.drive.settle()
    return problems


async def unpair(table: Any) -> list[str]:
    """Unpair a loudspeaker that was paired for this purpose."""
    paired = table.household.device(KITCHEN)["bluetooth"]
    old = {"address": "00:53:10:00:00:0F", "friendlyName": "Old Radio", "connected": True}
    if not any(device["address"] == old["address"] for device in paired):
        table.household.change(KITCHEN, bluetooth=[*paired, old])
        await table.drive.tick(1)
        await table.drive.settle()
    data = {"entity_id": "media_player.kitchen_show", "source": "Old Radio"}
    problems: list[str] = await table.act(
        "alexa_media",
        "unpair_bluetooth",
        data,
        lambda: len(table.household.device(KITCHEN)["bluetooth"]) == 2,
    )
    return problems


async def get_household(table: Any) -> list[str]:
    """Read the people of the household."""
    return await _write(table, table.entry.runtime_data.settings.api.async_household(), lambda: True)


async def get_contacts(table: Any) -> list[str]:
    """Read the contacts."""
    return await _write(table, table.entry.runtime_data.settings.api.async_contacts(), lambda: True)


async def send_message(table: Any, path: str = "/users/*/messages", **given: bool) -> list[str]:
    """Send a message to the household."""
    data = {"config_entry_id": table.entry.entry_id, "message": "Dinner at seven", **given}

    def is_sent() -> bool:
        return any(one["status"] == 200 for one in table.sim.ledger(method="POST", path=path))

    problems: list[str] = await table.act("alexa_media", "send_message", data, is_sent)
    return problems


async def announce_to_household(table: Any) -> list[str]:
    """Announce a message in the household."""
    return await send_message(table, "/users/*/announcements", announcement=True)


async def read_child(table: Any) -> list[str]:
    """Read which child the Echo of the office is assigned to."""
    runtime = table.entry.runtime_data
    device = runtime.devices.data[table.household.serial("Office Spot")]
    return await _write(table, runtime.kids.api.async_child(device), lambda: True)


async def set_flash_briefing(table: Any) -> list[str]:
    """Take a feed out of the flash briefing and add it again."""
    data = {"config_entry_id": table.entry.entry_id, "feed": "Harbor News"}
    problems: list[str] = []
    for enabled in (False, True):
        problems += await table.act("alexa_media", "set_flash_briefing", {**data, "enabled": enabled}, lambda: True)
    return problems


COMMANDS: Final[tuple[FailureCommand, ...]] = (
    look_at_settings,
    _setter(Setting.BASS, (0, 3), "equalizer/bass", (0, 3)),
    _setter(Setting.DISPLAY_POWER, (True, False), "settings/displayPower", ("ON", "OFF")),
    _setter(Setting.AUX_DIRECTION, ("OUTPUT", "INPUT"), "auxDirection", ("OUTPUT", "INPUT")),
    _setter(Setting.WAKE_WORD, ("ALEXA", "ECHO"), "wakeWord", ("ALEXA", "ECHO")),
    _setter(Setting.ANNOUNCEMENTS, (True, False), "communications/announcements", ("ON", "OFF")),
    set_follow_up,
    rename,
    restart,
    unpair,
    get_household,
    get_contacts,
    send_message,
    announce_to_household,
    set_flash_briefing,
    read_child,
)
