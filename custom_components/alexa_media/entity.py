"""Base entities, ids, device info and error mapping of all platforms."""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Hashable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial, wraps
from itertools import batched
from time import time
from typing import Any, ClassVar, Final, cast, override

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntry, DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import CONTEXT_RECENT_TIME_SECONDS, Entity, EntityDescription
from homeassistant.helpers.entity_platform import (
    AddConfigEntryEntitiesCallback,
    EntityPlatform,
    async_get_current_platform,
)
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.helpers.update_coordinator import CoordinatorEntity
from homeassistant.util import slugify

from .cloud.device_types import model_of
from .cloud.errors import AlexaAuthError, AlexaError
from .cloud.model.commands import Command, command
from .cloud.model.devices import Device
from .cloud.ssml import SsmlError, must_be_encodable
from .const import CONF_EMAIL, CONF_FEW_ENTITIES, CONF_ID_PREFIX, CONF_ID_SUFFIX, DOMAIN, MANUFACTURER
from .coordinator.absences import KeptTopicCoordinator
from .coordinator.base import EXISTENCE, TopicCoordinator, registered_entities
from .coordinator.removal import Removal
from .coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData, running_data
from .issues import translated

# Adding 20 new entities at once can block the event loop for 50 ms because of the registries.
BATCH: Final = 10

MAX_TEXT: Final = 1000
"""Maximum length of a text command or a search, in characters; the default limit of ``sendable``."""

type Candidates = Iterable[tuple[str, Callable[[], Entity]]]


def player_unique_id(entry: AlexaConfigEntry, serial: str) -> str:
    """Return the unique id of a device's media player, which also identifies the device in the device registry.

    It is the serial of the device, with a prefix for a property. Two accounts may have the same Echo. An entry may
    therefore have a suffix, and the id is then a slug that ends with it.
    """
    suffix: str = entry.data.get(CONF_ID_SUFFIX, "")
    serial = f"{entry.data.get(CONF_ID_PREFIX, '')}{serial}"
    return slugify(f"{serial}_{suffix}") if suffix else serial


@callback
def player_entity_id(hass: HomeAssistant, entry: AlexaConfigEntry, serial: str) -> str | None:
    """Return the entity id of a device's media player, or None if it is not registered."""
    return er.async_get(hass).async_get_entity_id(MEDIA_PLAYER_DOMAIN, DOMAIN, player_unique_id(entry, serial))


@dataclass(frozen=True, kw_only=True)
class CapableDescription(EntityDescription):
    """Description of an entity for devices with a capability (Amazon's name), or for all if it is None."""

    capability: str | None


@dataclass(slots=True)
class _Followed:
    """Candidates for entities; those whose unique id is not in ``known`` are missing.

    ``created`` are the unique ids of all that have been created. Home Assistant removes a disabled entity as soon as it
    is added, so its unique id does not stay in ``known``.
    """

    candidates: Callable[[], Candidates]
    known: set[str] = field(default_factory=set)
    created: set[str] = field(default_factory=set)
    is_pending: bool = False

    def create(self, unique_id: str, factory: Callable[[], Entity]) -> Entity:
        """Return a new entity that counts as missing again once it is removed."""
        entity = factory()
        entity.async_on_remove(Removal(self.known, unique_id))
        self.created.add(unique_id)
        return entity


