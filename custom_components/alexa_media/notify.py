"""Notify platform: speaking, announcing, messages to the Alexa app, and announcements in units of a property."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
import json
from typing import Any, Final, override

from homeassistant.components.notify import NotifyEntity, NotifyEntityDescription
from homeassistant.components.notify.const import ATTR_DATA, ATTR_TARGET, ATTR_TITLE, NotifyEntityFeature
from homeassistant.components.notify.legacy import BaseNotificationService
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.entity_registry import EventEntityRegistryUpdatedData
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType
from homeassistant.util import slugify
import probatio as vol

from .cloud.errors import AlexaError
from .cloud.model.api import Capability
from .cloud.model.commands import DropInNotification, MobilePush
from .cloud.model.devices import Device
from .cloud.model.property import ManagedUnit, ManagementApi
from .cloud.names import find_name, folded, split_names
from .cloud.ssml import LANGUAGES
from .const import CONF_EMAIL, DOMAIN
from .coordinator.base import EXISTENCE
from .coordinator.devices import DevicesCoordinator
from .coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData
from .entity import (
    AccountEntity,
    AlexaDeviceEntity,
    AlexaEntity,
    Candidates,
    EntityAdder,
    account_device_info,
    async_all,
    command_errors,
    fraction,
    invalid_input,
    platform_setup,
    player_entity_id,
)
from .features.speech import (
    DEFAULT_TITLE,
    DndPolicy,
    EchoPlayer,
    Kind,
    Message,
    Reason,
    Report,
    async_say,
    can_speak,
    echo_players,
    expand,
    is_loaded,
    is_player,
    message_of,
    must_have_effect,
    obstacle,
    readable_text,
    recipients_of,
    title_of,
)
from .features.targets import async_permissions, async_require_speakers
from .issues import translated


def _unit_unique_id(entry: AlexaConfigEntry, unit: ManagedUnit) -> str:
    """Return the unique id of a unit's notify entity."""
    return f"{entry.unique_id}_{unit.unit_id}_announce"


class AlexaUnitNotifier(AlexaEntity, NotifyEntity):
    """Announces messages on all Echos of a unit in one request; the entity is renamed with its unit."""

    _attr_translation_key = "announce_in_unit"

    def __init__(self, entry: AlexaConfigEntry, api: ManagementApi, unit: ManagedUnit) -> None:
        """Initialize for a unit of the property."""
        self._entry = entry
        self._api = api
        self._unit = unit
        self._attr_unique_id = _unit_unique_id(entry, unit)
        self._attr_translation_placeholders = {"unit": unit.name}
        self._attr_device_info = account_device_info(entry)

    @override
    async def async_added_to_hass(self) -> None:
        """Add a listener for the name of the unit, which is read with the devices."""
        await super().async_added_to_hass()
        self.async_on_remove(self._entry.runtime_data.devices.async_add_listener(self._async_devices_changed))

    @callback
    def _async_devices_changed(self) -> None:
        """Update the name."""
        unit = self._api.units.get(self._unit.unit_id, self._unit)
        if unit.name != self._unit.name:
            self._unit = unit
            self.async_rename(unit=unit.name)

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Announce a message in the unit."""
        text = readable_text(message)
        with command_errors(self.hass, self._entry):
            await self._api.async_announce(text, unit_ids=[self._unit.unit_id])


PARALLEL_UPDATES = 0

# Fields in the ``data`` of the legacy notify actions.
ATTR_TYPE: Final = "type"
ATTR_METHOD: Final = "method"
ATTR_VOLUME: Final = "volume"
ATTR_LANGUAGE: Final = "language"
ATTR_OVERRIDE_DND: Final = "override_dnd"
_FIELDS: Final = (ATTR_TYPE, ATTR_METHOD, ATTR_TITLE, ATTR_VOLUME, ATTR_LANGUAGE, ATTR_OVERRIDE_DND)
TYPE_TTS: Final = "tts"
TYPE_ANNOUNCE: Final = "announce"
TYPE_PUSH: Final = "push"
TYPE_DROP_IN: Final = "dropin_notification"
_APP_COMMANDS: Final[Mapping[str, type[MobilePush | DropInNotification]]] = {
    TYPE_PUSH: MobilePush,
    TYPE_DROP_IN: DropInNotification,
}
_TYPES: Final = (TYPE_TTS, TYPE_ANNOUNCE, TYPE_PUSH, TYPE_DROP_IN)
_METHODS: Final = ("all", "speak", "show")
_caller: ContextVar[Context | None] = ContextVar("alexa_media_notify_caller", default=None)
LAST_CALLED: Final = "last_called"
"""Target for the Echo that was last spoken to; a suffix (slug of an email address) restricts it to an account."""


@dataclass(frozen=True, kw_only=True)
class AlexaNotifyDescription(NotifyEntityDescription):
    """Description of a notify entity; the account must have at least one of the capabilities in ``capability``."""

    kind: Kind
    features: NotifyEntityFeature
    capability: Capability


NOTIFIERS: Final = (
    AlexaNotifyDescription(key="speak", kind=Kind.SPEAK, features=NotifyEntityFeature(0), capability=Capability.SPEECH),
    AlexaNotifyDescription(
        key="announce",
        kind=Kind.ANNOUNCE,
        features=NotifyEntityFeature.TITLE,
        capability=Capability.SPEECH | Capability.ANNOUNCEMENTS,
    ),
)


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the notify entities that the account supports."""
    has = data.backend.capabilities
    notifiers = [description for description in NOTIFIERS if description.capability & has]
    if not notifiers:
        return
    add.devices(data.devices, AlexaNotifier, notifiers, lambda _devices, device, _description: can_speak(device))
    if (api := data.backend.management) is not None:
        _add_units(add, api)
    elif Capability.SPEECH in has:
        add.account(AlexaAppNotifier(add.entry))
        if data.history is not None:
            add.account(AlexaLastSpokenToNotifier(add.entry))


