"""Tools for language models to use the Echos that are exposed to the assistant.

To-do lists need no tools here: Home Assistant's tools read and change the exposed lists of Alexa.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast, override

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.components.llm import LLMTools
from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import config_validation as cv, intent
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
    async_get_match_preferences,
)
from homeassistant.util.json import JsonObjectType
import probatio as vol

from .cloud.model.alarms import WEEKDAYS
from .cloud.model.devices import EVERYWHERE, Notification
from .const import DOMAIN
from .coordinator.runtime import AlexaConfigEntry
from .entity import invalid_input
from .features.alarms import Echo, async_find, echo_of
from .features.speech import EchoPlayer, Kind, echo_players, is_loaded
from .features.targets import async_permissions

# Maximum number of Echos that the prompt names.
_NAMED: Final = 60

_NAME: Final = "echo_name"
_AREA: Final = "echo_area"
_FLOOR: Final = "echo_floor"
_EVERYWHERE: Final = "everywhere"

_TARGET: Final[dict[Any, Any]] = {
    vol.Optional(_NAME, description="Name of the Echo; without a target, the one in the user's area"): cv.string,
    vol.Optional(_AREA): cv.string,
    vol.Optional(_FLOOR): cv.string,
}
_TIMES: Final[dict[Any, Any]] = {
    vol.Required("time", description="Local time of day, as HH:MM"): cv.string,
    vol.Optional("date", description="As YYYY-MM-DD; without it, the next such time"): cv.string,
    vol.Optional("weekdays", description="Days on which it repeats"): [vol.In(WEEKDAYS)],
}
_UNITS: Final = ("hours", "minutes", "seconds")
_DURATION: Final[dict[Any, Any]] = {
    vol.Optional(unit): vol.All(vol.Coerce(int), vol.Range(min=0, max=3600)) for unit in _UNITS
}

# The default: such a call deletes nothing, but repeating it may repeat its effect.
_ADDS: Final = ToolAnnotations(destructive=False)
_READS: Final = ToolAnnotations(read_only=True, destructive=False, idempotent=True)


@dataclass(frozen=True, slots=True)
class _Request:
    """A tool call: its context, and its validated arguments without blank ones."""

    hass: HomeAssistant
    context: LLMContext
    args: Mapping[str, Any]

    @property
    def exposed(self) -> dict[str, EchoPlayer]:
        """Return the Echos that are exposed to the assistant, by entity id."""
        return exposed_echos(self.hass, self.context)

    @callback
    def players(self, *, several: bool = False) -> list[str]:
        """Return the entity ids of the media players that match the target arguments; one unless ``several``.

        Raises ``MatchFailedError`` if none matches or the match is ambiguous.
        """
        args, exposed = self.args, self.exposed
        states = [state for entity_id in sorted(exposed) if (state := self.hass.states.get(entity_id))]
        if several and args.get(_EVERYWHERE) and states:
            return [state.entity_id for state in states]
        constraints = intent.MatchTargetsConstraints(
            name=args.get(_NAME),
            area_name=args.get(_AREA),
            floor_name=args.get(_FLOOR),
            domains={MEDIA_PLAYER_DOMAIN},
            assistant=self.context.assistant,
            single_target=not (several and (args.get(_AREA) or args.get(_FLOOR))),
        )
        preferences = async_get_match_preferences(self.hass, self.context)
        result = intent.async_match_targets(self.hass, constraints, preferences, states=states)
        if not result.is_match:
            raise intent.MatchFailedError(result=result, constraints=constraints, preferences=preferences)
        return [state.entity_id for state in result.states]

    def given(self, *names: str) -> dict[str, Any]:
        """Return those of the named arguments that the call has, by name."""
        return {name: self.args[name] for name in names if name in self.args}

    async def async_act(
        self,
        action: str,
        entity_ids: Iterable[str],
        data: Mapping[str, Any],
        *,
        domain: str = DOMAIN,
        responds: bool = True,
    ) -> JsonObjectType:
        """Call an action as the user; return its response together with the names of the Echos."""
        targets = list(entity_ids)
        response = await self.hass.services.async_call(
            domain,
            action,
            {**data, **({"entity_id": targets} if targets else {})},
            blocking=True,
            context=self.context.context,
            return_response=responds,
        )
        return {"success": True, "echos": [_name_of(self.hass, target) for target in targets], **(response or {})}


async def _async_speak(request: _Request) -> JsonObjectType:
    """Speak or announce a message."""
    kind = Kind.ANNOUNCE if request.args["announce"] else Kind.SPEAK
    players = request.players(several=True)
    return await request.async_act("speak", players, {"message": request.args["message"], "type": kind}, responds=False)


def _acting(action: str, *names: str, responds: bool = True) -> Callable[[_Request], Awaitable[JsonObjectType]]:
    """Return the function of a tool that passes some of its arguments to an action."""

    async def call(request: _Request) -> JsonObjectType:
        return await request.async_act(action, request.players(), request.given(*names), responds=responds)

    return call


async def _async_set_timer(request: _Request) -> JsonObjectType:
    """Start a timer."""
    data = {"duration": _duration(request), **request.given("label")}
    return await request.async_act("create_timer", request.players(), data)


async def _async_change_timer(request: _Request) -> JsonObjectType:
    """Pause or resume a timer, or add time to it."""
    change = request.args["change"]
    data = request.given("label") | ({"duration": _duration(request)} if change == "add_to" else {})
    return await request.async_act(f"{change}_timer", request.players(), data)


async def _async_delete(request: _Request) -> JsonObjectType:
    """Delete an alarm or a reminder, or cancel a timer."""
    wanted = request.args["id"]
    echo, item = await async_find(request.hass, wanted)
    if not _is_exposed(request, echo):
        raise invalid_input("alarm_gone", id=wanted)
    return await request.async_act("delete_notification", (), {"notification_id": item.notification_id})


async def _async_list(request: _Request) -> JsonObjectType:
    """Return the alarms, timers and reminders of the requested Echos, by default of all exposed ones.

    Echos that the user may not read are left out. Items for all Echos of an account are included.
    """
    found: list[tuple[EchoPlayer | None, Echo]] = []
    readable = await _async_readable(request)
    wanted = request.players(several=True) if request.given(_NAME, _AREA, _FLOOR) else readable
    for entity_id in wanted:
        player = readable.get(entity_id)
        if player and player.device and (echo := echo_of(player.entry, player.device.serial)):
            found.append((player, echo))
    entries = {echo.entry.entry_id: echo.entry for _, echo in found}.values()
    found += [(None, everywhere) for entry in entries if (everywhere := echo_of(entry, EVERYWHERE))]
    return {
        "items": [
            _item(player.name if player else "all Echos", echo, item) for player, echo in found for item in echo.items
        ]
    }


def _item(name: str, echo: Echo, item: Notification) -> JsonObjectType:
    """Return an alarm, timer or reminder for a language model."""
    at = echo.next_of(item)
    return {
        "id": item.notification_id,
        "echo": name,
        "type": item.type.value.lower(),
        "label": item.label,
        "status": item.status.value.lower(),
        "next": at.astimezone(echo.zone).isoformat(timespec="seconds") if at else None,
    }


async def _async_last_said(request: _Request) -> JsonObjectType:
    """Return the last command to the exposed Echos that the user may read, with its transcript if that is kept."""
    readable = (await _async_readable(request)).values()
    said = [
        (player.name, last.record)
        for player in readable
        if player.device
        and (history := player.entry.runtime_data.history)
        and (last := history.data.get(player.device.serial))
    ]
    if not said:
        return {"last": None}
    name, record = max(said, key=lambda item: item[1].timestamp)
    return {
        "last": {
            "echo": name,
            "at": record.timestamp.isoformat(timespec="seconds"),
            "text": record.text,
            "response": record.response,
            "person": record.person,
        }
    }


async def _async_play_music(request: _Request) -> JsonObjectType:
    """Play music that Amazon finds for a search text."""
    data = {"media_content_type": request.args["provider"], "media_content_id": request.args["query"]}
    return await request.async_act("play_media", request.players(), data, domain=MEDIA_PLAYER_DOMAIN, responds=False)


def _duration(request: _Request) -> dict[str, int]:
    """Return the duration of a timer; raises ``ServiceValidationError`` if it is missing or zero."""
    if not any(duration := request.given(*_UNITS)) or not any(duration.values()):
        raise invalid_input("timer_no_duration")
    return duration


async def _async_readable(request: _Request) -> dict[str, EchoPlayer]:
    """Return the exposed Echos of loaded accounts that the user may read."""
    user = (await async_permissions(request.hass, request.context.context)).user
    return {
        entity_id: player
        for entity_id, player in request.exposed.items()
        if is_loaded(player.entry) and (user is None or user.permissions.check_entity(entity_id, POLICY_READ))
    }


def _is_exposed(request: _Request, echo: Echo) -> bool:
    """Return whether a device is exposed; for ``ALL_DEVICES``, whether any Echo of the account is."""
    entry: AlexaConfigEntry = echo.entry
    return any(
        player.entry is entry and player.device and echo.device.serial in (player.device.serial, EVERYWHERE)
        for player in request.exposed.values()
    )


def _name_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the name of a media player."""
    state: State | None = hass.states.get(entity_id)
    return state.name if state else entity_id