class EntityAdder:
    """Adds and removes the entities of one platform of an account."""

    def __init__(
        self, hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
    ) -> None:
        """Initialize in the platform's ``async_setup_entry``, with its arguments."""
        self.hass = hass
        self.entry = entry
        self.domain = async_get_current_platform().domain
        self._add_entities = async_add_entities

    @callback
    def account(self, *entities: Entity) -> None:
        """Add entities of the account itself, which exist until the platform is unloaded."""
        self._add_entities(entities)

    @callback
    def devices[C, D: EntityDescription](
        self,
        source: C | None,
        create: Callable[[AlexaConfigEntry, C, Device, D], Entity],
        descriptions: Iterable[D],
        fits: Callable[[C, Device, D], bool] = lambda *_: True,
        *coordinators: TopicCoordinator[Any] | None,
    ) -> Callable[[], None]:
        """Add an entity for every matching device and description, now and when devices appear.

        Nothing is added if ``source`` is None. A device also needs the capability of a ``CapableDescription``. Missing
        entities are also added when keys of ``coordinators`` change, and when the returned function is called.
        """
        if source is None:
            return lambda: None
        devices = self.entry.runtime_data.devices

        def candidates() -> Candidates:
            for device in devices.data.values():
                for description in descriptions:
                    capability = description.capability if isinstance(description, CapableDescription) else None
                    is_capable = capability is None or capability in device.capabilities
                    if is_capable and fits(source, device, description):
                        yield (
                            f"{player_unique_id(self.entry, device.serial)}_{description.key}",
                            partial(create, self.entry, source, device, description),
                        )

        return self.follow(candidates, devices, *filter(None, coordinators))

    @callback
    def follow(self, candidates: Callable[[], Candidates], *coordinators: TopicCoordinator[Any]) -> Callable[[], None]:
        """Add missing entities in a task, now and whenever keys of one of the coordinators appear or disappear.

        ``candidates`` yields (unique id, factory) for every entity that should exist. Entities are never removed.
        Returns a function that starts the task.
        """
        followed = _Followed(candidates)
        runtime = self.entry.runtime_data

        async def _add() -> None:
            if await self._async_add_missing(followed, disabled=False):
                await self._async_add_missing(followed, disabled=True)

        @callback
        def _update() -> None:
            if not followed.is_pending and not runtime.is_closing:
                followed.is_pending = True
                task = self.entry.async_create_task(self.hass, _add(), f"{DOMAIN} add entities", eager_start=False)
                adders = runtime.adders
                adders.add(task)
                task.add_done_callback(adders.discard)

        for coordinator in coordinators:
            self.entry.async_on_unload(coordinator.async_add_listener(_update, EXISTENCE))
        _update()
        return _update

    async def _async_add_missing(self, followed: _Followed, *, disabled: bool) -> bool:
        """Add the missing entities, those that are disabled in the registry only if ``disabled`` is True.

        Disabled entities are added last, because they have no state, and only once, to update their registration.
        Returns whether disabled entities remain to be added; False if the platforms are being unloaded.
        """
        runtime = self.entry.runtime_data
        # One platform at a time, because all of them together would block the event loop for too long.
        async with runtime.adding:
            followed.is_pending = False
            missing = [
                (unique_id, factory)
                for unique_id, factory in followed.candidates()
                if unique_id not in followed.known
                and not (unique_id in followed.created and self._is_disabled(unique_id))
            ]
            new = missing if disabled else [each for each in missing if not self._is_disabled(each[0])]
            followed.known.update(unique_id for unique_id, _ in new)
            for batch in batched(new, BATCH, strict=False):
                await asyncio.sleep(0)
                is_loaded = self.entry.state in (ConfigEntryState.SETUP_IN_PROGRESS, ConfigEntryState.LOADED)
                if runtime.is_closing or self.entry.runtime_data is not runtime or not is_loaded:
                    return False  # The platforms are being unloaded.
                self._add_entities([followed.create(unique_id, factory) for unique_id, factory in batch])
            await asyncio.sleep(0)
        return len(new) < len(missing)

    def _is_disabled(self, unique_id: str) -> bool:
        """Return whether an entity of the platform is registered and disabled."""
        registry = er.async_get(self.hass)
        entity_id = registry.async_get_entity_id(self.domain, DOMAIN, unique_id)
        item = registry.async_get(entity_id) if entity_id else None
        return item is not None and item.disabled

    def registered(self, prefix: str) -> dict[str, str]:
        """Return the entity ids of this platform's registered entities whose unique ids start with ``prefix``.

        The keys are the unique ids without the prefix.
        """
        return {
            item.unique_id.removeprefix(prefix): item.entity_id
            for item in registered_entities(self.hass, self.entry)
            if item.domain == self.domain and item.unique_id.startswith(prefix)
        }

    @callback
    def follow_kept(
        self, candidates: Callable[[], Candidates], coordinator: KeptTopicCoordinator[Any], prefix: str
    ) -> None:
        """Add entities for the objects of a coordinator, and remove the registered entities of objects that are gone.

        The unique ids are ``prefix`` followed by the key of the object.
        """

        @callback
        def _remove() -> None:
            for key, entity_id in self.registered(prefix).items():
                if coordinator.is_gone(key):
                    er.async_get(self.hass).async_remove(entity_id)

        self.follow(candidates, coordinator)
        self.entry.async_on_unload(coordinator.async_add_listener(_remove, EXISTENCE))
        coordinator.async_remember(self.registered(prefix))