def _add_units(add: EntityAdder, api: ManagementApi) -> None:
    """Add a notify entity for every unit with an Echo."""
    entry, devices = add.entry, add.entry.runtime_data.devices

    def candidates() -> Candidates:
        units = {unit.unit_id: unit for serial in devices.data if (unit := api.unit_of(serial))}
        for unit in units.values():
            yield _unit_unique_id(entry, unit), partial(AlexaUnitNotifier, entry, api, unit)

    add.follow(candidates, devices)


class _AccountNotifier(AccountEntity[DevicesCoordinator], NotifyEntity):
    """Base class for the notify entities of the account."""

    def __init__(self, entry: AlexaConfigEntry) -> None:
        """Initialize for an account."""
        super().__init__(entry, entry.runtime_data.devices, context=EXISTENCE)
        self._attr_translation_key = self.key

    @property
    @override
    def available(self) -> bool:
        """Return True, because Home Assistant silently drops a message to an unavailable entity."""
        return True


class AlexaAppNotifier(_AccountNotifier):
    """Sends messages to the Alexa apps of the account."""

    key = "app"
    _attr_supported_features = NotifyEntityFeature.TITLE

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Send a message; returns when Amazon has accepted it."""
        prepared = AppMessage(MobilePush, readable_text(message), title_of(title) or DEFAULT_TITLE)
        # The request needs a device of the account, which is not affected.
        players = [player for player in echo_players(self.hass).values() if player.entry is self.entry]
        if not players:
            raise invalid_input("app_no_player", name=self.entry.title)
        await _async_notify_apps(self.hass, prepared, players)


class AlexaLastSpokenToNotifier(_AccountNotifier):
    """Speaks messages on the account's Echo that was last spoken to."""

    key = "last_spoken_to"

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Speak a message; returns when Amazon has accepted it."""
        permissions = await async_permissions(self.hass, self.caller)
        prepared, players = message_of(message), echo_players(self.hass)
        player = await _async_last_called(self.hass, players, [self.entry])
        permissions.require_entities([player.entity_id])
        report = await async_say(self.hass, prepared, recipients_of(players, [player]))
        report.raise_errors(self.hass)


class AlexaNotifier(AlexaDeviceEntity[Device], NotifyEntity):
    """Sends messages to a device with one kind of delivery."""

    entity_description: AlexaNotifyDescription

    @property
    @override
    def supported_features(self) -> NotifyEntityFeature:
        """Return the features, without titles if the backend has no speech."""
        has_title = Capability.SPEECH in self.runtime.backend.capabilities
        return self.entity_description.features if has_title else NotifyEntityFeature(0)

    @property
    @override
    def available(self) -> bool:
        """Return whether the device is online, regardless of whether the device list can be read.

        Home Assistant silently drops a message to an unavailable entity. After a failed read, Amazon may still accept
        speech, and the caller gets an error otherwise.
        """
        return self.device.online

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Send a message; returns when Amazon has accepted it.

        Raises ``ServiceValidationError`` for an invalid message or title, ``Unauthorized`` like
        ``async_require_speakers``, and ``HomeAssistantError`` if Amazon does not accept the message.
        """
        kind = self.entity_description.kind
        await async_require_speakers(self)
        (command,) = message_of(message, kind, title=title if kind is Kind.ANNOUNCE else None).commands()
        await self.async_command(command)


