"""Client of the Smart Properties API."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import aiohttp

from ..errors import (
    AlexaAuthError,
    AlexaBadResponseError,
    AlexaError,
    AlexaInvalidValueError,
    AlexaRateLimitedError,
)
from ..model.property import PostalAddress
from . import operations as table, requests, settings
from .models import (
    Endpoint,
    Feature,
    JsonValue,
    MovedEndpoint,
    Page,
    PropertyUnit,
    Setting,
    SettingError,
    SettingsPage,
    WifiInstallation,
)
from .operation import Operation, Region
from .parse import (
    address_setting,
    endpoint,
    endpoint_page,
    feature,
    moved_endpoint,
    submitted_operation,
    unit,
    unit_page,
    wifi_installation,
)
from .requests import (
    LARGEST_PAGE,
    LARGEST_QUERY_PAGE,
    AllOf,
    AnyOf,
    EndpointFilter,
    Expand,
    KeyManagement,
    Wifi,
)
from .settings import (
    SettingKey,
    SettingSpec,
    SettingValue,
    settings_page,
)
from .transport import MAX_RETRY_SECONDS, AccessTokenGetter, Time, Transport

MOST_PAGES: Final = 500
"""Maximum number of pages of a list, above which it counts as endless: 5,000 endpoints with pages of 10."""


class ClientBase:
    """Base class with the transport and the methods that several operations share."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        region: Region,
        access_token: AccessTokenGetter,
        *,
        clock: Time | None = None,
        patience: float = MAX_RETRY_SECONDS,
    ) -> None:
        """Initialize with a session that the caller closes, and a source of access tokens.

        ``patience`` is the maximum total delay of one call by retries and throttling, in seconds.
        """
        self.transport = Transport(session, region, access_token, clock=clock, patience=patience)

    async def read_feature(self, operation: Operation, endpoint_id: str) -> Feature:
        """Read and parse one feature of an endpoint."""
        name = operation.path.rpartition("/")[2]
        return await self._request(operation, endpoint_id, lambda data: feature(data, name))

    async def command(self, operation: Operation, endpoint_id: str, json: JsonValue = None) -> None:
        """Send a command to an endpoint; returns when Amazon has accepted it."""
        await self._request(operation, endpoint_id, nothing, json=json)

    async def _request[T](
        self,
        operation: Operation,
        endpoint_id: str,
        parse: Callable[[Any], T],
        *,
        query: Sequence[tuple[str, str]] = (),
        json: JsonValue = None,
        **params: str,
    ) -> T:
        """Send a request about an endpoint, and return the parsed response."""
        params["endpointId"] = requests.endpoint_id(endpoint_id)
        return await self.transport.async_request(operation, parse, params=params, query=query, json=json)


async def pages[T](operation: Operation, fetch: Callable[[str | None], Awaitable[Page[T]]]) -> AsyncIterator[T]:
    """Yield the items of all pages; raises ``AlexaBadResponseError`` if the pages do not end."""
    seen: set[str] = set()
    token: str | None = None
    for _ in range(MOST_PAGES):
        page = await fetch(token)
        for item in page.items:
            yield item
        token = page.next_token
        if token is None:
            return
        if token in seen:
            break
        seen.add(token)
    raise AlexaBadResponseError(f"The pages of {operation.label} never end", endpoint=operation.label, code="pages")


async def read_each[V](keys: Collection[str], read: Callable[[str], Awaitable[V]]) -> dict[str, V]:
    """Read several devices; return the results by key, without those of the devices that cannot be read.

    If no device can be read, the first error is raised. ``AlexaAuthError`` and ``AlexaRateLimitedError`` are always
    raised.
    """
    answers = await asyncio.gather(*(read(key) for key in keys), return_exceptions=True)
    found: dict[str, V] = {}
    errors: list[AlexaError] = []
    for key, answer in zip(keys, answers, strict=True):
        if isinstance(answer, AlexaError):
            errors.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found[key] = answer
    serious = [error for error in errors if isinstance(error, AlexaAuthError | AlexaRateLimitedError)]
    if serious or (errors and not found):
        raise (serious or errors)[0]
    return found


def nothing(_: object) -> None:
    """Ignore the content of a response."""


