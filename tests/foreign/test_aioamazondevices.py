"""Tests of aioamazondevices alone: its sign-in at different marketplaces."""

from pathlib import Path

import pytest

from .conftest import JO, code, run


@pytest.mark.parametrize("domain", ["amazon.com", "amazon.de", "amazon.co.jp"])
def test_it_signs_in_by_the_form_and_reads_lists(domain: str, foreign_python: Path, with_code: Path) -> None:
    program = Path(__file__).with_name("aioamazondevices_program.py")
    found = run(foreign_python, program, code(), household=with_code, domain=domain)
    assert found["refusals"] == [
        "Your password is incorrect",
        "The One Time Password (OTP) you entered is not valid. Please try again.",
    ]
    assert (found["site"], found["customer"]) == (f"https://www.{domain}", JO)
    assert found["devices"] == {
        "Air Monitor": True,
        "Bedroom Dot": True,
        "Downstairs": True,
        "Garage Echo": True,
        "Kids Dot": False,
        "Kitchen Show": True,
        "Living Room Studio": True,
        "Night Glow": True,
        "Office Spot": True,
    }
    assert {"Humidity": 46, "Air Quality": 88, "temperature": 21.5, "reachability": "OK"}.items() <= found[
        "monitor"
    ].items()
    assert (found["color"], found["light"]) == (120, "OFF")
    assert found["lists"] == ["Holiday", "SHOP", "TODO"]
    assert found["items"] == {"Milk": ["ACTIVE", 1], "Bread": ["COMPLETE", 2]}
    assert "SPOTIFY" in found["providers"]
    assert found["routines"] == ["Good night", "Dinner time"]
    assert found["hosts"] == sorted(
        {
            "alexa-comms-mobile-service.amazon.com",
            "alexa.amazon.com" if domain != "amazon.co.jp" else f"alexa.{domain}",
            f"alexa.{domain}",
            "api.amazon.com",
            "api.amazonalexa.com",
            "www.amazon.com",
            f"www.{domain}",
        }
    )
    assert found["errors"] == []
