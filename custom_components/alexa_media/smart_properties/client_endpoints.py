"""Endpoints and units: list, search, read, move, rename, remove."""

from collections.abc import AsyncIterator, Iterable

from . import operations as table, requests
from .base import ClientBase, pages
from .models import Endpoint, MovedEndpoint, Page, Unit
from .parse import endpoint, endpoint_page, moved_endpoint, unit, unit_page
from .requests import LARGEST_PAGE, LARGEST_QUERY_PAGE, AllOf, AnyOf, EndpointFilter, Expand


class EndpointsClient(ClientBase):
    """Operations on endpoints as such, and on units."""

    async def list_endpoints(
        self,
        selection: EndpointFilter,
        *,
        expand: Iterable[Expand] = (),
        next_token: str | None = None,
        max_results: int | None = LARGEST_PAGE,
    ) -> Page[Endpoint]:
        """Return one page of endpoints (1 to 50); with ``next_token``, repeat the other arguments."""
        query = [
            *selection.as_query(),
            *requests.expand_query(expand),
            *requests.page_query(next_token, max_results),
        ]
        return await self._transport.async_request(table.LIST_ENDPOINTS, endpoint_page, query=query)

    def iter_endpoints(
        self, selection: EndpointFilter, *, expand: Iterable[Expand] = (), max_results: int | None = LARGEST_PAGE
    ) -> AsyncIterator[Endpoint]:
        """Yield the endpoints of all pages; their order means nothing."""
        wanted = tuple(expand)

        async def fetch(token: str | None) -> Page[Endpoint]:
            return await self.list_endpoints(selection, expand=wanted, next_token=token, max_results=max_results)

        return pages(table.LIST_ENDPOINTS, fetch)

    async def get_endpoint(self, endpoint_id: str, *, expand: Iterable[Expand] = (Expand.ALL,)) -> Endpoint:
        """Return one endpoint; without ``expand`` Amazon tells nothing but its id."""
        return await self._transport.async_request(
            table.GET_ENDPOINT,
            endpoint,
            params={"endpointId": requests.endpoint_id(endpoint_id)},
            query=requests.expand_query(expand),
        )

    async def query_endpoints(
        self,
        query: AllOf | AnyOf,
        *,
        expand: Iterable[Expand] = (),
        next_token: str | None = None,
        max_results: int = LARGEST_QUERY_PAGE,
    ) -> Page[Endpoint]:
        """Return one page (2 to 10 endpoints) of a search, which may span many units.

        Amazon does not offer it in Spain and Japan: list the endpoints of each unit there.
        """
        body = requests.endpoint_query(query, expand, next_token, max_results)
        return await self._transport.async_request(table.QUERY_ENDPOINTS, endpoint_page, json=body)

    def iter_query(
        self, query: AllOf | AnyOf, *, expand: Iterable[Expand] = (), max_results: int = LARGEST_QUERY_PAGE
    ) -> AsyncIterator[Endpoint]:
        """Yield the endpoints of all pages of a search."""
        wanted = tuple(expand)

        async def fetch(token: str | None) -> Page[Endpoint]:
            return await self.query_endpoints(query, expand=wanted, next_token=token, max_results=max_results)

        return pages(table.QUERY_ENDPOINTS, fetch)

    async def set_associated_units(self, endpoint_id: str, unit_id: str) -> MovedEndpoint:
        """Move an endpoint that is online into a unit, or out of its unit with ``requests.NO_UNIT``.

        The device restarts, loses its settings, and may get another id and another name.
        Ask for its connectivity every two minutes at most to see whether it is back.
        """
        return await self._transport.async_request(
            table.SET_ASSOCIATED_UNITS,
            moved_endpoint,
            params={"endpointId": requests.endpoint_id(endpoint_id)},
            json=requests.associated_units(unit_id),
        )

    async def set_friendly_name(self, endpoint_id: str, name: str) -> None:
        """Rename an endpoint; the name must be unique (code ``DUPLICATE_NAME``)."""
        await self._command(table.SET_FRIENDLY_NAME, endpoint_id, requests.friendly_name(name))

    async def deregister_endpoint(self, endpoint_id: str) -> None:
        """Take an endpoint out of the Amazon Business account; the API cannot undo it."""
        await self._command(table.DEREGISTER_ENDPOINT, endpoint_id)

    async def forget_endpoint(self, endpoint_id: str) -> None:
        """Let Alexa forget an endpoint; a throttled call is not repeated by itself."""
        await self._command(table.FORGET_ENDPOINT, endpoint_id)

    # --- units ----------------------------------------------------------------------------

    async def list_units(
        self,
        parent_id: str,
        *,
        depth: int | None = None,
        next_token: str | None = None,
        max_results: int | None = LARGEST_PAGE,
    ) -> Page[Unit]:
        """Return one page of the units under a unit, ``depth`` levels deep (Amazon's default: 1)."""
        query = [
            ("parentId", requests.unit_id(parent_id)),
            ("expand", "all"),
            *([] if depth is None else [("queryDepth", str(requests.unit_depth(depth)))]),
            *requests.page_query(next_token, max_results),
        ]
        return await self._transport.async_request(table.LIST_UNITS, unit_page, query=query)

    def iter_units(self, parent_id: str, *, depth: int | None = None) -> AsyncIterator[Unit]:
        """Yield the units of all pages."""

        async def fetch(token: str | None) -> Page[Unit]:
            return await self.list_units(parent_id, depth=depth, next_token=token)

        return pages(table.LIST_UNITS, fetch)

    async def get_unit(self, unit_id: str) -> Unit:
        """Return one unit, such as the organization itself."""
        return await self._transport.async_request(table.GET_UNIT, unit, params={"unitId": requests.unit_id(unit_id)})