class EndpointsClient(ClientBase):
    """Operations on endpoints as a whole, and on units."""

    async def list_endpoints(
        self,
        selection: EndpointFilter,
        *,
        expand: Iterable[Expand] = (),
        next_token: str | None = None,
        max_results: int | None = LARGEST_PAGE,
    ) -> Page[Endpoint]:
        """Return one page of endpoints; with ``next_token``, repeat the other arguments.

        ``max_results`` is the page size (1–50); None leaves it to Amazon.
        """
        query = [
            *selection.as_query(),
            *requests.expand_query(expand),
            *requests.page_query(next_token, max_results),
        ]
        return await self.transport.async_request(table.LIST_ENDPOINTS, endpoint_page, query=query)

    def iter_endpoints(
        self, selection: EndpointFilter, *, expand: Iterable[Expand] = (), max_results: int | None = LARGEST_PAGE
    ) -> AsyncIterator[Endpoint]:
        """Yield all matching endpoints, in no defined order.

        ``max_results`` is the page size (1–50); None leaves it to Amazon. Raises ``AlexaBadResponseError`` if the pages
        never end.
        """
        wanted = tuple(expand)

        async def fetch(token: str | None) -> Page[Endpoint]:
            return await self.list_endpoints(selection, expand=wanted, next_token=token, max_results=max_results)

        return pages(table.LIST_ENDPOINTS, fetch)

    async def get_endpoint(self, endpoint_id: str, *, expand: Iterable[Expand] = (Expand.ALL,)) -> Endpoint:
        """Return one endpoint; if ``expand`` is empty, Amazon sends only its id."""
        return await self._request(table.GET_ENDPOINT, endpoint_id, endpoint, query=requests.expand_query(expand))

    async def query_endpoints(
        self,
        query: AllOf | AnyOf,
        *,
        expand: Iterable[Expand] = (),
        next_token: str | None = None,
        max_results: int = LARGEST_QUERY_PAGE,
    ) -> Page[Endpoint]:
        """Return one page of a search across units; ``max_results`` is the page size (2–10).

        Amazon offers no search in Spain and Japan.
        """
        body = requests.endpoint_query(query, expand, next_token, max_results)
        return await self.transport.async_request(table.QUERY_ENDPOINTS, endpoint_page, json=body)

    def iter_query(
        self, query: AllOf | AnyOf, *, expand: Iterable[Expand] = (), max_results: int = LARGEST_QUERY_PAGE
    ) -> AsyncIterator[Endpoint]:
        """Yield all endpoints found by a search; raises ``AlexaBadResponseError`` if the pages never end."""
        wanted = tuple(expand)

        async def fetch(token: str | None) -> Page[Endpoint]:
            return await self.query_endpoints(query, expand=wanted, next_token=token, max_results=max_results)

        return pages(table.QUERY_ENDPOINTS, fetch)

    async def set_associated_units(self, endpoint_id: str, unit_id: str) -> MovedEndpoint:
        """Move an online endpoint into a unit, or out of its unit with ``requests.NO_UNIT``.

        The device restarts, loses its settings, and may get another id and another name. To detect when it is online
        again, read its connectivity at most every two minutes.
        """
        units = requests.associated_units(unit_id)
        return await self._request(table.SET_ASSOCIATED_UNITS, endpoint_id, moved_endpoint, json=units)

    async def set_friendly_name(self, endpoint_id: str, name: str) -> None:
        """Rename an endpoint; the name must be unique, otherwise the error code is ``DUPLICATE_NAME``."""
        await self.command(table.SET_FRIENDLY_NAME, endpoint_id, requests.friendly_name(name))

    async def deregister_endpoint(self, endpoint_id: str) -> None:
        """Deregister an endpoint from the Amazon Business account; the API cannot undo this."""
        await self.command(table.DEREGISTER_ENDPOINT, endpoint_id)

    async def forget_endpoint(self, endpoint_id: str) -> None:
        """Remove an endpoint from Alexa."""
        await self.command(table.FORGET_ENDPOINT, endpoint_id)

    # --- units ----------------------------------------------------------------------------

    async def list_units(
        self,
        parent_id: str,
        *,
        depth: int | None = None,
        next_token: str | None = None,
        max_results: int | None = LARGEST_PAGE,
    ) -> Page[PropertyUnit]:
        """Return one page of the units below a unit, ``depth`` levels deep (1 if omitted)."""
        query = [
            ("parentId", requests.unit_id(parent_id)),
            ("expand", "all"),
            *([] if depth is None else [("queryDepth", str(requests.unit_depth(depth)))]),
            *requests.page_query(next_token, max_results),
        ]
        return await self.transport.async_request(table.LIST_UNITS, unit_page, query=query)

    def iter_units(self, parent_id: str, *, depth: int | None = None) -> AsyncIterator[PropertyUnit]:
        """Yield the units below a unit, ``depth`` levels deep (1 if omitted).

        Raises ``AlexaBadResponseError`` if the pages never end.
        """

        async def fetch(token: str | None) -> Page[PropertyUnit]:
            return await self.list_units(parent_id, depth=depth, next_token=token)

        return pages(table.LIST_UNITS, fetch)

    async def get_unit(self, unit_id: str) -> PropertyUnit:
        """Return one unit, which may be the organization itself."""
        return await self.transport.async_request(table.GET_UNIT, unit, params={"unitId": requests.unit_id(unit_id)})


