"""``docs/endpoints.md`` against the code: a row for every request of ours and for every address known before."""

from collections.abc import Iterable, Iterator
from pathlib import Path
import re

import yaml

from custom_components.alexa_media.cloud.account.backend import ENDPOINTS
from custom_components.alexa_media.cloud.account.endpoints import Endpoint, Host

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "endpoints.md").read_text()

ASKED = "What is asked"
KNOWN = "The known addresses"

KNOWN_ADDRESSES = (
    "GET /api/bootstrap",
    "GET /api/devices-v2/device",
    "GET /api/wake-word",
    "GET /api/device-preferences",
    "GET /api/get-languages",
    "GET /api/activities",
    "GET /api/behaviors/automations",
    "GET /api/behaviors/v2/automations",
    "GET /api/dnd/device-status-list",
    "GET /api/cards",
    "GET /api/amazon-music-benefits",
    "POST /api/featureaccess-v3",
    "GET /api/household",
    "GET /api/device-wifi-details",
    "GET /api/wake-words-locale",
    "GET /api/dnd/schedule",
    "GET /api/notifications",
    "GET /api/notifications/{id}",
    "PUT /api/notifications/{id}",
    "PUT /api/notifications/createReminder",
    "GET /api/np/queue",
    "GET /api/np/player",
    "GET /api/media/historical-queue",
    "GET /api/device-notification-state",
    "GET /api/device-notification-state/{type}/{software}/{serial}",
    "PUT /api/device-notification-state/{type}/{software}/{serial}",
    "GET /api/namedLists",
    "GET /api/namedLists/{list_id}/items",
    "PUT /api/namedLists/{list_id}/item/{item_id}",
    "DELETE /api/namedLists/{list_id}/item/{item_id}",
    "GET /api/phoenix/group",
)
"""The list in the wiki of alexa_media_player, with the methods that it tells; queries left out."""


def rows(page: str, section: str, columns: int) -> list[tuple[str, ...]]:
    """Return the cells of all rows in the tables of a section whose first cell is a name in backquotes."""
    _, _, rest = page.partition(f"\n## {section}\n")
    assert rest, f"there is no section {section!r}"
    text, _, _ = rest.partition("\n## ")
    found = [
        tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    assert all(len(cells) == columns for cells in found), [cells for cells in found if len(cells) != columns]
    return found


def names(cell: str) -> list[str]:
    """Return what stands in backquotes."""
    return re.findall(r"`([^`]+)`", cell)


def asked(page: str) -> list[tuple[str, ...]]:
    """Return the rows of our requests: name, request, host, read or write, used by, asked."""
    return rows(page, ASKED, 6)


def table(endpoints: Iterable[Endpoint]) -> list[tuple[str, ...]]:
    """Return what the page has to say of endpoints, in the order of their names."""
    return sorted(
        (f"`{each.name}`", f"`{each.label}`", f"`{each.host}`", "write" if each.is_write else "read")
        for each in endpoints
    )


def of_known(verdict: str) -> Iterator[tuple[str, list[str], str]]:
    """Yield (address, names of endpoints, reason) of the known addresses of which the page says ``verdict``."""
    for address, word, by, why in rows(PAGE, KNOWN, 4):
        if word == verdict:
            yield names(address)[0], names(by), why


def without_parameters(label: str) -> str:
    """Return a request with its parameters made nameless, as the names are a matter of taste."""
    return re.sub(r"\{\w+\}", "{}", label)


LABELS = {endpoint.name: without_parameters(endpoint.label) for endpoint in ENDPOINTS}


def test_every_endpoint_has_one_row() -> None:
    """Name, request, host and kind are those of the code; no row is about anything else."""
    assert sorted(row[:4] for row in asked(PAGE)) == table(ENDPOINTS)
    assert [row for row in asked(PAGE) if not row[4] or not row[5]] == []


def test_the_page_notices_what_it_lacks() -> None:
    """An endpoint without a row, a row without an endpoint and a row that stands twice are all seen."""
    new = Endpoint(name="new", method="GET", host=Host.WEBSITE, path="/api/new")
    assert sorted(row[:4] for row in asked(PAGE)) != table((*ENDPOINTS, new))
    line = next(line for line in PAGE.splitlines() if line.startswith("| `volumes` |"))
    for page in (PAGE.replace(f"{line}\n", ""), PAGE.replace(line, f"{line}\n{line}"), PAGE.replace("np/command", "x")):
        assert sorted(row[:4] for row in asked(page)) != table(ENDPOINTS)


def test_hosts() -> None:
    """Every host that the code knows is explained."""
    assert sorted(names(cells[0])[0] for cells in rows(PAGE, "Hosts", 3)) == sorted(Host)


def test_every_known_address_has_one_row() -> None:
    """None is missing, none stands twice, and of each it is said what became of it, and why."""
    found = rows(PAGE, KNOWN, 4)
    assert sorted(names(cells[0])[0] for cells in found) == sorted(KNOWN_ADDRESSES)
    assert {cells[1] for cells in found} <= {"used", "replaced", "not asked"}
    assert [cells for cells in found if cells[1] != "used" and not cells[3]] == []


def test_what_is_used_is_asked() -> None:
    """A row that says so names endpoints with exactly its method and path."""
    used = list(of_known("used"))
    assert used
    for address, endpoints, _ in used:
        assert endpoints, address
        assert {LABELS.get(name) for name in endpoints} == {without_parameters(address)}


def test_what_took_its_place_is_there() -> None:
    """A row that says so names endpoints of the code, and the address itself is not asked."""
    replaced = list(of_known("replaced"))
    assert replaced
    for address, endpoints, _ in replaced:
        assert endpoints, address
        assert set(endpoints) <= LABELS.keys(), address
        assert without_parameters(address) not in LABELS.values()


def test_what_is_not_asked_is_not() -> None:
    """No endpoint has such an address, and what its reason names is there."""
    found = list(of_known("not asked"))
    assert found
    for address, endpoints, why in found:
        assert endpoints == [], address
        assert without_parameters(address) not in LABELS.values(), address
        # the keys of the one answer that is known of what is not asked
        assert set(names(why)) <= LABELS.keys() | {"inAnyPool", "states"}, address


def test_actions_exist() -> None:
    """The actions of ours that the page names are there."""
    services = yaml.safe_load((ROOT / "custom_components" / "alexa_media" / "services.yaml").read_text())
    named = set(re.findall(r"`alexa_media\.(\w+)`", PAGE))
    assert named
    assert named <= services.keys()
