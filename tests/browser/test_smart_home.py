"""Tests of a dashboard with smart home entities."""

from collections.abc import AsyncIterator
from typing import Any, Final

from playwright.async_api import Page, expect
import pytest

from .conftest import ACCOUNT, Home, Picture, panel, until

DASHBOARD: Final = "smart-home"


async def entity(home: Home, domain: str, name: str) -> str:
    """Return the entity id for a name that users see, once the entity exists; the id depends on rooms."""
    found: list[str] = []

    async def is_there() -> bool:
        found[:] = [
            state["entity_id"]
            for state in await home.get("/api/states")
            if state["entity_id"].startswith(f"{domain}.") and state["attributes"].get("friendly_name") == name
        ]
        return bool(found)

    await until(f"no {domain} {name}", is_there)
    return found[0]


def change(home: Home, name: str, feature: str, **values: Any) -> None:
    """Change an appliance in the cloud, which pushes the change."""
    appliances = home.cloud.state()["accounts"][ACCOUNT]["appliances"]
    entity_id = next(key for key, appliance in appliances.items() if appliance["name"] == name)
    patch = {entity_id: {"features": {feature: values}}}
    home.cloud.patch_state({"accounts": {ACCOUNT: {"appliances": patch}}})


async def cards(home: Home) -> list[dict[str, Any]]:
    """Return a card for an entity of each kind."""
    tiles: list[tuple[str, str, dict[str, Any]]] = [
        ("light", "Hall Light", {"features": [{"type": "light-brightness"}, {"type": "light-color-temp"}]}),
        ("light", "Night Glow", {"features": [{"type": "light-brightness"}]}),
        ("fan", "Ceiling Fan", {"features": [{"type": "fan-speed"}]}),
        ("cover", "Office Blind", {"features": [{"type": "cover-position"}]}),
        ("lock", "Front Door Lock", {"features": [{"type": "lock-commands"}]}),
        ("binary_sensor", "Front Door", {}),
        ("switch", "Coffee Maker", {}),
        ("select", "Diffuser Scent", {}),
    ]
    readings = ("Temperature", "Humidity", "PM2.5", "Carbon monoxide", "Indoor air quality")
    return [
        {"type": "thermostat", "entity": await entity(home, "climate", "Hall Thermostat")},
        *[{"type": "tile", "entity": await entity(home, domain, name), **more} for domain, name, more in tiles],
        {
            "type": "alarm-panel",
            "entity": await entity(home, "alarm_control_panel", "Alexa Guard 60057"),
            "states": ["arm_away"],
        },
        {
            "type": "entities",
            "title": "Air Monitor",
            "entities": [
                {"entity": await entity(home, "sensor", f"Air Monitor {name}"), "name": name} for name in readings
            ],
        },
    ]


@pytest.fixture
async def dashboard(home: Home, account: None) -> AsyncIterator[None]:
    """Create the dashboard like a user would."""
    made = await home.command(
        type="lovelace/dashboards/create",
        url_path=DASHBOARD,
        title="Smart home",
        icon="mdi:home-lightbulb",
        mode="storage",
    )
    view = {"title": "Smart home", "type": "masonry", "cards": await cards(home)}
    await home.command(type="lovelace/config/save", url_path=DASHBOARD, config={"views": [view]})
    yield
    await home.command(type="lovelace/dashboards/delete", dashboard_id=made["id"])


@pytest.mark.usefixtures("dashboard")
async def test_the_dashboard_shows_and_controls_appliances(home: Home, page: Page, picture: Picture) -> None:
    hall = await entity(home, "light", "Hall Light")
    await home.action("light.turn_on", entity_id=hall, color_temp_kelvin=2700, brightness_pct=80)
    await home.action("light.turn_on", entity_id=await entity(home, "light", "Night Glow"), effect="Campfire")
    await page.goto(f"{home.demo.url}/{DASHBOARD}/0")
    tile = page.locator("hui-tile-card").filter(has_text="Coffee Maker")
    await expect(tile).to_be_visible()
    await expect(tile).to_contain_text("Off")
    # the plug is switched at its button: the page shows the change without a reload
    change(home, "Coffee Maker", "power", powerState="ON")
    await expect(tile).to_contain_text("On")
    for text in ("Hall Thermostat", "Front Door Lock", "Ceiling Fan", "Carbon monoxide"):
        await expect(page.get_by_text(text, exact=True).first).to_be_visible()
    await expect(page.get_by_role("heading", name="Alexa Guard 60057")).to_be_visible()
    await page.set_viewport_size({"width": 1280, "height": 860})
    await picture(page, "smart-home", panel(page))

    async def is_off() -> bool:
        appliances = home.cloud.state()["accounts"][ACCOUNT]["appliances"].values()
        plug = next(appliance for appliance in appliances if appliance["name"] == "Coffee Maker")
        return bool(plug["features"]["power"]["powerState"] == "OFF")

    await tile.get_by_role("button", name="Toggle Coffee Maker").click()
    await until("the coffee maker is still on", is_off)