type PlatformSetup = Callable[
    [HomeAssistant, AlexaConfigEntry, AddConfigEntryEntitiesCallback], Coroutine[Any, Any, None]
]


def platform_setup(add_entities: Callable[[EntityAdder, AlexaRuntimeData], None]) -> PlatformSetup:
    """Return the ``async_setup_entry`` of a platform, which calls the decorated function to add the entities."""

    @wraps(add_entities)
    async def async_setup_entry(
        hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
    ) -> None:
        add_entities(EntityAdder(hass, entry, async_add_entities), entry.runtime_data)

    return async_setup_entry


@contextmanager
def command_errors(hass: HomeAssistant, entry: AlexaConfigEntry) -> Generator[None]:
    """Convert the errors of a backend during a command into ``HomeAssistantError``.

    If Amazon no longer accepts the credentials, a new sign-in is requested.
    """
    try:
        with command():
            yield
    except AlexaError as err:
        if isinstance(err, AlexaAuthError):
            entry.async_start_reauth(hass)
        raise translated(HomeAssistantError, err.translation_key, **err.placeholders) from err


REQUESTED: Final = "requested"
"""Key in the context of a new sign-in that the action ``force_logout`` requested while the old one may be valid."""

ACCOUNT_ERRORS: Final = ("auth_failed", "account_not_loaded", "rate_limited", "cannot_connect")
"""Translation keys of errors of a whole account, the most serious first."""


@callback
def account_error(hass: HomeAssistant, entry: AlexaConfigEntry, err: AlexaError | None) -> str | None:
    """Return the translation key of a failure that concerns the whole account, or None for any other.

    ``err`` is None if the account isn't loaded. The key then says whether Amazon requires a new sign-in.
    """
    if err is None:
        pending = entry.async_get_active_flows(hass, {SOURCE_REAUTH})
        # After ``force_logout`` there is no second flow if Amazon also refuses the sign-in.
        is_refused = entry.state is ConfigEntryState.SETUP_ERROR
        is_signed_out = any(is_refused or REQUESTED not in flow["context"] for flow in pending)
        return AlexaAuthError.translation_key if is_signed_out else "account_not_loaded"
    return err.translation_key if err.is_account_wide else None


def most_serious(errors: Iterable[BaseException]) -> BaseException:
    """Return the error to raise if several devices or accounts failed.

    Unexpected exceptions come first, then errors of a whole account in the order of ``ACCOUNT_ERRORS``, then the rest.
    """

    def rank(err: BaseException) -> int:
        if not isinstance(err, HomeAssistantError):
            return -1
        key = err.translation_key
        return ACCOUNT_ERRORS.index(key) if key in ACCOUNT_ERRORS else len(ACCOUNT_ERRORS)

    return min(errors, key=rank)


def account_name(entry: AlexaConfigEntry) -> str:
    """Return the name of an account for errors: its masked email address, or its title if it has no address."""
    return masked(entry.data.get(CONF_EMAIL) or "") or entry.title


