"""The smart home of an account: GraphQL, with phoenix for what GraphQL has not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from custom_components.alexa_media.backend.appliances import Appliance, ApplianceState
from custom_components.alexa_media.backend.smart_home import ArmState, Control, Discovery, SmartHomeApi
from custom_components.alexa_media.errors import (
    AlexaBadResponseError,
    AlexaCommandError,
    AlexaConnectionError,
    AlexaError,
    AlexaUnreachableError,
    AlexaUnsupportedError,
)

from .endpoints.smart_home import (
    APPLIANCE_GROUPS,
    APPLIANCES,
    CONTROL_APPLIANCES,
    CONTROL_PHOENIX,
    GUARD_STATE,
)
from .parse_smart_home import arm_state_of, parse_discovery, parse_groups, parse_states
from .smart_home_controls import (
    action,
    control_requests,
    error_of,
    is_older,
    is_unsupported,
    operation,
    parse_armed,
    parse_control,
    parse_guard,
    parse_phoenix,
    phoenix_error_of,
    phoenix_requests,
)
from .smart_home_queries import ARM, CONTROL, DISCOVER, STATES
from .transport import Transport

MAX_CONTROLS: Final = 100
"""How many controls one request holds at most, but for those of one appliance, which stay together."""


@dataclass(slots=True, eq=False)
class _Order:
    """The controls of one caller for one appliance, and how it learns what became of them.

    ``refused`` is what the first of the two ways has said, after which ``controls`` are those that are left.
    """

    appliance: Appliance
    controls: Sequence[Control]
    result: asyncio.Future[AlexaError | None]
    refused: AlexaError | None = None

    def finish(self, error: AlexaError | None) -> None:
        """Tell the caller, unless it has gone."""
        if not self.result.done():
            self.result.set_result(error)

    def goes_on(self, left: Sequence[tuple[Control, AlexaError]], *, by_phoenix: bool) -> bool:
        """Return whether the other way is tried for what was not done; finish the order where it is not.

        Only a refusal proves that nothing was done; after anything else nothing is sent again. What GraphQL
        cannot reach is tried by phoenix, which reaches some appliances of skills; the other way round it is not.
        """
        if not left:
            self.finish(None)
            return False
        error = next((error for _, error in left if not _is_refusal(error)), left[0][1])
        is_away = isinstance(error, AlexaUnreachableError) and not by_phoenix
        if self.refused is not None or is_away or not _is_refusal(error):
            self.finish(_more_telling(self.refused, error))
            return False
        self.controls = [control for control, _ in left]
        self.refused = error
        if by_phoenix and not _has_actions(self):
            self.finish(error)
            return False
        return True


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
        """Return how Guard is armed; what Alexa has merged is asked for by what it consists of.

        Where phoenix does not say, GraphQL may.
        """
        request = {"entityId": (guard.merged_ids or (guard.appliance_id,))[0], "entityType": "APPLIANCE"}
        try:
            return await self._transport.async_read(GUARD_STATE, parse_guard, json={"stateRequests": [request]})
        except AlexaBadResponseError, AlexaUnsupportedError:
            states = await self.async_states([guard])
            state = states.get(guard.entity_id)
            armed = arm_state_of(state) if state else None
            if armed is None:
                raise
            return armed

    # --- controls -----------------------------------------------------------------------

    async def async_set_guard(self, guard: Appliance, *, away: bool) -> None:
        """Arm Guard or disarm it; raises ``AlexaCommandError`` unless Amazon confirms it."""
        panel = (guard.merged_ids or (guard.appliance_id,))[0]
        state = ArmState.ARMED_AWAY if away else ArmState.ARMED_STAY
        request = {
            "entityId": panel,
            "entityType": "APPLIANCE",
            "parameters": {"action": "controlSecurityPanel", "armState": str(state)},
        }
        error: AlexaError | None
        try:
            outcomes = await self._transport.async_read(
                CONTROL_PHOENIX, parse_phoenix, json={"controlRequests": [request]}
            )
        except (AlexaCommandError, AlexaUnsupportedError) as err:
            error = err
        else:
            # one panel was asked for, so one answer is about it, whatever it calls the panel
            error = phoenix_error_of(outcomes, next(iter(outcomes)) if len(outcomes) == 1 else panel)
        if error is not None and _is_refusal(error) and not isinstance(error, AlexaUnreachableError):
            error = await self._guarded_arm(guard, state, error)
        if error is not None:
            raise error

    async def _guarded_arm(self, guard: Appliance, state: ArmState, refused: AlexaError) -> AlexaError | None:
        """Arm by GraphQL what phoenix has refused; return what went wrong."""
        arm = {"endpointId": guard.endpoint_id, "armState": str(state), "bypassSensors": True}
        try:
            return await self._transport.async_read(
                CONTROL_APPLIANCES,
                parse_armed,
                json={"operationName": "arm", "query": ARM, "variables": {"input": arm}},
            )
        except (AlexaCommandError, AlexaUnsupportedError) as err:
            return _more_telling(refused, err)

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
        """Send by GraphQL, a thermostat's by phoenix, and what one refuses by the other; tell every caller."""
        older = [order for order in orders if any(map(is_older, order.controls)) and _has_actions(order)]
        direct = [order for order in orders if order not in older]
        left = await self._guarded(self._by_graphql, direct) if direct else ()
        if first := [*older, *left]:
            left = await self._guarded(self._by_phoenix, first)
            if left:
                await self._guarded(self._by_graphql, left)

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
        """Send one request; return what is left to phoenix because it was refused."""
        requests = control_requests([(order.appliance, order.controls) for order in orders])
        try:
            outcomes = await self._transport.async_read(
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
        return [
            order
            for order in orders
            if order.goes_on(
                [
                    (control, problem)
                    for control in order.controls
                    if (problem := error_of(outcomes, order.appliance, operation(control)))
                ],
                by_phoenix=True,
            )
        ]

    async def _refused(
        self, orders: Sequence[_Order], error: AlexaCommandError | AlexaUnsupportedError
    ) -> Sequence[_Order]:
        """Deal with the refusal of a whole request, which proves that nothing ran.

        Where GraphQL itself is refused, phoenix may do; else one bad control must not keep
        the others from running, and each caller's are sent apart.
        """
        if len(orders) == 1 or is_unsupported(error):
            return [
                order
                for order in orders
                if order.goes_on([(control, error) for control in order.controls], by_phoenix=True)
            ]
        left: list[_Order] = []
        for order in orders:
            left += await self._guarded(self._by_graphql, [order])
        return left

    async def _by_phoenix(self, orders: Sequence[_Order]) -> Sequence[_Order]:
        """Send one request of actions; return what is left to GraphQL because it was refused."""
        requests = phoenix_requests([(order.appliance, order.controls) for order in orders])
        try:
            outcomes = await self._transport.async_read(
                CONTROL_PHOENIX, parse_phoenix, json={"controlRequests": requests}
            )
        except (AlexaCommandError, AlexaUnsupportedError) as err:
            refused: dict[str, AlexaError | None] = dict.fromkeys((order.appliance.entity_id for order in orders), err)
        else:
            refused = {
                order.appliance.entity_id: phoenix_error_of(outcomes, order.appliance.entity_id) for order in orders
            }
        return [
            order
            for order in orders
            if order.goes_on(
                [(control, error) for control in order.controls]
                if (error := refused[order.appliance.entity_id])
                else [],
                by_phoenix=False,
            )
        ]


def _is_refusal(error: AlexaError) -> bool:
    """Return whether an error proves that nothing was done."""
    return isinstance(error, AlexaCommandError | AlexaUnsupportedError)


def _more_telling(first: AlexaError | None, second: AlexaError) -> AlexaError:
    """Return which of two refusals the caller learns: what cannot be reached, an unknown outcome, else the first."""
    if first is None or isinstance(second, AlexaUnreachableError) or not _is_refusal(second):
        return second
    return first


def _has_actions(order: _Order) -> bool:
    """Return whether phoenix can do all that is wanted."""
    return all(action(control) is not None for control in order.controls)


def _closed(*, sent: bool) -> AlexaError:
    """Return the error of a control that met the end."""
    return AlexaConnectionError("The connection to Amazon was closed", sent=sent)


_: type[SmartHomeApi] = WebSmartHome
