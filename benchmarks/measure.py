"""The measurements of one client."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
import time
from typing import Any, Final

from .clients import Client
from .evaluate import (
    Wire,
    apart,
    asked,
    compare,
    counts,
    first_writes,
    keep,
    longest_blocks,
    quantiles,
    volume_directive,
    volume_push,
)
from .home import Home, household

LATENCY: Final = 0.05
"""Round-trip time to Amazon in seconds while setup is measured."""

RATE: Final = 500
_BATCHES_PER_SECOND: Final = 50
_STEP: Final = 20.0
_SLOWER: Final = 0.5
"""Additional seconds per round trip, to compute how many round trips the entities wait for."""
_UNLIMITED: Final = 100
_SLOW: Final = 0.3
"""Round-trip time to a slow Amazon in seconds."""
_STARTS: Final = 3
"""Number of starts with slow round trips, of which the median counts."""
PROVEN_HOURS: Final = 5
"""Measured hours after live updates have proven to work, because most data is read every four hours then."""
_CALM_AFTER_PUSH: Final = 4.0
"""Seconds without a request after which a push has caused all of its requests; a history read waits 2 s."""
_ROUNDS: Final = 5
"""Number of measured hours with a recording."""

HOTEL: Final[Mapping[str, Any]] = {
    "client_id": "amzn1.application-oa2-client.sim",
    "client_secret": "amzn1.oa2-cs.v1.sim",
    "data": {
        "auth_implementation": "hotel",
        "token": {"access_token": "", "refresh_token": "Atzr|property", "expires_in": 3600, "expires_at": 0},
        "region": "na",
        "login_host": "amazon.com",
        "unit_id": "amzn1.alexa.unit.did.SIMORGANIZATION",
        "whole_organization": True,
        "id_prefix": "asp_",
        "id_suffix": "",
    },
}
"""Entry of the household ``property``, with the credentials of its OAuth client."""


@dataclass(slots=True)
class Bench:
    """Measurements of one client in one Home Assistant; ``found`` contains the numbers by name."""

    home: Home
    client: Client
    quick: bool = False
    profiles: Path | None = None
    entry_id: str = ""
    found: dict[str, Any] = field(default_factory=dict)

    def begin(self) -> float:
        """Reset requests and recorded data; return the probe's time."""
        self.home.sim.reset_ledger()
        answer = self.home.probe("begin", platform=self.client.platform, owners=self.client.owners)
        return float(answer["now"])

    def read(self) -> dict[str, Any]:
        """Return the recorded data of the probe."""
        recorded: dict[str, Any] = self.home.probe("read")
        return recorded

    # --- setup ------------------------------------------------------------------------

    def first_set_up(self, echos: int, *, memory: bool = False) -> None:
        """Sign in with a new account, and measure the memory before and after."""
        before = self.home.probe("memory")["rss"] if memory else 0
        self.begin()
        self.entry_id = self.client.sign_in(self.home)
        self.home.quiet()
        if not memory:
            return
        self.found["blocks_first"] = longest_blocks(self.read())
        self.found["entities"] = len(self.home.probe("entities", platform=self.client.platform))
        self.found["disabled"] = self.home.probe("disabled_count", entry_id=self.entry_id)["count"]
        self.found["echos"] = echos
        self.found["memory"] = self.home.probe("memory")["rss"] - before
        if self.client.name == "alexa_media":
            self.found["state"] = self.home.probe("state_size", entry_id=self.entry_id)

    def set_up(self, echos: int, *, timed: bool = False) -> None:
        """Set up the entry again, like after a restart, with slow round trips."""
        probe, sim = self.home.probe, self.home.sim
        probe("unload", entry_id=self.entry_id)
        fault = sim.fault(latency=LATENCY) if timed else None
        self.begin()
        if timed and self.profiles:
            probe("profile")
        began = probe("setup", entry_id=self.entry_id)["began"]
        if timed and self.profiles:
            self._profiled("set_up")
        requests = self.home.quiet(limit=90)
        if fault:
            sim.remove_fault(fault)
        recorded = self.read()
        if timed:
            first = first_writes(recorded)
            self.found["set_up_seconds"] = max(first.values()) - began
            self.found["set_up_entities"] = len(first)
            self.found["blocks"] = longest_blocks(recorded)
        keep(self.found, "start", echos, apart(requests))

    def round_trips(self) -> None:
        """Measure the number of consecutive round trips before the entities are added."""
        ours = self.client.name == "alexa_media"
        self.found["round_trips_limited"] = self._delay()
        if ours:
            self.found["slow_seconds"] = median(self._took(_SLOW) for _ in range(_STARTS))
            before = self.home.probe("at_a_time", requests=_UNLIMITED)["requests"]
            self.found["round_trips"] = self._delay()
            self.home.probe("at_a_time", requests=before)

    def _delay(self) -> float:
        """Return by how many seconds the entities are delayed per second of round-trip time."""
        return (self._took(LATENCY + _SLOWER) - self._took(LATENCY)) / _SLOWER

    def _took(self, latency: float) -> float:
        """Return the seconds until all entities have states after a restart.

        ``latency`` is the round-trip time in seconds.
        """
        self.home.probe("unload", entry_id=self.entry_id)
        self.home.sim.fault(latency=latency)
        self.begin()
        began = self.home.probe("setup", entry_id=self.entry_id)["began"]
        self.home.quiet(limit=90)
        self.home.sim.clear_faults()
        return float(max(first_writes(self.read()).values()) - began)

    def _advance(self, hours: float) -> None:
        """Advance the clocks of Home Assistant and of the cloud."""
        for _ in range(round(hours * 3600 / _STEP)):
            self.home.sim.advance(_STEP)
            self.home.probe("advance", seconds=_STEP)

    def idle_hour(self, echos: int, name: str = "idle") -> None:
        """Advance the clocks by an hour without events, and count the requests."""
        self.begin()
        self._advance(1)
        keep(self.found, name, echos, apart(self.home.quiet(calm=1)))

    def proven_hours(self, echos: int) -> None:
        """Push a changed volume and a changed light, and count the requests of the following hours without events."""
        customer_id, account = self._account()
        changed = {
            "devices": {next(iter(self._serials())): {"volume": 91}},
            "appliances": {
                key: {"features": {"brightness": {"brightness": 41}}}
                for key, appliance in account["appliances"].items()
                if "brightness" in appliance["features"]
            },
        }
        self.home.sim.patch_state({"accounts": {customer_id: changed}})
        self.home.quiet(calm=_CALM_AFTER_PUSH)
        self.begin()
        self._advance(PROVEN_HOURS)
        found = counts(self.home.quiet(calm=1))
        keep(self.found, "proven", echos, found | {"hourly": found["total"] / PROVEN_HOURS})

    def everything(self, echos: int) -> None:
        """Enable all entities, set up again, and advance an hour without events."""
        probe = self.home.probe
        probe("real_time")
        enabled = probe("enable", entry_id=self.entry_id)["count"]
        # Home Assistant reloads the entry some time after an entity was enabled.
        probe("advance", seconds=40)
        self.home.quiet()
        probe("unload", entry_id=self.entry_id)
        self.begin()
        probe("setup", entry_id=self.entry_id)
        keep(self.found, "all_start", echos, apart(self.home.quiet(limit=90)) | {"enabled": enabled})
        self.idle_hour(echos, "all_idle")

    def list_item(self) -> None:
        """Add an item to a list in the cloud."""
        customer_id, account = self._account()
        shown = next(key for key, one in account["lists"].items() if one["listType"] == "SHOP")
        self.begin()
        items = {"bench": {"itemName": "oat milk"}}
        self.home.sim.patch_state({"accounts": {customer_id: {"lists": {shown: {"items": items}}}}})
        requests = self.home.quiet(calm=1.5)
        writes = [row for row in self.read()["writes"] if row[2] == "changed" and row[1].startswith("todo.")]
        self.found["list_item"] = {"requests": counts(requests), "writes": len(writes)}

    def hotel(self) -> None:
        """Set up the household of Alexa Smart Properties, and advance an hour without events."""
        self.home.probe("remove", entry_id=self.entry_id)
        self.home.sim.household("property")
        self.home.probe("real_time")
        self.begin()
        self.entry_id = self.home.probe("property", domain="alexa_media", **HOTEL)["entry_id"]
        start = asked(self.home.quiet())
        self.begin()
        self._advance(1)
        hour = asked(self.home.quiet(calm=1))
        settings = sum(path.endswith("/settings") for path in hour)
        surveys = hour.count("/v2/endpoints")
        self.found["hotel"] = {
            "start": len(start),
            "hour": len(hour),
            "settings": settings,
            "survey": (len(hour) - settings) / surveys if surveys else 0,
        }

    def replace(self, echos: int) -> None:
        """Continue with another account with a number of Echos."""
        self.home.probe("remove", entry_id=self.entry_id)
        self.home.sim.household(household(echos))
        self.home.probe("real_time")

    # --- pushes -----------------------------------------------------------------------

    def _account(self) -> tuple[str, Mapping[str, Any]]:
        """Return the customer id and the account in the cloud."""
        ((customer_id, account),) = self.home.sim.state()["accounts"].items()
        return customer_id, account

    def _serials(self) -> dict[str, str]:
        """Return the device type of every single Echo, by serial."""
        _, account = self._account()
        devices: dict[str, Any] = account["devices"]
        return {serial: d["deviceType"] for serial, d in devices.items() if d["deviceFamily"] != "WHA"}

    def _players(self) -> dict[str, str]:
        """Return the serials of the Echos by the entity id of their media player."""
        entities = self.home.probe("entities", platform=self.client.platform)
        return {
            entity["entity_id"]: serial
            for serial in self._serials()
            for entity in entities
            if entity["entity_id"].startswith("media_player.") and serial.lower() in entity["unique_id"].lower()
        }

    def pushes(self) -> None:
        """Push one value of each type for an Echo, and a burst of hints."""
        customer_id, _ = self._account()
        serial = list(self._players().values())[3]
        doppler = {"deviceSerialNumber": serial, "deviceType": self._serials()[serial]}

        def change(**values: Any) -> None:
            self.home.sim.patch_state({"accounts": {customer_id: {"devices": {serial: values}}}})

        def push_dnd() -> None:
            self.home.sim.push("PUSH_DND_STATE_CHANGE", {"dopplerId": doppler, "enabled": True})

        pushes: tuple[tuple[str, Callable[[], None]], ...] = (
            ("volume", partial(change, volume=93)),
            ("dnd", push_dnd),
            # Amazon also pushes the signs of a waking Echo, as if someone had spoken to it.
            ("waking", partial(change, dnd=True)),
            ("offline", partial(change, online=False)),
            ("online", partial(change, online=True)),
        )
        for name, push in pushes:
            self.begin()
            push()
            requests = self.home.quiet(calm=_CALM_AFTER_PUSH)
            kinds = Counter(row[2] for row in self.read()["writes"])
            self.found[f"push_{name}"] = {"requests": counts(requests), "writes": dict(kinds)}
        self.begin()
        for version in range(30):
            payload = {
                "dopplerId": doppler,
                "eventType": "UPDATE",
                "notificationVersion": version,
            }
            self.home.sim.push("PUSH_NOTIFICATION_CHANGE", payload)
        self.found["push_hints"] = {"requests": counts(self.home.quiet(calm=2))}

    def latency(self) -> None:
        """Push volumes one by one, and measure the time from received data to written state."""
        types = self._serials()
        serials = [(serial, types[serial]) for serial in self._players().values()][:100]
        self.begin()
        wire = Wire(self.home.sim.url)
        for number in range(60 if self.quick else 200):
            serial, device_type = serials[number % len(serials)]
            wire.push([volume_push(serial, device_type, 76 + number % 5)])
            time.sleep(0.05)
        wire.close()
        time.sleep(1)
        recorded = self.read()
        arrivals: list[float] = recorded["arrivals"]
        took: list[float] = []
        for when, _, kind, percent in recorded["writes"]:
            if kind == "changed" and percent is not None and (earlier := [at for at in arrivals if at <= when]):
                took.append(when - max(earlier))
        self.found["push_latency"] = quantiles(took)

    def recording(self) -> None:
        """Measure the cost of a recording: in an hour with 300 pushes, and per request and directive."""
        entry = {"config_entry_id": self.entry_id}
        serial, device_type = next(iter(self._serials().items()))
        directives = [volume_directive(serial, device_type, volume) for volume in range(30, 50)]
        self._record(entry | {"mode": "start", "hours": 24})
        self.home.probe("recorder", entry_id=self.entry_id)
        hours, writes = [], []
        for _ in range(_ROUNDS):
            hours.append(self._busy_hour()[0])
            requests = len(self.home.requests())
            writes.append(self.home.probe("recorder", entry_id=self.entry_id)["seconds"])
        costs = self.home.probe("recorder", entry_id=self.entry_id, directives=directives)
        before, _ = self._processor_time()
        self._record(entry | {"mode": "stop"})
        stop = self._processor_time()[0] - before
        found = {"hour": min(hours), "write": min(writes), "requests": requests, "stop": stop}
        self.found["recording"] = {**costs, **found}
        self.found["recording_off"] = self.home.probe("seam", entry_id=self.entry_id, directive=directives[0])

    def _processor_time(self) -> tuple[float, float]:
        """Return the processor seconds used by Home Assistant so far.

        The first number is for all threads, the second for the event loop's thread.
        """
        found = self.home.probe("cpu")
        return float(found["seconds"]), float(found["loop"])

    def _record(self, data: Mapping[str, Any]) -> None:
        """Start or stop a recording, and wait until the account is quiet."""
        self.home.probe("call", domain="alexa_media", action="record", data=dict(data))
        self.home.quiet()

    def _busy_hour(self) -> tuple[float, float]:
        """Return the processor seconds of an hour with polls and 300 pushes.

        The first number is for all threads, the second for the event loop's thread.
        """
        types = self._serials()
        serials = [(serial, types[serial]) for serial in self._players().values()]
        self.begin()
        before = self._processor_time()
        wire = Wire(self.home.sim.url)
        for number in range(300):
            serial, device_type = serials[number % len(serials)]
            wire.push([volume_push(serial, device_type, 40 + number % 50)])
            if not number % 15:
                self.home.sim.advance(3 * 60)
                self.home.probe("advance", seconds=3 * 60)
        wire.close()
        self.home.quiet(calm=1)
        after = self._processor_time()
        return after[0] - before[0], after[1] - before[1]

    def flood(self, seconds: int) -> None:
        """Push 500 volumes per second; each must be written, in order."""
        players = self._players()
        types = self._serials()
        serials = [(serial, types[serial]) for serial in players.values()]
        self.begin()
        if self.profiles:
            self.home.probe("profile")
        sent: list[tuple[float, str, int]] = []
        wire = Wire(self.home.sim.url)
        size = RATE // _BATCHES_PER_SECOND
        began = time.monotonic()
        for batch in range(seconds * _BATCHES_PER_SECOND):
            time.sleep(max(0.0, began + batch / _BATCHES_PER_SECOND - time.monotonic()))
            numbers = range(batch * size, (batch + 1) * size)
            volumes = [(*serials[n % len(serials)], 70 + n // len(serials) % 25) for n in numbers]
            at = time.monotonic()
            wire.push([volume_push(*volume) for volume in volumes])
            sent += [(at, serial, volume) for serial, _, volume in volumes]
        lasted = time.monotonic() - began
        wire.close()
        drained = self._drain()
        if self.profiles:
            self._profiled("flood")
        recorded = self.read()
        seen = [
            (row[0], players[row[1]], row[3]) for row in recorded["writes"] if row[2] == "changed" and row[1] in players
        ]
        self.found["flood"] = {
            "seconds": seconds,
            "rate": len(sent) / lasted,
            "drained": drained,
            "connects": sum(entry["path"].endswith("/directives") for entry in self.home.requests()),
            "requests": counts(self.home.requests()),
            "blocks": longest_blocks(recorded),
            "writes": dict(Counter(row[2] for row in recorded["writes"])),
            **compare(sent, seen),
        }

    def _drain(self, calm: float = 2.0, limit: float = 45.0) -> float:
        """Wait until no more states are written; return the duration in seconds."""
        began = since = time.monotonic()
        last = -1
        while time.monotonic() - since < calm and time.monotonic() - began < limit:
            if (written := self.home.probe("written", limit=limit)["count"]) != last:
                last, since = written, time.monotonic()
            time.sleep(0.1)
        return since - began

    # --- commands ---------------------------------------------------------------------

    def _speakers(self) -> list[str]:
        """Return the notify entities that speak."""
        entities = self.home.probe("entities", platform=self.client.platform)
        ids = [e["entity_id"] for e in entities if e["entity_id"].startswith("notify.") and e["state"] != "unavailable"]
        return sorted(entity_id for entity_id in ids if entity_id.endswith("_speak"))

    def _speak(self, entity_ids: Sequence[str], message: str) -> dict[str, Any]:
        """Speak on Echos."""
        data = {"entity_id": list(entity_ids), "message": message}
        called: dict[str, Any] = self.home.probe("call", domain="notify", action="send_message", data=data)
        return called

    def commands(self) -> None:
        """Speak on Echos one after the other, then on ten in one call."""
        speakers = self._speakers()
        took: list[float] = []
        count = 20 if self.quick else 60
        for entity_id in speakers[:count]:
            self.home.sim.reset_ledger()
            began = self._speak([entity_id], "Good morning")["began"]
            end = time.monotonic() + 5
            while time.monotonic() < end:  # Not every client waits for Amazon before it returns.
                if first := [e["time"] for e in self.home.requests() if e["path"].startswith("/api/behaviors/")]:
                    took.append(min(first) - began)
                    break
                time.sleep(0.02)
        self.found["command_latency"] = quantiles(took)
        self.begin()
        called = self._speak(speakers[count : count + 10], "Dinner is ready")
        requests = [e for e in self.home.quiet(calm=2) if e["path"].startswith("/api/behaviors/")]
        spoken = {said["serial"] for said in self.home.sim.spoken() if said["text"] == "Dinner is ready"}
        self.found["ten_speaks"] = {"requests": len(requests), "spoken": len(spoken), "seconds": called["seconds"]}

    def asks(self) -> None:
        """Send questions to Echos one after the other; their records appear 1.5 s after the command."""
        for customer in self.home.sim.state()["accounts"]:
            self.home.sim.patch_state({"accounts": {customer: {"historyDelay": 1.5}}})
        took: list[float] = []
        requests: list[int] = []
        for entity_id in sorted(self._players())[: 5 if self.quick else 20]:
            self.home.sim.reset_ledger()
            data = {"entity_id": entity_id, "text_command": "what's the weather"}
            called = self.home.probe("call", domain="alexa_media", action="ask", data=data, returns=True)
            if any(answer["answer"] for answer in called["response"].values()):
                took.append(called["seconds"])
            requests.append(sum(e["path"].startswith("/alexa-privacy/") for e in self.home.requests()))
        self.found["ask"] = quantiles(took) | {"requests": max(requests)}

    def lights(self) -> None:
        """Turn on twenty lights with one action, if the client has that many."""
        entities = self.home.probe("entities", platform=self.client.platform)
        lights = sorted(e["entity_id"] for e in entities if e["entity_id"].startswith("light."))[:20]
        if len(lights) < 20:
            return
        self.begin()
        data = {"entity_id": lights, "brightness": 51}
        called = self.home.probe("call", domain="light", action="turn_on", data=data)
        requests = [e for e in self.home.quiet(calm=1) if "mutation" in (e["body"] or "")]
        _, account = self._account()
        lit = [a for a in account["appliances"].values() if a["features"].get("brightness", {}).get("brightness") == 20]
        self.found["twenty_lights"] = {"requests": len(requests), "lit": len(lit), "seconds": called["seconds"]}

    def _profiled(self, name: str) -> None:
        """Store the profile of a measurement under a name."""
        if self.profiles:
            answer = self.home.probe("profile", file=str(self.profiles / f"{self.client.name}_{name}.prof"))
            (self.profiles / f"{self.client.name}_{name}.txt").write_text(answer["text"], encoding="utf-8")