def invalid_input(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error for invalid input of an action; ``key`` is its translation key."""
    return translated(ServiceValidationError, key, **placeholders)


def data_of(entry: AlexaConfigEntry) -> AlexaRuntimeData:
    """Return the runtime data of an account (``running_data``); raise ``ServiceValidationError`` if there is none."""
    if (runtime := running_data(entry)) is None:
        raise invalid_input("account_not_loaded")
    return runtime


async def async_all[T](parts: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Return the results of all coroutines; raise the most serious error after all have ended."""
    results = await asyncio.gather(*parts, return_exceptions=True)
    if errors := [result for result in results if isinstance(result, BaseException)]:
        raise most_serious(errors)
    return [result for result in results if not isinstance(result, BaseException)]


def fraction(value: Any) -> float:
    """Validate a field of an action as a number from 0 to 1, such as a volume; raises ``ValueError``.

    ``True`` is refused, because it would count as 1, the maximum volume.
    """
    try:
        number = -1.0 if isinstance(value, bool) else float(value)
    except (OverflowError, TypeError) as err:
        raise ValueError("not a number") from err
    if not 0 <= number <= 1:
        raise ValueError("not a number from 0 to 1")
    return number


def whole(value: Any) -> int:
    """Validate a field of an action as a whole number, which may be given as a text; raises ``ValueError``."""
    try:
        number = int(value)
    except (OverflowError, TypeError) as err:
        raise ValueError("not a whole number") from err
    if isinstance(value, bool) or (number != value and not isinstance(value, str)):
        raise ValueError("not a whole number")
    return number


def duration(value: Any) -> timedelta:
    """Validate a field of an action as a duration, which may be negative; raises ``ValueError`` or ``vol.Invalid``.

    Home Assistant's validator raises an ``OverflowError`` for infinity and for large numbers.
    """
    try:
        return cast(timedelta, cv.time_period(value))
    except OverflowError as err:
        raise ValueError("the duration is too long") from err


def encodable(value: Any) -> Any:
    """Return a field of an action; raises ``ValueError`` for a text that UTF-8 cannot encode.

    Home Assistant's parser of dates and times (ciso8601) crashes the process on such a text.
    """
    if isinstance(value, str):
        value.encode()
    return value


def sendable(text: str, limit: int = MAX_TEXT) -> str:
    """Return a text without leading and trailing whitespace.

    Raises ``ServiceValidationError`` if the text cannot be encoded, or the result has more than ``limit`` characters.
    """
    try:
        must_be_encodable(text)
    except SsmlError as err:
        raise invalid_input(err.key, **err.placeholders) from err
    if len(text := text.strip()) > limit:
        raise invalid_input("text_too_long", length=str(len(text)), limit=str(limit))
    return text


def masked(email: str) -> str:
    """Mask an email address like alexa_media_player: all but the first and last characters of both parts."""
    return "@".join(
        part if len(part) < 3 else f"{part[0]}{'*' * (len(part) - 2)}{part[-1]}" for part in email.split("@")
    )


def player_device_info(entry: AlexaConfigEntry, device: Device) -> DeviceInfo:
    """Return the device info of an Echo or a speaker group."""
    info = DeviceInfo(
        identifiers={(DOMAIN, player_unique_id(entry, device.serial))},
        name=device.name,
        manufacturer=MANUFACTURER,
        model=model_of(device),
        model_id=device.device_type,
        serial_number=device.serial,
        sw_version=device.software_version,
    )
    appliances = entry.runtime_data.appliances
    if room := device.room or (appliances and appliances.room_of_echo(device.serial)):
        info["suggested_area"] = room
    if device.mac_address:
        info["connections"] = {(dr.CONNECTION_NETWORK_MAC, device.mac_address)}
    return info


@callback
def registered_device(hass: HomeAssistant, entry: AlexaConfigEntry, device: Device) -> DeviceEntry:
    """Return the registered device of an Echo or a speaker group.

    Unnecessary updates of the registry are skipped, because an update is the slowest step of adding an entity.
    """
    registry, known = dr.async_get(hass), entry.runtime_data.registered
    state, device_id = known.get(device.serial, (None, ""))
    if state is device and (found := registry.async_get(device_id, include_child_devices=False)):
        return found
    found = registry.async_get_or_create(config_entry_id=entry.entry_id, **player_device_info(entry, device))
    known[device.serial] = device, found.id
    return found


RARELY_USED: Final = frozenset({"alert_volume", "repeat", "restart", "shuffle"})
"""Keys of rarely used entities, which are disabled by default in new accounts, but not in older ones."""


class AlexaEntity(Entity):
    """Base class for all entities of the integration."""

    _attr_has_entity_name = True

    @override
    @callback
    def add_to_platform_start(
        self, hass: HomeAssistant, platform: EntityPlatform, parallel_updates: asyncio.Semaphore | None
    ) -> None:
        """Derive the entity id from the English name in every language, so that shared automations work."""
        super().add_to_platform_start(hass, platform, parallel_updates)
        names = platform.platform_data
        if names.object_id_platform_translations is not names.default_language_platform_translations:
            names.object_id_platform_translations = names.default_language_platform_translations
            names.object_id_component_translations = async_get_cached_translations(
                hass, "en", "entity_component", platform.domain
            )

    @callback
    def async_rename(self, **placeholders: str) -> None:
        """Replace the placeholders of the name, and update the original name in the registry."""
        self._attr_translation_placeholders = placeholders
        # Home Assistant caches the name
        vars(self).pop("name", None)
        er.async_get(self.hass).async_update_entity(self.entity_id, original_name=str(self.name))


class TopicEntity[C: TopicCoordinator[Any]](AlexaEntity, CoordinatorEntity[C]):
    """Base class for entities that show one topic."""

    @property
    @override
    def available(self) -> bool:
        """Return whether the topic's data may be shown."""
        return self.coordinator.usable

    @property
    def caller(self) -> Context | None:
        """Return the context of the last action on this entity, or ``None`` if it was not started recently."""
        is_recent = self._context_set is not None and time() - self._context_set < CONTEXT_RECENT_TIME_SECONDS
        return self._context if is_recent else None


class AccountEntity[C: TopicCoordinator[Any]](TopicEntity[C]):
    """Base class for entities on the device of the account; their unique ids end with ``key``."""

    key: str

    def __init__(
        self, entry: AlexaConfigEntry, coordinator: C, key: str | None = None, context: Hashable = None
    ) -> None:
        """Initialize as a listener of the topic, or of ``context`` only; ``key`` defaults to that of the class."""
        super().__init__(coordinator, context)
        self.entry = entry
        self._attr_unique_id = f"{entry.unique_id}_{key or self.key}"
        self._attr_device_info = account_device_info(entry)


class AlexaDeviceEntity[V](TopicEntity[TopicCoordinator[V]]):
    """Base class for entities of one device that show one topic.

    An entity is available while the topic's data may be shown and the device is online (see ``available_offline``).
    """

    available_offline: ClassVar[bool] = False
    """Whether the entity is also available while the device is offline."""

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: TopicCoordinator[V],
        device: Device,
        description: EntityDescription | None = None,
    ) -> None:
        """Initialize for a device; the main entity has no description.

        The unique id is that of the device's media player, followed by the key of the description. The key is also the
        translation key, unless the description has a translation key or a device class.
        """
        super().__init__(coordinator, context=device.serial)
        self.entry = entry
        # An action that waits keeps its runtime data although the account is reloaded; commands then fail.
        self.runtime = entry.runtime_data
        self.serial = device.serial
        self._last_device = device
        self._attr_unique_id = player_unique_id(entry, device.serial)
        if description is not None:
            self.entity_description = description
            self._attr_unique_id += f"_{description.key}"
            if description.translation_key is None and description.device_class is None:
                self._attr_translation_key = description.key
            if description.key in RARELY_USED and entry.data.get(CONF_FEW_ENTITIES):
                self._attr_entity_registry_enabled_default = False

    @override
    @callback
    def add_to_platform_start(
        self, hass: HomeAssistant, platform: EntityPlatform, parallel_updates: asyncio.Semaphore | None
    ) -> None:
        """Assign the registered device to the entity, unless the entity has its own device info."""
        super().add_to_platform_start(hass, platform, parallel_updates)
        if self.device_info is None:
            self.device_entry = registered_device(hass, self.entry, self._last_device)

    @property
    def device(self) -> Device:
        """Return the device as last known."""
        self._last_device = self.runtime.devices.data.get(self.serial, self._last_device)
        return self._last_device

    @property
    def value(self) -> V | None:
        """Return the value of the topic for this device, or None."""
        return self.coordinator.data.get(self.serial)

    @property
    @override
    def available(self) -> bool:
        """Return whether the topic's data may be shown, and the device is online or need not be."""
        return super().available and (self.available_offline or self.device.online)

    @override
    async def async_added_to_hass(self) -> None:
        """Also listen for changes of the listed device, such as its name and connectivity."""
        await super().async_added_to_hass()
        devices = self.runtime.devices
        if self.coordinator is not devices:
            self.async_on_remove(devices.async_add_listener(self._handle_coordinator_update, self.serial))

    @override
    async def async_update(self) -> None:
        """Read the topic now (``homeassistant.update_entity``)."""
        if self.enabled:
            await self.coordinator.async_refresh_shared()

    async def async_command(self, command: Command, target: Device | None = None) -> None:
        """Run a command on this device or on ``target``; returns when Amazon has accepted it."""
        with command_errors(self.hass, self.entry):
            await self.runtime.backend.async_execute(command, (target or self.device,))


