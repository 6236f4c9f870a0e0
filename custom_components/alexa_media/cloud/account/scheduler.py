"""Scheduler of one account's commands: merges them into sequences, and sends one sequence at a time.

Commands submitted in the same turn of the event loop, or while a sequence is in flight, are merged into the next
sequence that has room: serial within a device, parallel across devices. A text waits until the estimated end of the
texts of earlier calls on the same device. Nodes for ``execute_node`` are sent separately, possibly at the same time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
import contextlib
from dataclasses import dataclass, field
import itertools
from typing import Any, Final

from ..errors import (
    AlexaCommandError,
    AlexaConnectionError,
    AlexaError,
    AlexaSpeakingError,
    AlexaStepsSpeakingError,
    AlexaUnsupportedError,
)
from ..model.commands import Announce, Command, Speak
from ..model.devices import Device
from ..ssml import pieces, speaking_seconds
from .nodes import Node, Target, command_node, parallel_node, serial_node

MAX_NODES: Final = 40
"""Number of operations up to which commands are merged into a sequence; a long text takes several."""

MAX_SPEECH_WAIT: Final = 600.0
"""Estimated wait in seconds for earlier texts on the same device, beyond which a text is refused."""

ANNOUNCEMENT_EXTRA: Final = 3.0

type Submit = Callable[[Mapping[str, Any]], Awaitable[None]]


def speech_seconds(command: Command) -> float | None:
    """Return the estimated duration of speech or an announcement in seconds, or None for any other command."""
    match command:
        case Speak(text=text, sound_seconds=sound):
            return speaking_seconds(text, sound)
        case Announce(text=text, spoken=spoken):
            return speaking_seconds(text if spoken else "") + ANNOUNCEMENT_EXTRA
        case _:
            return None


def operations_of(command: Command) -> int:
    """Return the number of operations that a command takes in a sequence."""
    return len(pieces(command.text)) if isinstance(command, Speak) else 1


@dataclass(slots=True, eq=False)
class _Part:
    """Commands of one call for one device, kept in one sequence. All parts of a call have the same ``call`` object."""

    call: object
    commands: Sequence[Command]
    target: Target
    result: asyncio.Future[None]

    @property
    def speech(self) -> float | None:
        """Return the estimated duration of speech and announcements in seconds, or None if there are none."""
        seconds = [seconds for command in self.commands if (seconds := speech_seconds(command)) is not None]
        return sum(seconds) if seconds else None

    @property
    def size(self) -> int:
        """Return the number of operations of the commands."""
        return sum(map(operations_of, self.commands))

    @property
    def serial(self) -> str:
        """Return the serial of the device."""
        return self.target.device.serial

    def finish(self, error: BaseException | None = None) -> None:
        """Set the result or the exception of the caller's future, unless it is done."""
        if self.result.done():
            return
        if error is None:
            self.result.set_result(None)
        else:
            self.result.set_exception(error)


@dataclass(slots=True, eq=False)
class _Operation:
    """A command for one device, or an announcement for one or more."""

    command: Command
    targets: list[Target]
    stage: int

    @property
    def serials(self) -> set[str]:
        """Return the serials of the devices of the operation."""
        return {target.device.serial for target in self.targets}

    def takes(self, command: Command, other: Target) -> bool:
        """Return whether the command is the same announcement, for the same customer and in the same language."""
        first = self.targets[0]
        return (
            isinstance(command, Announce)
            and self.command == command
            and (first.customer_id, first.locale) == (other.customer_id, other.locale)
        )


