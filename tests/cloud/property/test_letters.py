"""Tests of non-ASCII letters in requests for a property."""

import pytest

from alexa_sim.client import ControlClient
from tests.test_letters import WORDS, garbled

from .hotel import BED_101, endpoint, requests
from .test_actions import Call, call, device

__all__ = ["call", "device"]


async def test_an_announcement_keeps_its_letters(call: Call, sim: ControlClient, subtests: pytest.Subtests) -> None:
    for words in WORDS:
        sim.reset_ledger()
        with subtests.test(words):
            await call("announce_in_units", units=["Room 101"], message=words)
            assert words in [said["text"] for said in sim.spoken()]
            assert requests(sim)
            assert garbled(sim) == []


async def test_a_name_keeps_its_letters(call: Call, sim: ControlClient, subtests: pytest.Subtests) -> None:
    before = "Room 101 bed"
    for name in ("Empfang Süd", "Café Été", "客室"):
        sim.reset_ledger()
        with subtests.test(name):
            await call("rename_endpoint", before, name=name)
            assert name in str(endpoint(sim, BED_101))
            assert garbled(sim) == []
            await call("rename_endpoint", name, name=before)


async def test_an_address_and_a_wifi_keep_their_letters(call: Call, sim: ControlClient) -> None:
    address = {"line1": "Königstraße 1", "city": "Köln", "state": "NW", "postal_code": "50667", "country": "de"}
    await call("set_address", "Room 101 bed", answer=True, **address)
    await call("save_wifi", ssid="Gäste 🛜", password="Größe 12345")
    assert "Gäste" in str(sim.state()["smartProperties"])
    assert garbled(sim) == []
