"""Tests of Node's own https, http2 and tls inside ``alexa_sim run``."""

from pathlib import Path

from .conftest import run


def test_node_only_connects_to_the_simulation(node: str) -> None:
    found = run(node, Path(__file__).with_name("node_client.mjs"), domain="amazon.de")
    assert found["ping"] == {"status": 401, "body": '{"message": "Authentication required"}'}
    assert found["fetch"] == 401
    assert (found["page"]["protocol"], found["page"]["status"]) == ("h2", 404)
    assert "Looking for something?" in found["page"]["body"]
    assert found["tls"] == {"authorized": True, "protocol": "h2"}
    assert len(found["refused"]) == 3
    assert all("www.example.org" in message for message in found["refused"]), found["refused"]