@dataclass(slots=True, eq=False)
class _Turn:
    """A node that waits or is in flight: the serials of its devices, and an event that lets it check again."""

    serials: frozenset[str]
    woken: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Plan:
    """Builds one sequence of at most ``limit`` operations, or more if a single part has more.

    Operations on the same device have ascending stages.
    """

    limit: int = MAX_NODES
    operations: list[_Operation] = field(default_factory=list)
    size: int = 0
    _stages: dict[str, int] = field(default_factory=dict)

    def add(self, part: _Part) -> bool:
        """Add a part as a whole; return False if the sequence has no room for it."""
        together = part.size > 1
        if together and self.operations and self.size + part.size > self.limit:
            return False
        return all(self._add(command, part.target, force=together) for command in part.commands)

    def _add(self, command: Command, target: Target, *, force: bool) -> bool:
        """Add one command, if possible to an equal announcement; unless ``force``, return False if there is no room."""
        serial = target.device.serial
        needed = self._stages.get(serial, 0) + 1
        for operation in self.operations:
            if operation.takes(command, target) and self._reach(operation, needed):
                operation.targets.append(target)
                self._stages[serial] = operation.stage
                return True
        if self.size >= self.limit and not force:
            return False
        self.operations.append(_Operation(command, [target], needed))
        self.size += operations_of(command)
        self._stages[serial] = needed
        return True

    def _reach(self, operation: _Operation, needed: int) -> bool:
        """Move an operation to the needed stage unless another follows it; return whether it has reached that stage."""
        if operation.stage >= needed:
            return True
        if any(self._stages[serial] != operation.stage for serial in operation.serials):
            return False
        operation.stage = needed
        self._stages.update(dict.fromkeys(operation.serials, needed))
        return needed > 0

    def node(self) -> Node:
        """Return the node of the sequence."""
        return parallel_node([_staged(group) for group in self._groups()])

    def _groups(self) -> list[list[_Operation]]:
        """Return the operations in groups; operations that share a device are in the same group."""
        groups: list[tuple[set[str], list[_Operation]]] = []
        for operation in self.operations:
            serials, members = operation.serials, [operation]
            linked = [group for group in groups if not group[0].isdisjoint(serials)]
            if linked:
                groups = [group for group in groups if group not in linked]
                serials = serials.union(*(group[0] for group in linked))
                members = [member for group in linked for member in group[1]] + members
            groups.append((serials, members))
        return [group[1] for group in groups]


def _staged(operations: Iterable[_Operation]) -> Node:
    """Return a node that runs the operations stage by stage."""
    stages: dict[int, list[Node]] = {}
    for operation in sorted(operations, key=lambda operation: operation.stage):
        stages.setdefault(operation.stage, []).append(command_node(operation.command, operation.targets))
    return serial_node([parallel_node(nodes) for nodes in stages.values()])


