"""A custom integration for benchmarks that lets another process inspect and control Home Assistant.

It listens on 127.0.0.1 at the port in ``BENCH_PORT``. Every command is a POST request with JSON and a JSON response.
"""

import asyncio
from collections.abc import Awaitable, Callable
import cProfile
import ctypes
import gc
import importlib
import io
import os
from pathlib import Path
import pstats
import time
from types import MappingProxyType
from typing import Any, Final

from aiohttp import web
from homeassistant.components.application_credentials import ClientCredential, async_import_client_credential
from homeassistant.components.http.config import async_get_and_load_store
from homeassistant.config_entries import SOURCE_USER, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.recorder import get_instance
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import async_setup_component

from .clock import ShiftedClock
from .seam import recording_costs, seam_costs, write_cost
from .size import deep_size
from .watch import LoopWatch
from .writes import Writes

DOMAIN: Final = "bench_probe"
CONFIG_SCHEMA: Final = cv.empty_config_schema(DOMAIN)

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")

type Command = Callable[[dict[str, Any]], Awaitable[Any]]


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Serve the commands until Home Assistant stops."""
    probe = Probe(hass)
    store = await async_get_and_load_store(hass)
    if store.pending is not None:
        # Home Assistant restarts after five minutes unless a user confirms the address from the YAML configuration.
        await store.async_promote_pending()
    application = web.Application(client_max_size=2**24)
    application.router.add_post("/{command}", probe.handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(os.environ["BENCH_PORT"])).start()
    return True


class Probe:
    """The commands of the probe by name."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Initialize, and start watching the event loop, the states and the requests."""
        self.hass = hass
        self.watch = LoopWatch()
        self.writes = Writes(hass)
        self.clock = ShiftedClock(hass.loop)
        self._enabled: list[str] = []
        self._profile: cProfile.Profile | None = None
        self._commands: dict[str, Command] = {
            "flow": self._flow,
            "property": self._property,
            "setup": self._setup,
            "unload": self._unload,
            "enable": self._enable,
            "at_a_time": self._at_a_time,
            "remove": self._remove,
            "disable": self._disable,
            "disabled": self._disabled,
            "disabled_count": self._disabled_count,
            "begin": self._begin,
            "read": self._read,
            "written": self._written,
            "entities": self._entities,
            "call": self._call,
            "advance": self._advance,
            "real_time": self._real_time,
            "memory": self._memory,
            "cpu": self._cpu,
            "seam": self._seam,
            "recorder": self._recorder,
            "state_size": self._state_size,
            "profile": self._profiling,
        }

    async def handle(self, request: web.Request) -> web.Response:
        """Run a command; an exception becomes the response's ``error``."""
        data = await request.json() if request.can_read_body else {}
        try:
            answer = await self._commands[request.match_info["command"]](data)
        except Exception as err:  # noqa: BLE001 - returned to the caller
            answer = {"error": f"{type(err).__name__}: {err}"}
        return web.json_response(answer)

    async def _flow(self, data: dict[str, Any]) -> dict[str, Any]:
        """Start a config flow (``handler``) or continue one (``flow_id``, ``input``)."""
        flows = self.hass.config_entries.flow
        if "handler" in data:
            result = await flows.async_init(data["handler"], context={"source": "user"})
        else:
            result = await flows.async_configure(data["flow_id"], data.get("input"))
        entry = result.get("result")
        return {
            "type": str(result["type"]),
            "flow_id": result["flow_id"],
            "step": result.get("step_id"),
            "errors": result.get("errors"),
            "reason": result.get("reason"),
            "placeholders": {key: str(value) for key, value in (result.get("description_placeholders") or {}).items()},
            "entry_id": entry.entry_id if entry else None,
        }

    async def _property(self, data: dict[str, Any]) -> dict[str, Any]:
        """Add an entry with ``data`` and the credentials of its OAuth client; it is already signed in."""
        await async_setup_component(self.hass, "application_credentials", {})
        credential = ClientCredential(data["client_id"], data["client_secret"])
        await async_import_client_credential(self.hass, data["domain"], credential, data["data"]["auth_implementation"])
        entry: ConfigEntry[Any] = ConfigEntry(
            data=data["data"],
            discovery_keys=MappingProxyType({}),
            domain=data["domain"],
            minor_version=2,
            options=None,
            source=SOURCE_USER,
            subentries_data=None,
            title="Hotel",
            unique_id=data["data"]["unit_id"],
            version=2,
        )
        await self.hass.config_entries.async_add(entry)
        return {"entry_id": entry.entry_id}

    async def _setup(self, data: dict[str, Any]) -> dict[str, Any]:
        """Set up an entry; return the duration in seconds."""
        began = time.monotonic()
        good = await self.hass.config_entries.async_setup(data["entry_id"])
        return {"good": good, "began": began, "seconds": time.monotonic() - began}

    async def _unload(self, data: dict[str, Any]) -> dict[str, Any]:
        """Unload an entry."""
        return {"good": await self.hass.config_entries.async_unload(data["entry_id"])}

    async def _remove(self, data: dict[str, Any]) -> dict[str, Any]:
        """Remove an entry."""
        await self.hass.config_entries.async_remove(data["entry_id"])
        return {}

    async def _enable(self, data: dict[str, Any]) -> dict[str, Any]:
        """Enable the entities of an entry that are disabled by default, or those of a feature; return their number."""
        registry = er.async_get(self.hass)
        disabled = self._disabled_entities(data)
        for entity in disabled:
            registry.async_update_entity(entity.entity_id, disabled_by=None)
        self._enabled = [entity.entity_id for entity in disabled]
        return {"count": len(disabled)}

    async def _disable(self, _data: dict[str, Any]) -> dict[str, Any]:
        """Disable the entities that were last enabled."""
        for entity_id in self._enabled:
            er.async_get(self.hass).async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.INTEGRATION)
        return {}

    async def _disabled(self, data: dict[str, Any]) -> list[str]:
        """Return the features of an entry whose entities are disabled: their domains and translation keys."""
        return sorted({_feature_of(entity) for entity in self._disabled_entities(data)})

    async def _disabled_count(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the number of disabled entities of an entry."""
        return {"count": len(self._disabled_entities(data))}

    def _disabled_entities(self, data: dict[str, Any]) -> list[er.RegistryEntry]:
        """Return the disabled entities of an entry, or of one ``feature``."""
        entities = er.async_entries_for_config_entry(er.async_get(self.hass), data["entry_id"])
        wanted = data.get("feature")
        return [e for e in entities if e.disabled_by and wanted in (None, _feature_of(e))]

    async def _at_a_time(self, data: dict[str, Any]) -> dict[str, Any]:
        """Set the maximum number of concurrent requests of alexa_media for later setups.

        Return the previous maximum.
        """
        transport: Any = importlib.import_module("custom_components.alexa_media.cloud.account.transport")
        before = transport.SLOTS_AT_SETUP
        transport.SLOTS_AT_SETUP = data["requests"]
        return {"requests": before}

    async def _begin(self, data: dict[str, Any]) -> dict[str, Any]:
        """Reset the recorded data; ``owners`` are the files and the platform that identify a client."""
        self.watch.begin(data.get("owners", []))
        self.writes.begin(data.get("platform", ""))
        return {"now": time.monotonic()}

    async def _read(self, _data: dict[str, Any]) -> dict[str, Any]:
        """Return the blocking callbacks of the event loop and the states written since ``begin``."""
        return {
            "blocks": self.watch.read(),
            "gc": self.watch.collections,
            "writes": self.writes.read(),
            "arrivals": self.writes.arrivals,
        }

    async def _written(self, _data: dict[str, Any]) -> dict[str, Any]:
        """Return the number of states written since ``begin``, of all platforms."""
        return {"count": self.writes.count}

    async def _entities(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the entities of a ``platform`` that have a state."""
        states = self.hass.states
        return [
            {
                "entity_id": entity.entity_id,
                "unique_id": entity.unique_id,
                "state": state.state,
            }
            for entity in er.async_get(self.hass).entities.values()
            if entity.platform == data["platform"] and (state := states.get(entity.entity_id))
        ]

    async def _call(self, data: dict[str, Any]) -> dict[str, Any]:
        """Call an action and wait; return its start (epoch seconds), duration and response."""
        began = self.clock.real_time()
        before = time.monotonic()
        response = await self.hass.services.async_call(
            data["domain"], data["action"], data["data"], blocking=True, return_response=bool(data.get("returns"))
        )
        return {"began": began, "seconds": time.monotonic() - before, "response": response}

    async def _advance(self, data: dict[str, Any]) -> dict[str, Any]:
        """Advance the clocks and wait until no request is in flight."""
        return {"calm": await self.clock.advance(float(data["seconds"]))}

    async def _real_time(self, _data: dict[str, Any]) -> dict[str, Any]:
        """Reset the wall clock to real time."""
        self.clock.reset()
        return {}

    async def _cpu(self, _data: dict[str, Any]) -> dict[str, Any]:
        """Return the processor seconds used by Home Assistant so far.

        ``seconds`` are those of all threads, ``loop`` those of the event loop's thread.
        """
        return {"seconds": time.process_time(), "loop": time.thread_time()}

    async def _seam(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the cost in seconds of the code that checks for a recorder, without a recording."""
        entry = self.hass.config_entries.async_get_known_entry(data["entry_id"])
        return await seam_costs(entry.runtime_data.backend, data["directive"])

    async def _recorder(self, data: dict[str, Any]) -> dict[str, float]:
        """Return the cost of a running recording per operation.

        Without ``directives``, return the cost of its pseudonyms instead.
        """
        recordings: Any = importlib.import_module("custom_components.alexa_media.recordings")
        entry = self.hass.config_entries.async_get_known_entry(data["entry_id"])
        recorder = recordings.async_running(self.hass, entry).recorder
        if "directives" not in data:
            return write_cost(recorder)
        return await recording_costs(entry.runtime_data.backend, recorder, data["directives"])

    async def _memory(self, _data: dict[str, Any]) -> dict[str, Any]:
        """Return the resident memory in bytes after the recorder has written all and after garbage collection."""
        await get_instance(self.hass).async_block_till_done()
        for _ in range(3):
            gc.collect()
            await asyncio.sleep(0.1)
        ctypes.CDLL(None).malloc_trim(0)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return {"rss": pages * _PAGE}

    async def _state_size(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the size in bytes of the account data of an alexa_media entry, by topic."""
        entry = self.hass.config_entries.async_get_known_entry(data["entry_id"])
        seen: set[int] = set()
        return {each.name: deep_size(each.data, seen) for each in entry.runtime_data.coordinators}

    async def _profiling(self, data: dict[str, Any]) -> dict[str, Any]:
        """Start profiling the event loop's thread, or stop and return the most expensive functions."""
        if self._profile is None:
            self._profile = cProfile.Profile()
            self._profile.enable()
            return {}
        profile, self._profile = self._profile, None
        profile.disable()
        text = io.StringIO()
        stats = pstats.Stats(profile, stream=text)
        if "file" in data:
            stats.dump_stats(data["file"])
        for order in ("tottime", "cumulative"):
            stats.sort_stats(order).print_stats(45)
        return {"text": text.getvalue()}


def _feature_of(entity: er.RegistryEntry) -> str:
    """Return the domain and the translation key of an entity, which are the same for entities of one feature."""
    return f"{entity.domain} {entity.translation_key or entity.original_device_class or ''}".strip()