# --- the services of alexa_media_player -------------------------------------------------------


async def async_get_service(
    _hass: HomeAssistant, _config: ConfigType, _discovery_info: DiscoveryInfoType | None = None
) -> AlexaNotificationService:
    """Return the service behind ``notify.alexa_media`` and ``notify.alexa_media_<name>``."""
    return AlexaNotificationService()


class AlexaNotificationService(BaseNotificationService):
    """The action ``notify.alexa_media``, and one action for each media player and each ``last_called`` target.

    The action of a media player exists while the player is registered and enabled, even if the account is not loaded.
    """

    def __init__(self) -> None:
        """Initialize without a listener."""
        self._unsubscribe: CALLBACK_TYPE | None = None
        self._is_due = False

    @property
    @override
    def targets(self) -> Mapping[str, str]:
        """Return the target of each action by the part of the action's name after ``alexa_media_``.

        The target is the unique id of a media player or a ``last_called`` name.
        """
        players = echo_players(self.hass).values()
        named = {player.entity_id.partition(".")[2]: player.unique_id for player in players}
        return named | {name: name for name in _last_called_names(self.hass)}

    @override
    async def async_register_services(self) -> None:
        """Register the actions, and update them when media players change in the entity registry."""
        await super().async_register_services()
        if self._unsubscribe is None:
            self._unsubscribe = self.hass.bus.async_listen(
                er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_on_registry, event_filter=is_player
            )

    @override
    async def async_unregister_services(self) -> None:
        """Remove the actions."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        await super().async_unregister_services()

    @callback
    def _async_on_registry(self, _event: Event[EventEntityRegistryUpdatedData]) -> None:
        """Schedule one update for all registry changes in this turn of the event loop."""
        if not self._is_due:
            self._is_due = True
            self.hass.async_create_task(self._async_update(), "alexa_media notify services", eager_start=False)

    async def _async_update(self) -> None:
        """Register new actions, and remove old ones."""
        self._is_due = False
        if self._unsubscribe is not None:
            await self.async_register_services()

    @override
    async def _async_notify_message_service(self, service: ServiceCall) -> None:
        """Handle a call; store its context, which Home Assistant does not pass on, for the permission check."""
        _caller.set(service.context)
        await super()._async_notify_message_service(service)

    @override
    async def async_send_message(self, message: str, **kwargs: Any) -> None:
        """Send a message with the options in ``data``; returns when Amazon has accepted it.

        Raises ``ServiceValidationError`` for an invalid message, option or target, ``Unauthorized`` for an Echo that
        the caller may not control, and ``HomeAssistantError`` for other failures. Targets that are not Echos and Echos
        that fail do not prevent sending the message to the others.
        """
        prepared = _legacy_message(message, kwargs.get(ATTR_TITLE), kwargs.get(ATTR_DATA) or {})
        players = echo_players(self.hass)
        index = _by_name(players)
        # A template that renders to nothing yields a target without a name.
        if not (targets := list(_names(kwargs.get(ATTR_TARGET) or (), index))):
            raise invalid_input("notify_target_missing")
        names, called = await _async_called(self.hass, players, targets)
        named, unknown = _found(self.hass, index, names)
        named += [player for player in called if player not in named]
        recipients = recipients_of(players, (), named)
        permissions = await async_permissions(self.hass, _caller.get())
        permissions.require_entities(player.entity_id for player in (*named, *(one.player for one in recipients)))
        if isinstance(prepared, AppMessage):
            await _async_notify_apps(self.hass, prepared, named, unknown=unknown)
        else:
            # Offline Echos are skipped, unless all are offline.
            report = await async_say(self.hass, prepared, permissions.usable(recipients), unknown=unknown)
            report.raise_errors(self.hass)


@dataclass(frozen=True, slots=True)
class AppMessage:
    """A message to the Alexa apps of an account, and the class of the command that sends it."""

    command: type[MobilePush | DropInNotification]
    text: str
    title: str


def _one_of(data: Mapping[str, Any], name: str, known: Sequence[str]) -> str:
    """Return a field of the data, which must be one of ``known``; the first one is the default."""
    value = str(data.get(name) or known[0])
    if value not in known:
        raise invalid_input("notify_data_unknown", field=name, value=value, known=", ".join(known))
    return value


def _value(data: Mapping[str, Any], name: str, schema: Any, known: str) -> Any:
    """Return a field of the data, validated with a schema, or None if it is missing.

    Raises ``ServiceValidationError`` with ``known``, a description of the valid values.
    """
    if (value := data.get(name)) is None:
        return None
    try:
        return vol.Schema(schema)(value)
    except vol.Invalid as err:
        raise invalid_input("notify_data_unknown", field=name, value=str(value), known=known) from err


def _legacy_message(message: str, title: str | None, data: Mapping[str, Any]) -> Message | AppMessage:
    """Return the message of a call; raises ``ServiceValidationError`` for invalid input.

    ``title`` is part of every notify action, so plain speech ignores it.
    """
    if unknown := sorted(str(name) for name in data if name not in _FIELDS):
        raise invalid_input("notify_field_unknown", fields=", ".join(unknown), known=", ".join(_FIELDS))
    kind = _one_of(data, ATTR_TYPE, _TYPES)
    method = _one_of(data, ATTR_METHOD, _METHODS)
    volume = _value(data, ATTR_VOLUME, fraction, "0–1")
    language = _value(data, ATTR_LANGUAGE, vol.In(LANGUAGES), ", ".join(LANGUAGES))
    override = _value(data, ATTR_OVERRIDE_DND, cv.boolean, "true, false")
    shown_title = str(data.get(ATTR_TITLE) or title or DEFAULT_TITLE)
    if kind in _APP_COMMANDS:
        must_have_effect(kind, {name: data.get(name) for name in (ATTR_VOLUME, ATTR_LANGUAGE, ATTR_OVERRIDE_DND)})
        must_have_effect(kind, {ATTR_METHOD: None if method == "all" else method})
        return AppMessage(_APP_COMMANDS[kind], readable_text(message), title_of(shown_title) or DEFAULT_TITLE)
    options: dict[str, Any] = {"language": language, "volume": volume, "dnd": DndPolicy.of(override)}
    if kind == TYPE_TTS:
        must_have_effect(kind, {ATTR_TITLE: data.get(ATTR_TITLE), ATTR_METHOD: None if method == "all" else method})
        return message_of(message, **options)
    way = Kind.SHOW if method == "show" else Kind.ANNOUNCE
    return message_of(message, way, title=shown_title, shown=method != "speak", **options)


def _by_name(players: Mapping[str, EchoPlayer]) -> dict[str, list[EchoPlayer]]:
    """Return the players by each name (``folded``) that a target may contain."""
    index: dict[str, list[EchoPlayer]] = {}
    for player in players.values():
        names = [player.entity_id, player.unique_id]
        names += [player.device.name, player.device.serial] if player.device else []
        for name in {folded(name) for name in names}:
            index.setdefault(name, []).append(player)
    return index


def _found(
    hass: HomeAssistant, index: Mapping[str, list[EchoPlayer]], names: Iterable[str]
) -> tuple[list[EchoPlayer], list[str]]:
    """Return the players with the given names or in the given groups, and the unknown names."""
    named: dict[str, EchoPlayer] = {}
    unknown: list[str] = []
    for name in names:
        members = list(expand(hass, (name,)))
        found = [player for member in members for player in index.get(folded(member), ())]
        named |= {player.entity_id: player for player in found}
        if not found:
            unknown.append(name)
    return list(named.values()), unknown


def _names(target: str | Iterable[str], known: Collection[str]) -> Iterator[str]:
    """Yield the names in a target; only names in ``known`` (``folded``) may contain commas."""
    for item in (target,) if isinstance(target, str) else target:
        text = str(item)
        if text.lstrip().startswith("[") and folded(text) not in known:
            yield from _listed_names(text, known)
        else:
            yield from split_names(text, known)


def _listed_names(text: str, known: Collection[str]) -> Iterator[str]:
    """Yield the names in a JSON list, or the text itself if it is not a list."""
    try:
        listed = json.loads(text)
    except ValueError, RecursionError:
        listed = None
    if not isinstance(listed, list):
        yield text
        return
    for item in listed:
        yield from split_names(str(item), known)


def _last_called_names(hass: HomeAssistant) -> dict[str, list[AlexaConfigEntry]]:
    """Return the accounts by target name: ``last_called``, or ``last_called_<email>`` for those with the address."""
    names: dict[str, list[AlexaConfigEntry]] = {LAST_CALLED: []}
    for entry in hass.config_entries.async_entries(DOMAIN):
        if CONF_EMAIL not in entry.data:
            continue
        names[LAST_CALLED].append(entry)
        if email := entry.data.get(CONF_EMAIL):
            names.setdefault(f"{LAST_CALLED}_{slugify(email)}", []).append(entry)
    return names


async def _async_called(
    hass: HomeAssistant, players: Mapping[str, EchoPlayer], names: Iterable[str]
) -> tuple[list[str], list[EchoPlayer]]:
    """Return the names that are not ``last_called`` names, and the Echos for those that are."""
    accounts = _last_called_names(hass)
    others: list[str] = []
    asked: dict[str, None] = {}
    for name in names:
        if (found := find_name(accounts, name)) is None:
            others.append(name)
        else:
            asked[found] = None
    return others, [await _async_last_called(hass, players, accounts[name]) for name in asked]


async def _async_last_called(
    hass: HomeAssistant, players: Mapping[str, EchoPlayer], entries: Iterable[AlexaConfigEntry]
) -> EchoPlayer:
    """Return the Echo of the given accounts that was last spoken to; raises ``HomeAssistantError``.

    A voice command may start an automation before the history contains the command, so this waits for a due read.
    """
    accounts = list(entries)
    running = [entry for entry in accounts if entry.state is ConfigEntryState.LOADED]
    if not running:
        raise translated(HomeAssistantError, "account_not_loaded" if accounts else "no_account")
    loaded = [(entry, history) for entry in running if (history := entry.runtime_data.history)]
    await asyncio.gather(*(history.async_wait() for _, history in loaded))
    if all(history.last is None for _, history in loaded):
        for entry, history in loaded:
            with command_errors(hass, entry):
                await history.async_look()
    commands = [(record, entry) for entry, history in loaded if (record := history.last)]
    if commands:
        last, account = max(commands, key=lambda one: one[0].timestamp)
        player = players.get(player_entity_id(hass, account, last.serial or "") or "")
        if player and player.entry is account and player.device:
            return player
    raise translated(HomeAssistantError, "last_called_unknown")


async def _async_notify_apps(
    hass: HomeAssistant, prepared: AppMessage, players: Iterable[EchoPlayer], *, unknown: Sequence[str] = ()
) -> None:
    """Send a message once to the Alexa apps of each account that has one of the players."""
    by_entry: dict[str, list[EchoPlayer]] = {}
    for player in players:
        by_entry.setdefault(player.entry.entry_id, []).append(player)
    reports = await async_all(_async_notify_app(hass, prepared, members) for members in by_entry.values())
    failed = [one for report in reports for one in report.failed]
    causes = [why for _, why in failed if isinstance(why, AlexaError)]
    if causes and len(by_entry) == 1 and not unknown:
        raise translated(HomeAssistantError, causes[0].translation_key, **causes[0].placeholders) from causes[0]
    Report(sent=[one for report in reports for one in report.sent], failed=failed, unknown=unknown).raise_errors(hass)


async def _async_notify_app(hass: HomeAssistant, prepared: AppMessage, players: Sequence[EchoPlayer]) -> Report:
    """Send a message to the Alexa apps of one account; return the result, which is the same for all ``players``."""
    sender = next((player for player in players if player.device and is_loaded(player.entry)), None)
    if sender is None or sender.device is None:
        return Report(failed=[(player, obstacle(player) or Reason.OFFLINE) for player in players])
    backend = sender.entry.runtime_data.backend
    command = prepared.command(text=prepared.text, title=prepared.title, customer_id=backend.account.customer_id)
    try:
        with command_errors(hass, sender.entry):
            await backend.async_execute(command, (sender.device,))
    except HomeAssistantError as err:
        if not isinstance(err.__cause__, AlexaError):
            raise
        return Report(failed=[(player, err.__cause__) for player in players])
    return Report(sent=[(player, (command,)) for player in players])
