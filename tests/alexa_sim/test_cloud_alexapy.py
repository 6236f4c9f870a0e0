"""Tests of the cloud with unmodified alexapy, over TLS and HTTP/2."""

import asyncio
import json
from pathlib import Path
import sys

import pytest

_CLIENT = Path(__file__).with_name("alexapy_client.py")
_ROOT = _CLIENT.parent.parent.parent


@pytest.mark.parametrize("domain", ["amazon.com", "amazon.co.uk"])
async def test_alexapy_signs_in_to_the_simulated_cloud(domain: str) -> None:
    command = [sys.executable, str(_CLIENT), domain]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "alexa_sim", "run", "--domain", domain, "--", *command),
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()
    found = json.loads(out)
    assert found["enrol"] == {"token": "Atna|", "listed": True, "deregistered": True, "refused": True}
    used = found["use"]
    assert used["registered"] is True
    assert used["devices"] == 9
    assert all(used["reads"].values()), used["reads"]
    assert used["state"] == {"title": "Rope and Tide", "volume": 29, "wifi": "home"}
    assert {
        "PUSH_AUDIO_PLAYER_STATE",
        "PUSH_DND_STATE_CHANGE",
        "PUSH_VOLUME_CHANGE",
        "NotifyNowPlayingUpdated",
    } <= set(used["pushes"])
    assert used["spoken"] == ["speak", "announce", "sound", "text", "skill", "mobilepush", "dropin", "sequence"]
    assert found["scrape"] is True
    assert "POST /auth/token 400" in found["refused"]
    assert found["errors"] == []
