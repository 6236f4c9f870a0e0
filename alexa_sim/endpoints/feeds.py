"""The flash briefing: the feeds of the account's skills, and which of them are enabled."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from alexa_sim.http import Response, json_response

from . import Call, WebsiteApi, bad_request

_NAMES: Final = ("Harbor News", "Weather of the day", "Science in a minute")

type _Held = dict[str, list[str]]
"""Ids of the enabled feeds by account, in order; initially the first two feeds."""


def add_feeds(api: WebsiteApi) -> None:
    """Add the endpoints; enabled feeds are stored by account."""
    held: _Held = {}
    api.add("GET", "/api/content-skills", _skills)
    api.add("GET", "/api/content-skills/enabled-feeds", partial(_enabled, held))
    api.add("POST", "/api/content-skills/enabled-feeds", partial(_enable, held))


def _feeds() -> Mapping[str, dict[str, Any]]:
    """Return all feeds by id."""
    return {
        (feed_id := str(uuid5(NAMESPACE_URL, name))): {
            "feedId": {"value": feed_id},
            "imageUrl": f"https://s3.amazonaws.com/CAPS-SSE/{feed_id}/APP_ICON_LARGE",
            "name": name,
            "skillId": f"amzn1.ask.skill.{feed_id}",
        }
        for name in _NAMES
    }


def _skills(_call: Call) -> Response:
    """Return the skills with their feeds."""
    skills = [{**feed, "feeds": [feed]} for feed in _feeds().values()]
    for skill in skills:
        del skill["feedId"]
    return json_response({"contentSkills": skills})


def _enabled(held: _Held, call: Call) -> Response:
    """Return the enabled feeds."""
    feeds = _feeds()
    enabled = held.get(call.account_id, list(feeds)[:2])
    return json_response({"enabledFeeds": [feeds[feed_id] for feed_id in enabled]})


def _enable(held: _Held, call: Call) -> Response:
    """Enable the feeds in the body and disable all others; raises ``HttpError`` 400."""
    given = call.body().get("enabledFeeds")
    feeds = _feeds()
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise bad_request("enabledFeeds is required")
    wanted = [(one.get("feedId") or {}).get("value") for one in given]
    if not set(wanted) <= set(feeds) or any(
        feeds[one["feedId"]["value"]]["skillId"] != one.get("skillId") for one in given
    ):
        raise bad_request("There is no such feed")
    held[call.account_id] = [str(feed_id) for feed_id in wanted]
    return json_response({})