class ListedEntity[A](AlexaDeviceEntity[Device]):
    """Base class for entities that listen to the device list; ``api`` is a coordinator or a part of the backend."""

    def __init__(self, entry: AlexaConfigEntry, api: A, device: Device, description: EntityDescription) -> None:
        """Initialize as a listener of the device list."""
        super().__init__(entry, entry.runtime_data.devices, device, description)
        self.api = api


def account_device_info(entry: AlexaConfigEntry) -> DeviceInfo:
    """Return the device info of the account itself."""
    return DeviceInfo(
        identifiers={(DOMAIN, f"account_{entry.unique_id}")},
        name=entry.title,
        manufacturer=MANUFACTURER,
        model="Alexa account",
        entry_type=DeviceEntryType.SERVICE,
    )


def is_gone(entry: AlexaConfigEntry, device_entry: DeviceEntry) -> bool:
    """Return whether a registered device is missing from ``runtime_data.devices``, as most appliances always are.

    False while the account is not loaded, and for the device of the account itself.
    """
    if entry.state is not ConfigEntryState.LOADED or device_entry.entry_type is DeviceEntryType.SERVICE:
        return False
    listed = {(DOMAIN, player_unique_id(entry, serial)) for serial in entry.runtime_data.devices.data}
    return not listed & device_entry.identifiers


