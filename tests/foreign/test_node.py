"""Node's own https, http2 and tls inside ``alexa_sim run``."""

import os
from pathlib import Path
import shutil

import pytest

from .conftest import run


def test_node_is_led_to_the_simulation_and_nowhere_else() -> None:
    node = shutil.which("node")
    if node is None:
        if os.environ.get("ALEXA_SIM_NO_NODE") == "1":
            pytest.skip("there is no node, and ALEXA_SIM_NO_NODE says that this is meant")
        pytest.fail("there is no node: install Node 20 or newer, or set ALEXA_SIM_NO_NODE=1")
    found = run(node, Path(__file__).with_name("node_client.mjs"), domain="amazon.de")
    assert found["ping"] == {"status": 401, "body": '{"message": "Authentication required"}'}
    assert found["fetch"] == 401
    assert (found["page"]["protocol"], found["page"]["status"]) == ("h2", 404)
    assert "Looking for something?" in found["page"]["body"]
    assert found["tls"] == {"authorized": True, "protocol": "h2"}
    assert len(found["refused"]) == 3
    assert all("www.example.org" in message for message in found["refused"]), found["refused"]
