"""The state of the cloud, and the mechanism through which it is changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
import heapq
from itertools import count
from typing import Any, Protocol

from . import (
    alerts,
    consequences,
    defaults,
    household,
    lists,
    player,
    routines,
    smart_home,
    utterances,
)
from .http import HttpError
from .marketplaces import MARKETPLACES, Marketplace
from .merge import copied, merge

type Json = dict[str, Any]

_COLLECTIONS = frozenset({"appliances", "automations", "deviceGroups", "lists"})
"""Parts of an account whose elements are valid independently of each other."""


class Clock(Protocol):
    """Interface of a clock that the cloud uses."""

    def now(self) -> float:
        """Return the time in epoch seconds."""


class State:
    """Accounts by customer id, with devices by serial and notifications by index.

    Every change is made inside ``change()``; the differences at its end are pushed with ``emit(account, command,
    payload)``.
    """

    def __init__(
        self,
        accounts: Mapping[str, Any],
        *,
        domain: str,
        clock: Clock,
        emit: Callable[[str, str, Json], None],
    ) -> None:
        """Initialize with the accounts of a validated household; raises ``HouseholdError``."""
        self.domain = domain
        self.accounts: dict[str, Json] = {}
        self._clock = clock
        self._measured_at = clock.now()
        self._emit = emit
        self._moment: float | None = None
        self._depth = 0
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        for customer_id, given in accounts.items():
            self.accounts[customer_id] = self._complete(customer_id, defaults.account(customer_id, given))
        self.ringing = utterances.Ringing()
        self.woken: set[str] = set()
        self.history: list[dict[str, Any]] = []
        """What was said to Echos, by people and by text commands, in the order of time."""
        self.after_patch: list[Callable[[], None]] = []

    def now(self) -> float:
        """Return the time in epoch seconds; while past events are processed, the time of the event."""
        return self._clock.now() if self._moment is None else self._moment

    def marketplace(self, customer_id: str) -> Marketplace:
        """Return the marketplace of an account."""
        return MARKETPLACES[self.accounts[customer_id]["marketplace"] or self.domain]

    def devices(self, customer_id: str) -> Iterator[tuple[str, Json]]:
        """Yield the devices that an account sees: its own, and those shared with it."""
        for other, account in self.accounts.items():
            for serial, device in account["devices"].items():
                if other == customer_id or customer_id in device["sharedWith"]:
                    yield serial, device

    def device(self, customer_id: str, serial: str) -> Json | None:
        """Return a device that an account sees, or None."""
        return dict(self.devices(customer_id)).get(serial)

    def find(self, serial: str) -> Json | None:
        """Return a device of any account, or None."""
        return next((found for account in self.accounts.values() if (found := account["devices"].get(serial))), None)

    def groups_of(self, customer_id: str, serial: str) -> list[str]:
        """Return the serials of the groups of a speaker that an account sees."""
        return [other for other, device in self.devices(customer_id) if serial in device["clusterMembers"]]

    def speakers(self, serial: str) -> list[str]:
        """Return the serials of a device's speakers without duplicates: its own, or those of a group's members."""
        found: list[str] = []
        seen: set[str] = set()
        waiting = [serial]
        while waiting:
            if (current := waiting.pop()) in seen or (device := self.find(current)) is None:
                continue
            seen.add(current)
            if device["deviceFamily"] == "WHA":
                waiting.extend(reversed(device["clusterMembers"]))
            else:
                found.append(current)
        return found

    @contextmanager
    def change(self) -> Iterator[None]:
        """Context manager for a change of the state; consequences are pushed after the outermost block."""
        if self._depth:
            yield
            return
        self._depth += 1
        before = consequences.facts(self.accounts)
        try:
            yield
        finally:
            self._depth -= 1
            for account in self.accounts.values():
                smart_home.stamp(account, before.features, self.now())
            after = consequences.facts(self.accounts)
            for push in consequences.pushes(before, after, self.accounts, self.now()):
                self._emit(*push)
            switched = (key for key, old in before.devices.items() if old.dnd != after.devices.get(key, old).dnd)
            self.wake(switched)

    def wake(self, serials: Iterable[str]) -> None:
        """Push that Echos woke because of speech, a command or Do Not Disturb.

        Groups wake through their members. ``woken`` collects the serials.
        """
        waiting = list(serials)
        for serial in waiting:
            device = self.find(serial)
            if device is None or not device["online"] or device["deviceFamily"] == "VOX":
                continue
            if device["deviceFamily"] == "WHA":
                waiting += [member for member in device["clusterMembers"] if member not in waiting]
                continue
            self.woken.add(serial)
            doppler = {"dopplerId": {"deviceSerialNumber": serial, "deviceType": device["deviceType"]}}
            for command, payload in consequences.wake_signs(device):
                for account in self.accounts:
                    if self.device(account, serial) is not None:
                        self._emit(account, command, {"destinationUserId": account, **doppler, **payload})

    def later(self, when: float, action: Callable[[], None]) -> None:
        """Schedule an action for a time of the simulation's clock; an action that is due runs immediately."""
        if when <= self.now():
            action()
        else:
            heapq.heappush(self._later, (when, next(self._numbers), action))

    def hear(self, customer_id: str, serial: str, text: str) -> None:
        """Run a text command about timers, alarms, sleep and playback for one account of the Echo."""
        utterances.hear(self.ringing, customer_id, self.accounts[customer_id], serial, text, self.now())
        if (device := self.find(serial)) and (command := utterances.player_command(device, text)):
            for other, holder in self.devices(customer_id):
                if not player.is_idle(holder["player"]) and serial in self.speakers(other):
                    player.command(holder["player"], command, self.now())
        if seconds := utterances.sleep_after(text):
            self.later(self.now() + seconds, lambda: self._fall_silent(serial))

    def _fall_silent(self, serial: str) -> None:
        """Stop the playback of an Echo."""
        if device := self.find(serial):
            player.stop(device["player"])

    def catch_up(self) -> None:
        """Run all due events in order, then record new measurements."""
        now = self._clock.now()
        try:
            while (event := self._next_event(now)) is not None:
                self._moment, action = event
                with self.change():
                    action()
        finally:
            self._moment = None
        if now - self._measured_at >= smart_home.REPORTS:
            for account in self.accounts.values():
                smart_home.measure(account, self._measured_at, now)
            self._measured_at = now

    def document(self) -> Json:
        """Return the current state as JSON."""
        self._settle()
        accounts = copied(self.accounts)
        return {"domain": self.domain, "accounts": accounts}

    def patch(self, patch: Mapping[str, Any]) -> None:
        """Apply a JSON merge patch; raises ``HttpError`` 400 if the result is invalid."""
        if set(patch) - {"domain", "accounts"}:
            raise _bad("The state has accounts, and a domain that cannot be changed.")
        if patch.get("domain", self.domain) != self.domain:
            raise _bad("The domain is chosen when a simulation starts.")
        self._settle()
        try:
            accounts = self._patched(patch.get("accounts", {}))
        except household.HouseholdError as err:
            raise _bad(str(err)) from err
        with self.change():
            self.accounts = accounts
        for action in self.after_patch:
            action()

    def _patched(self, patch: Any) -> dict[str, Json]:
        """Return the accounts after a patch; raises ``HouseholdError``."""
        if not isinstance(patch, Mapping):
            raise household.HouseholdError("accounts: The patch has to be an object.")
        accounts: dict[str, Json] = merge(self.accounts, patch)
        for customer_id in patch.keys() & accounts.keys():
            self._check_parts(f"accounts/{customer_id}", accounts[customer_id], patch[customer_id])
        _forget_removed(accounts)
        for where, problem in household.contradictions(accounts):
            raise household.HouseholdError(f"{where}: {problem}")
        for customer_id, change in patch.items():
            if customer_id in accounts:
                accounts[customer_id] = self._repaired(customer_id, accounts[customer_id], change)
        return accounts

    def _check_parts(self, place: str, account: Any, patch: Any) -> None:
        """Raise ``HouseholdError`` if the parts of an account changed by a patch do not match the schema."""
        if not isinstance(patch, Mapping):
            raise household.HouseholdError(f"{place}: The patch has to be an object.")
        household.check_part("account", _touched(account, patch), place)
        for kind, key in (("device", "devices"), ("notification", "notifications")):
            touched = patch.get(key) or {}
            if not isinstance(touched, Mapping):
                raise household.HouseholdError(f"{place}/{key}: The patch has to be an object.")
            for name in touched.keys() & account.get(key, {}).keys():
                household.check_part(kind, account[key][name], f"{place}/{key}/{name}")

    def _repaired(self, customer_id: str, account: Json, patch: Mapping[str, Any]) -> Json:
        """Return an account completed after a patch, with the times that the patch implies."""
        now = self.now()
        before = self.accounts.get(customer_id, {})
        lists.count_up(before.get("lists", {}), account.get("lists", {}), patch.get("lists") or {}, now)
        for key, change in (patch.get("notifications") or {}).items():
            notification = account["notifications"].get(key)
            self.ringing.forget(customer_id, key)
            if notification is not None and key in before.get("notifications", {}):
                alerts.clear_obsolete(change, notification, now)
                alerts.touch(notification, now)
        for serial in patch.get("devices") or {}:
            if (device := account["devices"].get(serial)) and (playing := device.get("player")):
                self._start_by_patch(playing, now)
        return self._complete(customer_id, defaults.account(customer_id, account))

    def _start_by_patch(self, playing: Json, now: float) -> None:
        """Set the session ids of a player that a patch started, or remove those of one that it stopped."""
        if playing.get("state", "IDLE") == "IDLE":
            kept = {name: playing.get(name, False) for name in ("shuffle", "repeat")}
            playing.update({**copied(dict(defaults.PLAYER)), **kept})
        elif not playing.get("queueId") or not playing.get("taskSessionId"):
            fresh: Json = {**copied(dict(defaults.PLAYER))}
            player.start(fresh, playing.get("provider") or "AMAZON_MUSIC", playing["queue"], now)
            playing.update(
                {name: playing.get(name) or fresh[name] for name in ("provider", "queueId", "taskSessionId")}
            )
        playing["since"] = now

    def _complete(self, customer_id: str, account: Json) -> Json:
        """Return an account with its devices and notifications completed with default values."""
        now = self.now()
        marketplace = MARKETPLACES[account["marketplace"] or self.domain]
        account["devices"] = {
            serial: defaults.device(serial, given, customer_id, marketplace)
            for serial, given in account["devices"].items()
        }
        for device in account["devices"].values():
            if device["player"]["state"] != "IDLE":
                self._start_by_patch(device["player"], now)
            device["features"] = smart_home.complete_features(device["features"], now)
        account["appliances"] = {
            entity_id: smart_home.complete(entity_id, given, now) for entity_id, given in account["appliances"].items()
        }
        account["lists"] = lists.complete(account["lists"], account["directedId"], now)
        account["automations"] = {
            key: routines.complete(automation, now) for key, automation in account["automations"].items()
        }
        account["notifications"] = {
            key: alerts.complete(key, given, account["devices"][given["deviceSerialNumber"]], now)
            for key, given in account["notifications"].items()
        }
        return account

    def _settle(self) -> None:
        """Store the present positions of players and timers."""
        now = self.now()
        for account in self.accounts.values():
            for device in account["devices"].values():
                player.settle(device["player"], now)
            for key, notification in account["notifications"].items():
                account["notifications"][key] = alerts.shown(notification, now)

    def _next_event(self, now: float) -> tuple[float, Callable[[], None]] | None:
        """Return the time and the action of the earliest event that is due, or None."""
        events: list[tuple[float, Callable[[], None]]] = []
        if self._later and self._later[0][0] <= now:
            events.append((self._later[0][0], self._do_later))
        for customer_id, account in self.accounts.items():
            events += [
                (end, _Ended(device["player"], end))
                for device in account["devices"].values()
                if (end := player.ends_at(device["player"])) is not None and end <= now
            ]
            for key, notification in account["notifications"].items():
                if (until := self.ringing.until(customer_id, key)) is not None:
                    due: float | None = until
                    event = _Rings(self, customer_id, key, until, ends=True)
                else:
                    zone = alerts.zone_of(account["devices"][notification["deviceSerialNumber"]])
                    due = alerts.due(notification, zone)
                    event = _Rings(self, customer_id, key, due or 0.0)
                if due is not None and due <= now:
                    events.append((due, event))
        return min(events, key=lambda event: event[0], default=None)

    def _do_later(self) -> None:
        """Run the first scheduled action."""
        heapq.heappop(self._later)[2]()