def own_ids(registered: DeviceEntry) -> set[str]:
    """Return the ids of this integration among the identifiers of a registered device.

    Identifiers of other integrations may have more than two parts.
    """
    return {str(uids[0]) for domain, *uids in registered.identifiers if domain == DOMAIN and len(uids) == 1}


@callback
def async_follow_devices(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Keep the device registry up to date: names, software versions, and removed devices."""
    devices = entry.runtime_data.devices
    registry = dr.async_get(hass)
    entities = er.async_get(hass)

    def _is_player(registered: DeviceEntry) -> bool:
        # Air quality monitors have no player and are never in the device list, but must not be removed.
        if entry.runtime_data.players is None:
            # In a cloud without players, the devices whose id is not an appliance's are Echos.
            return not any(uid.startswith("appliance_") for uid in own_ids(registered))
        items = er.async_entries_for_device(entities, registered.id, include_disabled_entities=True)
        return not items or any(item.domain == MEDIA_PLAYER_DOMAIN for item in items)

    @callback
    def _sync() -> None:
        wanted = {player_unique_id(entry, serial): device for serial, device in devices.data.items()}
        listed = {player_unique_id(entry, serial) for serial in devices.listed}
        for registered in dr.async_entries_for_config_entry(registry, entry.entry_id):
            if registered.entry_type is DeviceEntryType.SERVICE:
                continue
            ids = own_ids(registered)
            device = next((wanted[uid] for uid in ids if uid in wanted), None)
            if device is None:
                # Amazon lists it but it is filtered out, or two lists lacked it.
                unwanted = devices.settled or not ids.isdisjoint(listed)
                if unwanted and _is_player(registered):
                    registry.async_remove_device(registered.id)
            elif (registered.name, registered.sw_version) != (device.name, device.software_version):
                registry.async_update_device(registered.id, name=device.name, sw_version=device.software_version)

    entry.async_on_unload(devices.async_add_listener(_sync))
    _sync()