class SettingsClient(ClientBase):
    """Operations on the settings of one endpoint."""

    async def get_settings(
        self,
        endpoint_id: str,
        keys: Iterable[str],
        *,
        next_token: str | None = None,
        max_results: int | None = None,
    ) -> SettingsPage[SettingValue]:
        """Return one page of the settings with the given keys; raises ``AlexaInvalidValueError`` if none are given."""
        wanted = ",".join(dict.fromkeys(keys))
        if not wanted:
            raise AlexaInvalidValueError("keys", "at least one setting")
        query = [("keys", wanted), *requests.page_query(next_token, max_results)]
        return await self._request(
            table.GET_SETTINGS,
            endpoint_id,
            lambda data: SettingsPage() if data is None else settings_page(data),
            query=query,
        )

    async def get_all_settings(self, endpoint_id: str, keys: Iterable[str]) -> SettingsPage[SettingValue]:
        """Return the settings with the given keys, and the errors, from all pages.

        Raises ``AlexaBadResponseError`` if the pages never end.
        """
        wanted = tuple(keys)
        found: list[Setting[SettingValue]] = []
        errors: list[SettingError] = []
        seen: set[str | None] = set()
        token: str | None = None
        while token not in seen and len(seen) < MOST_PAGES:
            seen.add(token)
            page = await self.get_settings(endpoint_id, wanted, next_token=token)
            found += page.settings
            errors += page.errors
            token = page.next_token
            if token is None:
                return SettingsPage(settings=tuple(found), errors=tuple(errors))
        label = table.GET_SETTINGS.label
        raise AlexaBadResponseError(f"The pages of {label} never end", endpoint=label, code="pages")

    async def get_setting(self, endpoint_id: str, key: SettingKey) -> Setting[SettingValue]:
        """Read a setting (or the address) by its key."""
        return await self._request(
            table.GET_SETTING, endpoint_id, lambda data: settings.setting(key, data), settingName=key.value
        )

    async def put_setting(self, endpoint_id: str, key: SettingKey, value: object) -> None:
        """Write a setting other than the address; raises ``AlexaInvalidValueError`` for an invalid value."""
        spec = settings.SETTINGS.get(key)
        if spec is None:
            raise AlexaInvalidValueError("key", "the key of a setting other than the address")
        await self._request(table.PUT_SETTING, endpoint_id, nothing, json=spec.encode(value), settingName=key.value)

    async def read_setting[V](self, spec: SettingSpec[V], endpoint_id: str) -> Setting[V]:
        """Read a setting with its dedicated operation."""
        return await self._request(spec.read, endpoint_id, spec.setting)

    async def write_setting[V](self, spec: SettingSpec[V], endpoint_id: str, value: object) -> None:
        """Write a setting with its dedicated operation; raises ``AlexaInvalidValueError`` for an invalid value."""
        await self.command(spec.write, endpoint_id, spec.encode(value))

    async def get_address(self, endpoint_id: str) -> PostalAddress:
        """Return the address of an endpoint, which Alexa uses for weather and places nearby."""
        return await self._request(table.GET_ADDRESS, endpoint_id, address_setting)

    async def post_address(self, endpoint_id: str, address: PostalAddress) -> PostalAddress:
        """Set the address of an endpoint; return it as stored by Amazon.

        Raises ``AlexaAddressRejectedError`` with Amazon's problems or suggestions.
        """
        return await self._request(table.POST_ADDRESS, endpoint_id, address_setting, json=requests.address(address))


class SmartPropertiesClient(EndpointsClient, SettingsClient):
    """The API of one organization in one region."""

    # --- Wi-Fi ----------------------------------------------------------------------------

    async def save_wifi_configurations(self, networks: Sequence[Wifi]) -> None:
        """Store networks and their credentials in the account's credential locker (requires a separate scope)."""
        await self.transport.async_request(table.SAVE_WIFI_CONFIGURATIONS, nothing, json=requests.save_wifi(networks))

    async def add_or_update_wifi_configurations(
        self, endpoint_id: str, ssid: str, key_management: KeyManagement
    ) -> str:
        """Start installing one stored network on an Echo; return the id of the operation.

        An Echo can store 32 networks.
        """
        wifi = requests.install_wifi(ssid, key_management)
        return await self._request(table.ADD_OR_UPDATE_WIFI_CONFIGURATIONS, endpoint_id, submitted_operation, json=wifi)

    async def get_wifi_installation_status(self, endpoint_id: str, operation_id: str) -> WifiInstallation:
        """Return the state of an installation; raises ``AlexaEndpointMovedError`` if the id of the Echo changed."""
        return await self._request(
            table.GET_WIFI_INSTALLATION_STATUS,
            endpoint_id,
            wifi_installation,
            operationId=requests.operation_id(operation_id),
        )

    # --- timers and notifications ---------------------------------------------------------

    async def delete_timers(self, endpoint_id: str) -> None:
        """Delete all timers of an Echo; the Echo must be online."""
        await self.transport.async_request(
            table.DELETE_TIMERS, nothing, query=[("endpoint", requests.endpoint_id(endpoint_id))]
        )

    async def send_notification(
        self,
        texts_by_locale: Mapping[str, str],
        *,
        endpoint_ids: Sequence[str] = (),
        unit_ids: Sequence[str] = (),
    ) -> None:
        """Speak a text on up to 100 endpoints, or in up to 100 units, and show it on screens."""
        await self.transport.async_request(
            table.SEND_NOTIFICATION,
            nothing,
            json=requests.announcement(endpoint_ids=endpoint_ids, unit_ids=unit_ids, texts_by_locale=texts_by_locale),
        )