def _touched(account: Json, patch: Mapping[str, Any]) -> Json:
    """Return the parts of an account that a patch may have made invalid, without devices and notifications."""
    touched: Json = {name: account[name] for name in ("email", "name", *patch) if name in account}
    for name in _COLLECTIONS & touched.keys():
        if isinstance(change := patch[name], Mapping) and isinstance(whole := touched[name], dict):
            touched[name] = {key: whole[key] for key in change if key in whole}
    return {**touched, "devices": {}, "notifications": {}}


def _forget_removed(accounts: dict[str, Json]) -> None:
    """Remove data about devices that their account no longer has or sees."""
    for customer_id, account in accounts.items():
        for device in account.get("devices", {}).values():
            if members := device.get("clusterMembers"):
                visible = household.seen(customer_id, accounts)
                device["clusterMembers"] = [serial for serial in members if serial in visible]
        account["notifications"] = {
            key: notification
            for key, notification in account.get("notifications", {}).items()
            if notification["deviceSerialNumber"] in account.get("devices", {})
        }


class _Ended:
    """The end of a track, after which the next one plays."""

    def __init__(self, playing: Json, when: float) -> None:
        self._player, self._when = playing, when

    def __call__(self) -> None:
        player.skip_to(self._player, self._player["index"] + 1, self._when)


class _Rings:
    """The time of a notification, or the end of an alarm that was not stopped."""

    def __init__(self, state: State, customer_id: str, key: str, when: float, *, ends: bool = False) -> None:
        self._state, self._customer_id, self._key, self._when, self._ends = state, customer_id, key, when, ends

    def __call__(self) -> None:
        account = self._state.accounts[self._customer_id]
        notification = account["notifications"][self._key]
        zone = alerts.zone_of(account["devices"][notification["deviceSerialNumber"]])
        if self._ends:
            self._state.ringing.forget(self._customer_id, self._key)
            alerts.end(notification, zone, self._when)
        elif alerts.ring(notification, zone, self._when):
            del account["notifications"][self._key]
        elif notification["type"] != "Reminder":
            self._state.ringing.begin(self._customer_id, self._key, self._when)


def _bad(message: str) -> HttpError:
    """Return the error for an invalid patch."""
    return HttpError(400, {"message": message})