@callback
def exposed_echos(hass: HomeAssistant, context: LLMContext) -> dict[str, EchoPlayer]:
    """Return the Echos that are exposed to the assistant, by entity id of the media player."""
    if not context.assistant:
        return {}
    return {
        entity_id: player
        for entity_id, player in echo_players(hass).items()
        if async_should_expose(hass, context.assistant, entity_id)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Description:
    """Definition of a tool: its text for language models, its arguments, and its function."""

    key: str
    title: str
    text: str
    call: Callable[[_Request], Awaitable[JsonObjectType]]
    fields: dict[Any, Any] = field(default_factory=dict)
    annotations: ToolAnnotations = _ADDS


class AlexaTool(Tool):
    """A tool for the exposed Echos."""

    integration = DOMAIN

    def __init__(self, description: _Description) -> None:
        """Initialize with the definition of the tool."""
        self.name = f"{DOMAIN}__{description.key}"
        self.title = description.title
        self.description = description.text
        self.parameters = vol.Schema(description.fields)
        self.annotations = description.annotations
        self._call = description.call

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Call the tool; raises ``HomeAssistantError`` or ``vol.Invalid``."""
        given = {name: value for name, value in tool_input.tool_args.items() if not intent.is_blank_slot_value(value)}
        args = cast(dict[str, Any], self.parameters(given))
        return ToolResult(data=await self._call(_Request(hass, llm_context, args)))


TOOLS: Final = (
    _Description(
        key="speak",
        title="Speak on Echos",
        text="Says a message on Echo devices, or announces it with a chime. A whole area or floor can be the target.",
        call=_async_speak,
        fields={
            vol.Required("message"): cv.string,
            vol.Optional("announce", description="Chime first, as for news to the home", default=False): cv.boolean,
            vol.Optional(_EVERYWHERE, description="On all Echos", default=False): cv.boolean,
            **_TARGET,
        },
    ),
    _Description(
        key="set_alarm",
        title="Set an Alexa alarm",
        text="Sets an alarm on an Echo.",
        call=_acting("create_alarm", "time", "date", "weekdays"),
        fields={**_TIMES, **_TARGET},
    ),
    _Description(
        key="set_reminder",
        title="Set an Alexa reminder",
        text="Sets a reminder, which an Echo speaks at a time.",
        call=_acting("create_reminder", "message", "time", "date", "weekdays"),
        fields={vol.Required("message"): cv.string, **_TIMES, **_TARGET},
    ),
    _Description(
        key="set_timer",
        title="Set an Alexa timer",
        text="Starts a timer on an Echo.",
        call=_async_set_timer,
        fields={**_DURATION, vol.Optional("label"): cv.string, **_TARGET},
    ),
    _Description(
        key="change_timer",
        title="Change an Alexa timer",
        text="Pauses or resumes a timer of an Echo, or adds time to it.",
        call=_async_change_timer,
        fields={
            vol.Required("change"): vol.In(["pause", "resume", "add_to"]),
            **_DURATION,
            vol.Optional("label", description="Name of the timer, if there are several"): cv.string,
            **_TARGET,
        },
    ),
    _Description(
        key="list_alarms",
        title="List Alexa alarms",
        text="Lists the alarms, timers and reminders of Echos with their ids; without a target, of all Echos.",
        call=_async_list,
        fields=_TARGET,
        annotations=_READS,
    ),
    _Description(
        key="delete_alarm",
        title="Delete an Alexa alarm",
        text="Deletes an alarm or a reminder, or cancels a timer, by its id in the list of alarms.",
        call=_async_delete,
        fields={vol.Required("id"): cv.string},
        annotations=ToolAnnotations(),
    ),
    _Description(
        key="run_routine",
        title="Run an Alexa routine",
        text="Runs a routine of the Alexa app, by its name or by the words that start it.",
        call=_acting("run_routine", "routine", responds=False),
        fields={vol.Required("routine"): cv.string, **_TARGET},
        annotations=ToolAnnotations(),
    ),
    _Description(
        key="get_last_command",
        title="Get the last command to Alexa",
        text="Returns which Echo was spoken to last, when, and what was said if transcripts are kept.",
        call=_async_last_said,
        annotations=_READS,
    ),
    _Description(
        key="play_music",
        title="Play music on an Echo",
        text="Plays music on an Echo that Amazon finds by words, such as an artist, a genre or a station.",
        call=_async_play_music,
        fields={
            vol.Required("query"): cv.string,
            vol.Optional("provider", description="Name of the music service", default="DEFAULT"): cv.string,
            **_TARGET,
        },
    ),
)


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools for Assist; None for another API, or if no Echo is exposed to the assistant."""
    if api_id != LLM_API_ASSIST or not (exposed := exposed_echos(hass, llm_context)):
        return None
    names = sorted(_name_of(hass, entity_id) for entity_id in exposed)[:_NAMED]
    return LLMTools(
        tools=[AlexaTool(description) for description in TOOLS],
        prompt=f"These media players are Amazon Echo devices: {', '.join(names)}.",
    )
