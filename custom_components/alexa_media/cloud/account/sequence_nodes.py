"""Steps as one sequence."""

from collections.abc import Callable

from ..model.media import Do, InTurn, RunRoutine, Step, Together, Wait
from .nodes import Node, Target, command_node, parallel_node, serial_node, wait_node
from .scheduler import speech_seconds

type RoutineNode = Callable[[RunRoutine], Node]


def step_node(step: Step, default_customer_id: str, routine_node: RoutineNode) -> Node:
    """Return the node of a step; ``routine_node`` returns that of a routine."""
    match step:
        case Do(command=command, device=device):
            return command_node(command, [Target.of(device, default_customer_id)])
        case RunRoutine():
            return routine_node(step)
        case Wait(seconds=seconds):
            return wait_node(seconds)
        case InTurn(steps=steps):
            return serial_node([step_node(inner, default_customer_id, routine_node) for inner in steps])
        case Together(steps=steps):
            return parallel_node([step_node(inner, default_customer_id, routine_node) for inner in steps])


def speech_ends(step: Step) -> dict[str, float]:
    """Return when each device has probably ended speaking, by serial, in seconds from the start of a step."""
    ends: dict[str, float] = {}
    _walk(step, 0.0, lambda serial, end: ends.update({serial: max(end, ends.get(serial, 0.0))}))
    return ends


def _walk(step: Step, start: float, note: Callable[[str, float], None]) -> float:
    """Note when each text ends, and return when the step does."""
    match step:
        case Do(command=command, device=device):
            if (seconds := speech_seconds(command)) is None:
                return start
            note(device.serial, start + seconds)
            return start + seconds
        case RunRoutine():
            return start
        case Wait(seconds=seconds):
            return start + seconds
        case InTurn(steps=steps):
            for inner in steps:
                start = _walk(inner, start, note)
            return start
        case Together(steps=steps):
            return max((_walk(inner, start, note) for inner in steps), default=start)
