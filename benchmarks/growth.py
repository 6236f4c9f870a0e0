"""How costs grow with appliances, with accounts, and with each feature that is disabled by default."""

from collections.abc import Mapping
import copy
from dataclasses import dataclass, field
from typing import Any, Final

from .clients import Ours
from .evaluate import apart
from .home import Home, household

APPLIANCES: Final = (10, 1000)
ACCOUNTS: Final = 4
ECHOS: Final = 10
"""Number of Echos in each account, and in the account whose features are enabled."""

_STEP: Final = 60.0


def with_appliances(number: int) -> dict[str, Any]:
    """Return an account with one Echo and a number of lamps that are connected to it."""
    made = household(1)
    (account,) = made["accounts"].values()
    lamp = next(each for each in account["appliances"].values() if each["category"] == "LIGHT")
    account["appliances"] = {
        f"5e000000-0000-4000-9000-{index:012x}": {**copy.deepcopy(lamp), "name": f"Lamp {index}"}
        for index in range(number)
    }
    return made


def with_accounts(number: int) -> dict[str, Any]:
    """Return a home with several accounts, each with separate Echos, lists and appliances."""
    made = household(ECHOS)
    ((_, first),) = made["accounts"].items()
    made["accounts"] = {}
    for index in range(number):
        account = copy.deepcopy(first)
        account |= {"email": f"person{index}@example.org", "name": f"Person {index}"}
        account.pop("accountId", None)
        names = {serial: f"{serial[:-6]}{index}{serial[-5:]}" for serial in account["devices"]}
        made["accounts"][f"A1EXAMPLE{index}"] = _renamed(account, names, index)
    made["registrations"] = []
    return made


def _renamed(value: Any, names: Mapping[str, str], index: int) -> Any:
    """Return a part of an account with different serials and ids."""
    if isinstance(value, str):
        return names.get(value, value.replace("5e000000", f"5e00000{index}").replace("2f0c3d52", f"2f0c3d5{index}"))
    if isinstance(value, dict):
        return {_renamed(key, names, index): _renamed(item, names, index) for key, item in value.items()}
    return [_renamed(each, names, index) for each in value] if isinstance(value, list) else value


@dataclass(slots=True)
class Growth:
    """Measurements of this integration in one Home Assistant; ``found`` contains the results by name."""

    home: Home
    client: Ours = field(default_factory=Ours)
    found: dict[str, Any] = field(default_factory=dict)
    entry_ids: list[str] = field(default_factory=list)

    def _begin(self) -> None:
        self.home.sim.reset_ledger()
        self.home.probe("begin", platform=self.client.platform, owners=self.client.owners)

    def _replace(self, made: dict[str, Any], *accounts: str | None) -> None:
        """Continue with another home, and sign in with its accounts."""
        for entry_id in self.entry_ids:
            self.home.probe("remove", entry_id=entry_id)
        self.home.sim.household(made)
        self.home.probe("real_time")
        self._begin()
        self.entry_ids = [self.client.sign_in(self.home, account) for account in accounts or (None,)]
        self.home.quiet(limit=120)

    def _restart(self) -> dict[str, Any]:
        """Set up the entries again; return the requests and the processor time of this setup."""
        for entry_id in self.entry_ids:
            self.home.probe("unload", entry_id=entry_id)
        self._begin()
        before = self.home.probe("cpu")["seconds"]
        for entry_id in self.entry_ids:
            self.home.probe("setup", entry_id=entry_id)
        requests = self.home.quiet(limit=120)
        return apart(requests) | {"seconds": self.home.probe("cpu")["seconds"] - before}

    def _hour(self) -> dict[str, Any]:
        """Return the requests of an hour without events."""
        self._begin()
        for _ in range(round(3600 / _STEP)):
            self.home.sim.advance(_STEP)
            self.home.probe("advance", seconds=_STEP)
        return apart(self.home.quiet(calm=1))

    def appliances(self) -> None:
        """Measure a startup with few appliances and with many."""
        self.found["appliances"] = {}
        for number in APPLIANCES:
            before = self.home.probe("memory")["rss"]
            self._replace(with_appliances(number))
            grown = self.home.probe("memory")["rss"] - before
            entities = len(self.home.probe("entities", platform=self.client.platform))
            self.found["appliances"][str(number)] = self._restart() | {"memory": grown, "entities": entities}

    def accounts(self) -> None:
        """Measure a startup and an hour of a home with several accounts."""
        made = with_accounts(ACCOUNTS)
        self._replace(made, *(account["email"] for account in made["accounts"].values()))
        self.found["accounts"] = {"start": self._restart(), "hour": self._hour(), "number": ACCOUNTS}

    def features(self) -> None:
        """Measure the additional cost of each feature at startup and in an hour.

        The entities of one feature at a time are enabled on all Echos.
        """
        self._replace(household(ECHOS))
        off, idle = self._restart(), self._hour()
        self.found["features"] = {"": {"start": _sum(off), "hour": _sum(idle), "entities": 0}}
        (entry_id,) = self.entry_ids
        for feature in self.home.probe("disabled", entry_id=entry_id):
            self.home.probe("real_time")
            enabled = self.home.probe("enable", entry_id=entry_id, feature=feature)["count"]
            # Home Assistant reloads the entry some time after an entity was enabled.
            self.home.probe("advance", seconds=40)
            self.home.quiet(calm=1)
            start, hour = self._restart(), self._hour()
            self.found["features"][feature] = {
                "entities": enabled,
                "start": _sum(start) - _sum(off),
                "hour": _sum(hour) - _sum(idle),
            }
            self.home.probe("disable", entry_id=entry_id, feature=feature)


def _sum(requests: Mapping[str, Any]) -> int:
    """Return the total number of requests in a result of ``apart``."""
    return int(requests["total"] + requests["single"] + requests["lists"])
