"""Configuration folders of alexa_media_player, for ``scripts/demo --check --migration``."""

from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any, Final

from scripts.left_behind import OldAccount, left_behind

ROOT: Final = Path(__file__).resolve().parent.parent

# Files as long-time users of alexa_media_player have them.
AUTOMATIONS: Final = """\
automation:
  - alias: Dinner
    trigger:
      - platform: event
        event_type: dinner
    action:
      - service: notify.alexa_media
        data:
          target:
            - {first}
            - {second}
          message: Dinner is ready
          data:
            type: announce
            method: all
  - alias: Evening
    trigger:
      - platform: event
        event_type: evening
    action:
      - service: media_player.play_media
        target:
          entity_id: {first}
        data:
          media_content_type: AMAZON_MUSIC
          media_content_id: rain
      - service: notify.alexa_media_{name}
        data:
          message: Good night
"""

SUMMARY: Final = "left_behind.json"
"""File with the content of the folder, for the checks: entities, devices, files to delete, and players."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldHousehold:
    """A household with alexa_media_player; two of its players have names given by a user."""

    household: str
    accounts: tuple[OldAccount, ...]
    players: tuple[str, str]

    def prepare(self, folder: Path, domain: str) -> Path:
        """Write the files of alexa_media_player into a configuration folder.

        Return the household of the simulated cloud.
        """
        path = ROOT / "alexa_sim" / "households" / f"{self.household}.json"
        old = left_behind(json.loads(path.read_text()), self.accounts, domain=domain)
        old.write(folder)
        first, second = self.players
        with (folder / "configuration.yaml").open("a") as file:
            file.write(AUTOMATIONS.format(first=first, second=second, name=second.partition(".")[2]))
        summary: dict[str, Any] = {
            "entries": old.stored("core.config_entries")["entries"],
            "entities": old.stored("core.entity_registry")["entities"],
            "devices": old.stored("core.device_registry")["devices"],
            "files": old.leftovers,
            "accounts": [account.customer_id for account in self.accounts],
            "players": self.players,
        }
        (folder / SUMMARY).write_text(json.dumps(summary))
        household = folder / "household.json"
        household.write_text(json.dumps(old.household))
        return household


OLD_HOUSEHOLDS: Final = {
    "one account, with smart home": OldHousehold(
        household="demo",
        accounts=(OldAccount(customer_id="A2SIMJO7D0EQ11", smart_home=True),),
        players=("media_player.home_kitchen_show", "media_player.office_spot"),
    ),
    "two accounts": OldHousehold(
        household="two_accounts",
        accounts=(
            OldAccount(customer_id="A2SIMJOHN0DOE1"),
            OldAccount(customer_id="A2SIMJACK0DOE2", suffix="jack.doe@example.org"),
        ),
        players=("media_player.home_hall_echo", "media_player.workshop_studio"),
    ),
}
