"""Tests of ``docs/endpoints.md``: it has a row for every request and for every known address."""

from collections.abc import Iterable, Iterator
from pathlib import Path
import re

import yaml

from custom_components.alexa_media.cloud.account.endpoints import Endpoint, Host
from tests.endpoints import ENDPOINTS

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "endpoints.md").read_text()

SENT = "When requests are sent"
KNOWN = "Endpoints known from alexa_media_player"

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
"""Addresses in alexa_media_player's wiki with their methods, without queries."""


def rows(page: str, section: str, columns: int) -> list[tuple[str, ...]]:
    """Return the cells of a section's rows whose first cell is a name in backquotes."""
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
    """Return the texts in backquotes."""
    return re.findall(r"`([^`]+)`", cell)


def sent(page: str) -> list[tuple[str, ...]]:
    """Return the rows of the integration's requests: name, request, host, read or write, used by, sent."""
    return rows(page, SENT, 6)


def table(endpoints: Iterable[Endpoint]) -> list[tuple[str, ...]]:
    """Return the rows that the page must have for endpoints, sorted by name."""
    return sorted(
        (f"`{each.name}`", f"`{each.label}`", f"`{each.host}`", "write" if each.is_write else "read")
        for each in endpoints
    )


def of_known(verdict: str) -> Iterator[tuple[str, list[str], str]]:
    """Yield (address, endpoint names, reason) of the known addresses with a verdict on the page."""
    for address, word, by, why in rows(PAGE, KNOWN, 4):
        if word == verdict:
            yield names(address)[0], names(by), why


def without_parameters(label: str) -> str:
    """Return a request without the names of its parameters, because these names may differ."""
    return re.sub(r"\{\w+\}", "{}", label)


LABELS = {endpoint.name: without_parameters(endpoint.label) for endpoint in ENDPOINTS}


def test_every_endpoint_has_one_row() -> None:
    """Name, request, host and type match the code, and there are no other rows."""
    assert sorted(row[:4] for row in sent(PAGE)) == table(ENDPOINTS)
    assert [row for row in sent(PAGE) if not row[4] or not row[5]] == []


def test_missing_and_extra_rows_are_detected() -> None:
    """Missing rows, rows without an endpoint, and duplicate rows are detected."""
    new = Endpoint("new", "GET", "/api/new")
    assert sorted(row[:4] for row in sent(PAGE)) != table((*ENDPOINTS, new))
    line = next(line for line in PAGE.splitlines() if line.startswith("| `volumes` |"))
    for page in (PAGE.replace(f"{line}\n", ""), PAGE.replace(line, f"{line}\n{line}"), PAGE.replace("np/command", "x")):
        assert sorted(row[:4] for row in sent(page)) != table(ENDPOINTS)


def test_the_page_explains_every_host() -> None:
    """The page explains every host in the code."""
    assert sorted(names(cells[0])[0] for cells in rows(PAGE, "Hosts", 3)) == sorted(Host)


def test_every_known_address_has_one_row() -> None:
    """No address is missing or duplicate, and each has a verdict and a reason."""
    found = rows(PAGE, KNOWN, 4)
    assert sorted(names(cells[0])[0] for cells in found) == sorted(KNOWN_ADDRESSES)
    assert {cells[1] for cells in found} <= {"used", "replaced", "not used"}
    assert [cells for cells in found if cells[1] != "used" and not cells[3]] == []


def test_known_addresses_in_use_are_endpoints() -> None:
    """Each row with this verdict names endpoints that have exactly its method and path."""
    used = list(of_known("used"))
    assert used
    for address, endpoints, _ in used:
        assert endpoints, address
        assert {LABELS.get(name) for name in endpoints} == {without_parameters(address)}


def test_replacements_of_known_addresses_exist() -> None:
    """Each row with this verdict names endpoints in the code, and its address is not used."""
    replaced = list(of_known("replaced"))
    assert replaced
    for address, endpoints, _ in replaced:
        assert endpoints, address
        assert set(endpoints) <= LABELS.keys(), address
        assert without_parameters(address) not in LABELS.values()


def test_unused_addresses_are_not_endpoints() -> None:
    """No endpoint has such an address, and endpoints named in its reason exist."""
    found = list(of_known("not used"))
    assert found
    for address, endpoints, why in found:
        assert endpoints == [], address
        assert without_parameters(address) not in LABELS.values(), address
        # the keys of the only known response of an endpoint that is not read
        assert set(names(why)) <= LABELS.keys() | {"inAnyPool", "states"}, address


def test_actions_on_the_page_exist() -> None:
    """The integration's actions on the page exist."""
    services = yaml.safe_load((ROOT / "custom_components" / "alexa_media" / "services.yaml").read_text())
    named = set(re.findall(r"`alexa_media\.(\w+)`", PAGE))
    assert named
    assert named <= services.keys()