class CommandScheduler:
    """Sends the commands of one account.

    ``submit`` gets the start node of a sequence, returns when Amazon has accepted it, and raises an ``AlexaError``
    otherwise.
    """

    def __init__(
        self,
        submit: Submit,
        *,
        default_customer_id: Callable[[], str],
        now: Callable[[], float] | None = None,
    ) -> None:
        """Initialize without commands; ``now`` is a monotonic clock in seconds, by default that of the event loop."""
        self._submit = submit
        self._default_customer_id = default_customer_id
        self._clock = now
        self._waiting: list[_Part] = []
        self._flying: Sequence[_Part] = ()
        self._speaks_until: dict[str, float] = {}
        self._changed = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._is_closed = False
        self._turns: list[_Turn] = []
        self.requests = 0

    async def execute(self, command: Command, devices: Sequence[Device]) -> None:
        """Run a command on devices; returns when Amazon has accepted it for all of them.

        Raises the first ``AlexaError`` other than ``AlexaSpeakingError``, or if there is none, an
        ``AlexaSpeakingError`` that names all busy devices. Canceling the caller withdraws the command if it has not
        been sent yet.
        """
        single = {device.serial: device for device in devices}.values()
        results = await self.execute_each([(device, (command,)) for device in single])
        errors = [error for error in results if error is not None]
        busy = [error for error in errors if isinstance(error, AlexaSpeakingError)]
        for error in errors:
            if error not in busy:
                raise error
        if busy:
            names = (name for error in busy for name in error.names)
            raise _busy(AlexaSpeakingError, max(error.seconds for error in busy), names)

    async def execute_each(self, plans: Sequence[tuple[Device, Sequence[Command]]]) -> Sequence[AlexaError | None]:
        """Run the commands of each plan in order on its device; return an error or None for each plan.

        The commands of a plan are sent in one request, possibly merged with others. Each device may occur only once.
        Cancellation works as in ``execute``. Raises ``AlexaConnectionError`` if the scheduler is already closed.
        """
        if self._is_closed:
            raise _closed(sent=False)
        loop = asyncio.get_running_loop()
        call, customer_id = object(), self._default_customer_id()
        parts = [
            _Part(call, commands, Target.of(device, customer_id), loop.create_future()) for device, commands in plans
        ]
        if not parts:
            return ()
        for part in parts:
            if part.speech is not None and (pause := self._pause(part.serial)) > MAX_SPEECH_WAIT:
                part.finish(_busy(AlexaSpeakingError, pause, [part.target.device.name]))
        self._waiting += parts
        self._changed.set()
        if self._worker is None:
            self._worker = loop.create_task(self._run(), name="alexa_media commands")
        try:
            results = await asyncio.gather(*(part.result for part in parts), return_exceptions=True)
        finally:
            self._changed.set()
        errors: list[AlexaError | None] = []
        for result in results:
            if result is not None and not isinstance(result, AlexaError):
                raise result
            errors.append(result)
        return errors

    async def execute_node(self, node: Node, devices: Collection[Device], speech: Mapping[str, float]) -> None:
        """Run a node as a separate sequence; returns when Amazon has accepted it, else raises an ``AlexaError``.

        ``devices`` are those of the node. ``speech`` is the estimated end of speech by serial, in seconds from the
        start of the node. A node with speech waits for texts being spoken on its devices, because a new text would
        interrupt them. Later texts wait for the node's speech, but at most ``MAX_SPEECH_WAIT``. Nodes that share a
        device are sent in the order of their calls.
        """
        turn = _Turn(frozenset(device.serial for device in devices))
        self._turns.append(turn)
        try:
            await self._await_turn(turn, devices if speech else ())
            await self._submit_node(node, speech)
        finally:
            self._turns.remove(turn)
            self._wake()

    async def _await_turn(self, turn: _Turn, speaking: Collection[Device]) -> None:
        """Wait for earlier nodes that share a device, then until the ``speaking`` devices are silent.

        Raises ``AlexaStepsSpeakingError`` if the estimated wait for their silence exceeds ``MAX_SPEECH_WAIT``, and
        ``AlexaConnectionError`` when the scheduler closes.
        """
        while True:
            if self._is_closed:
                raise _closed(sent=False)
            pause: float | None = None
            if not self._is_behind(turn):
                now = self._now()
                until = [(self._speaks_until.get(device.serial, now), device) for device in speaking]
                pause = max((end for end, _ in until), default=now) - now
                if pause <= 0:
                    return
                if pause > MAX_SPEECH_WAIT:
                    names = (device.name for end, device in until if end - now > MAX_SPEECH_WAIT)
                    raise _busy(AlexaStepsSpeakingError, pause, names)
            turn.woken.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await turn.woken.wait()

    def _is_behind(self, turn: _Turn) -> bool:
        """Return whether an earlier turn shares a device with this one."""
        earlier = itertools.takewhile(lambda other: other is not turn, self._turns)
        return any(not other.serials.isdisjoint(turn.serials) for other in earlier)

    def _wake(self) -> None:
        """Let the waiting nodes check whether they can be sent."""
        for turn in self._turns:
            turn.woken.set()

    async def _submit_node(self, node: Node, speech: Mapping[str, float]) -> None:
        """Send a node, and store when its devices are expected to finish speaking."""
        now = self._now()
        # stored before the command is sent, so that no other text is sent in the meantime
        noted = {serial: now + min(seconds, MAX_SPEECH_WAIT) for serial, seconds in speech.items()}
        before = {serial: self._speaks_until.get(serial, now) for serial in noted}
        self._speaks_until.update(noted)
        self.requests += 1
        try:
            await self._submit(node)
        except AlexaCommandError, AlexaUnsupportedError:
            # speech that was stored in the meantime stays
            self._speaks_until |= {
                serial: before[serial] for serial, until in noted.items() if self._speaks_until.get(serial) == until
            }
            self._changed.set()
            raise

    async def close(self) -> None:
        """Stop, and fail the waiting commands; the outcome of a request in flight is unknown."""
        self._is_closed = True
        self._wake()
        worker = self._worker
        if worker is not None:
            worker.cancel()
            await asyncio.wait([worker])
            self._worker = None
        waiting, self._waiting = self._waiting, []
        for part in waiting:
            part.finish(_closed(sent=False))

    def _pause(self, serial: str) -> float:
        """Return the estimated seconds until a device has spoken its current text and those that are waiting."""
        waiting = sum(part.speech or 0.0 for part in self._waiting if part.serial == serial and not part.result.done())
        now = self._now()
        return max(0.0, self._speaks_until.get(serial, now) - now) + waiting

    def _now(self) -> float:
        """Return the time of the clock in seconds."""
        return self._clock() if self._clock else asyncio.get_running_loop().time()

    async def _run(self) -> None:
        """Send sequences until the queue is empty."""
        parts: list[_Part] = []
        try:
            while True:
                self._changed.clear()
                parts, pause = self._next()
                if parts:
                    await self._send(parts)
                elif pause is None:
                    return
                else:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await self._changed.wait()
        finally:
            self._worker = None
            for part in parts:
                part.finish(_closed(sent=part in self._flying))

    def _next(self) -> tuple[list[_Part], float | None]:
        """Take the commands that can be sent now from the queue.

        If there are none, the second value is the time in seconds until the next ones, or None for an empty queue.
        """
        now = self._now()
        self._speaks_until = {key: until for key, until in self._speaks_until.items() if until > now}
        busy = dict(self._speaks_until)
        plan, parts, kept = Plan(), [], []
        is_full = False
        for part in self._waiting:
            if part.result.done():
                continue
            if is_full or (part.speech is not None and part.serial in busy):
                kept.append(part)
            elif plan.add(part):
                parts.append(part)
            else:
                is_full = True
                kept.append(part)
            if part.speech is not None:
                # a later text for this device has to wait for this one, whether it is sent or kept
                busy.setdefault(part.serial, now)
        self._waiting = kept
        if parts or not kept:
            return parts, None
        return [], min(self._speaks_until[part.serial] for part in kept if part.serial in self._speaks_until) - now

    async def _send(self, parts: Sequence[_Part]) -> None:
        """Send parts as one sequence, and set the result of every caller.

        A refusal proves that nothing ran. Smaller sequences are then sent, so that one bad command does not block the
        others.
        """
        parts = [part for part in parts if not part.result.done()]
        if not parts:
            return
        try:
            await self._request(parts)
        except (AlexaCommandError, AlexaUnsupportedError) as error:
            self._flying = ()
            if len(parts) == 1:
                parts[0].finish(error)
                return
            for group in _smaller(parts):
                await self._send(group)
        except Exception as error:  # noqa: BLE001 - every exception is passed to the callers
            for part in parts:
                part.finish(error)
            if isinstance(error, AlexaConnectionError) and error.sent:
                self._note_speech(parts)
        else:
            for part in parts:
                part.finish()
            self._note_speech(parts)

    async def _request(self, parts: Sequence[_Part]) -> None:
        """Send the parts as one sequence."""
        plan = Plan(limit=sum(part.size for part in parts))
        for part in parts:
            plan.add(part)
        node = plan.node()
        self._flying = parts
        self.requests += 1
        await self._submit(node)

    def _note_speech(self, parts: Iterable[_Part]) -> None:
        """Store until when the devices are expected to speak, counted from now."""
        now = self._now()
        for part in parts:
            if (speech := part.speech) is not None:
                self._speaks_until[part.serial] = now + speech


def _smaller(parts: Sequence[_Part]) -> list[list[_Part]]:
    """Return the parts grouped by caller, or one by one if there is a single caller."""
    calls: dict[object, list[_Part]] = {}
    for part in parts:
        calls.setdefault(part.call, []).append(part)
    return list(calls.values()) if len(calls) > 1 else [[part] for part in parts]


def _busy(error: type[AlexaSpeakingError], pause: float, names: Iterable[str]) -> AlexaSpeakingError:
    """Return the error for devices that need ``pause`` more seconds to speak their earlier texts."""
    return error(f"Other texts are spoken for {pause:.0f} s more", seconds=round(pause), names=names)


def _closed(*, sent: bool) -> AlexaError:
    """Return the error of commands of a closed scheduler; ``sent`` is True if the request was in flight."""
    return AlexaConnectionError("The connection to Amazon was closed", code="closed", sent=sent)
