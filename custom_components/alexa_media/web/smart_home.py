"""The smart home of an account: GraphQL, with phoenix for what GraphQL has not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from custom_components.alexa_media.backend.appliances import Appliance, ApplianceState
from custom_components.alexa_media.backend.smart_home import ArmState, Control, Discovery, SmartHomeApi
from custom_components.alexa_media.errors import (
    AlexaCommandError,
    AlexaConnectionError,
    AlexaError,
    AlexaUnsupportedError,
)

from .endpoints.smart_home import (
    APPLIANCE_GROUPS,
    APPLIANCES,
    CONTROL_APPLIANCES,
    CONTROL_PHOENIX,
    GUARD_STATE,
)
from .parse_smart_home import parse_discovery, parse_groups, parse_states
from .smart_home_controls import (
    action,
    code_of,
    control_requests,
    is_unsupported,
    operation,
    parse_control,
    parse_guard,
    parse_phoenix,
    phoenix_requests,
    refusal,
)
from .smart_home_queries import CONTROL, DISCOVER, STATES
from .transport import Transport

MAX_CONTROLS: Final = 100
"""How many controls one request holds at most, but for those of one appliance, which stay together."""


@dataclass(slots=True, eq=False)
class _Order:
    """The controls of one caller for one appliance, and how it learns what became of them."""

    appliance: Appliance
    controls: Sequence[Control]
    result: asyncio.Future[AlexaError | None]

    def finish(self, error: AlexaError | None) -> None:
        """Tell the caller, unless it has gone."""
        if not self.result.done():
            self.result.set_result(error)


type _Send = Callable[[Sequence[_Order]], Awaitable[Sequence[_Order]]]


class WebSmartHome:
    """See ``SmartHomeApi`` for what each method is for."""

    def __init__(self, transport: Transport) -> None:
        """Send through the account's transport."""
        self._transport = transport
        self._waiting: list[_Order] = []
        self._worker: asyncio.Task[None] | None = None
        self._is_closed = False

    async def async_close(self) -> None:
        """Fail what waits and stop; the outcome of what is in flight is unknown."""
        self._is_closed = True
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker])
            self._worker = None
        waiting, self._waiting = self._waiting, []
        for order in waiting:
            order.finish(_closed(sent=False))

    # --- reads --------------------------------------------------------------------------

    async def async_discover(self) -> Discovery:
        """Return all appliances and their states."""
        return await self._transport.async_read(
            APPLIANCES, parse_discovery, json={"operationName": "discover", "query": DISCOVER, "variables": {}}
        )

    async def async_groups(self) -> Mapping[str, str]:
        """Return the rooms by appliance id and entity id."""
        return await self._transport.async_read(APPLIANCE_GROUPS, parse_groups)

    async def async_states(self, appliances: Sequence[Appliance]) -> Mapping[str, ApplianceState]:
        """Return the states of some appliances; those that Amazon does not answer for are missing."""
        by_endpoint = {appliance.endpoint_id: appliance.entity_id for appliance in appliances}
        states = await self._transport.async_read(
            APPLIANCES,
            parse_states,
            json={"operationName": "states", "query": STATES, "variables": {"endpointIds": list(by_endpoint)}},
        )
        return {by_endpoint[endpoint_id]: state for endpoint_id, state in states.items() if endpoint_id in by_endpoint}

    async def async_guard(self, guard: Appliance) -> ArmState:
        """Return how Guard is armed; what Alexa has merged is asked for by what it consists of."""
        request = {"entityId": (guard.merged_ids or (guard.appliance_id,))[0], "entityType": "APPLIANCE"}
        return await self._transport.async_read(GUARD_STATE, parse_guard, json={"stateRequests": [request]})

    # --- controls -----------------------------------------------------------------------

    async def async_set_guard(self, guard: Appliance, *, away: bool) -> None:
        """Arm Guard or disarm it; raises ``AlexaCommandError`` unless Amazon confirms it."""
        panel = (guard.merged_ids or (guard.appliance_id,))[0]
        request = {
            "entityId": panel,
            "entityType": "APPLIANCE",
            "parameters": {"action": "controlSecurityPanel", "armState": "ARMED_AWAY" if away else "ARMED_STAY"},
        }
        codes = await self._transport.async_read(CONTROL_PHOENIX, parse_phoenix, json={"controlRequests": [request]})
        if error := refusal(codes.get(panel), CONTROL_PHOENIX):
            raise error

    async def async_control(
        self, controls: Sequence[tuple[Appliance, Sequence[Control]]]
    ) -> Sequence[AlexaError | None]:
        """Run controls; what is submitted in one turn, or while a request is in flight, is one request."""
        if self._is_closed:
            raise _closed(sent=False)
        loop = asyncio.get_running_loop()
        orders = [_Order(appliance, wanted, loop.create_future()) for appliance, wanted in controls]
        self._waiting += orders
        if self._worker is None:
            self._worker = loop.create_task(self._run(), name="alexa_media appliances")
        return await asyncio.gather(*(order.result for order in orders))

    async def _run(self) -> None:
        """Send until nothing waits."""
        orders: list[_Order] = []
        try:
            while orders := self._next():
                await self._send(orders)
        finally:
            self._worker = None
            for order in orders:
                order.finish(_closed(sent=True))

    def _next(self) -> list[_Order]:
        """Take what goes out in the next request; nothing of a caller who has gone."""
        taken: list[_Order] = []
        size = 0
        waiting = [order for order in self._waiting if not order.result.done()]
        while waiting and (not taken or size + len(waiting[0].controls) <= MAX_CONTROLS):
            size += len(waiting[0].controls)
            taken.append(waiting.pop(0))
        self._waiting = waiting
        return taken

    async def _send(self, orders: Sequence[_Order]) -> None:
        """Send by GraphQL what it can do, by phoenix the rest, and tell every caller what became of it."""
        direct = [order for order in orders if all(operation(control) for control in order.controls)]
        others = [order for order in orders if order not in direct]
        if direct:
            others += await self._guarded(self._by_graphql, direct)
        if others:
            await self._guarded(self._by_phoenix, others)

    async def _guarded(self, send: _Send, orders: Sequence[_Order]) -> Sequence[_Order]:
        """Send; whatever goes wrong is told to the callers."""
        try:
            return await send(orders)
        except AlexaError as error:
            for order in orders:
                order.finish(error)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the callers
            for order in orders:
                if not order.result.done():
                    order.result.set_exception(error)
        return ()

    async def _by_graphql(self, orders: Sequence[_Order]) -> Sequence[_Order]:
        """Send one request; return what is left to phoenix because GraphQL has no such operation."""
        requests = control_requests([(order.appliance, order.controls) for order in orders])
        try:
            codes = await self._transport.async_read(
                CONTROL_APPLIANCES,
                parse_control,
                json={
                    "operationName": "control",
                    "query": CONTROL,
                    "variables": {"input": {"featureControlRequests": requests}},
                },
            )
        except (AlexaCommandError, AlexaUnsupportedError) as error:
            return await self._refused(orders, error)
        left: list[_Order] = []
        for order in orders:
            errors = [
                refusal(code_of(codes, order.appliance, each), CONTROL_APPLIANCES)
                for control in order.controls
                if (each := operation(control))
            ]
            failed = [error for error in errors if error is not None]
            if failed and len(failed) == len(errors) and is_unsupported(failed[0]) and _has_actions(order):
                left.append(order)
            else:
                order.finish(failed[0] if failed else None)
        return left

    async def _refused(
        self, orders: Sequence[_Order], error: AlexaCommandError | AlexaUnsupportedError
    ) -> Sequence[_Order]:
        """Deal with the refusal of a whole request, which proves that nothing ran.

        Where GraphQL itself is refused, phoenix may do; else one bad control must not keep
        the others from running, and each caller's are sent apart.
        """
        if isinstance(error, AlexaUnsupportedError) or is_unsupported(error):
            for order in orders:
                if not _has_actions(order):
                    order.finish(error)
            return [order for order in orders if _has_actions(order)]
        if len(orders) == 1:
            raise error
        left: list[_Order] = []
        for order in orders:
            left += await self._guarded(self._by_graphql, [order])
        return left

    async def _by_phoenix(self, orders: Sequence[_Order]) -> Sequence[_Order]:
        """Send one request of actions; nothing is left."""
        able = [order for order in orders if _has_actions(order)]
        for order in orders:
            if order not in able:
                order.finish(refusal("UNSUPPORTED_OPERATION", CONTROL_PHOENIX))
        if not able:
            return ()
        requests = phoenix_requests([(order.appliance, order.controls) for order in able])
        codes = await self._transport.async_read(CONTROL_PHOENIX, parse_phoenix, json={"controlRequests": requests})
        for order in able:
            order.finish(refusal(codes.get(order.appliance.entity_id), CONTROL_PHOENIX))
        return ()


def _has_actions(order: _Order) -> bool:
    """Return whether phoenix can do all that is wanted."""
    return all(action(control) for control in order.controls)


def _closed(*, sent: bool) -> AlexaError:
    """Return the error of a control that met the end."""
    return AlexaConnectionError("The connection to Amazon was closed", sent=sent)


_: type[SmartHomeApi] = WebSmartHome
