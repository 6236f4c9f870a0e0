"""Table of the goals and the results of each client."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

type Found = Mapping[str, Any]

# Requests at startup that do not belong to a topic: one for each list with listeners.
START_LIMIT: Final = 20
IDLE_LIMIT: Final = 20
PROVEN_LIMIT: Final = 10
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the ``text`` of its result, and whether the goal is reached (``None`` if there is no goal).

    ``counted`` marks results that do not depend on the machine; the run fails if one of them misses its goal.
    """

    what: str
    goal: str
    text: Callable[[Found], str]
    good: Callable[[Found], bool | None]
    counted: bool = False


def _sizes(name: str) -> Callable[[Found], str]:
    """Return a function that formats the requests by size of the household."""

    def text(found: Found) -> str:
        return ", ".join(f"{_total(counts)} ({echos})" for echos, counts in sorted_sizes(found[name]))

    return text


def _total(counts: Mapping[str, Any]) -> str:
    """Return the number of requests, with those for single lists separately."""
    return f"{counts['total']}" + (f" + {counts['lists']}" if counts["lists"] else "")


def sorted_sizes(by_size: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the sizes of households in order."""
    return sorted(by_size.items(), key=lambda item: int(item[0]))


def _same(name: str, limit: int) -> Callable[[Found], bool]:
    """Return a function that checks that requests are within a limit and do not grow with the household."""

    def good(found: Found) -> bool:
        totals = {counts["total"] for counts in found[name].values()}
        return len(totals) == 1 and max(totals) <= limit

    return good


def _everything(name: str) -> Callable[[Found], str]:
    """Return a function that formats the requests with every entity enabled."""

    def text(found: Found) -> str:
        return ", ".join(
            f"{_total(counts)} ({echos}; besides {counts['single']} for single devices)"
            for echos, counts in sorted_sizes(found[name])
        )

    return text


def _share(found: Found) -> float:
    """Return the processor time of a busy hour with a recording, divided by the time without one."""
    spent = found["recording"]
    collected = 300 * spent["directive_recorder"] + spent["requests"] * spent["request_recorder"]
    added = collected + spent["write"]
    return float(spent["hour"] / (spent["hour"] - added))


def _recording(found: Found) -> str:
    """Return the cost of a recording as text."""
    if "recording" not in found:
        return "–"
    spent = found["recording"]
    return (
        f"{_share(found):.3f} ({spent['hour']:.2f} s, of which {spent['write'] * 1000:.0f} ms for pseudonyms); "
        f"side by side a request {spent['request_ratio']:.3f} (without both times {spent['request_control']:.3f}), "
        f"a directive {spent['directive_ratio']:.3f} ({spent['directive_control']:.3f})"
    )


def _seams(found: Found) -> dict[str, float]:
    """Return the cost of requests and directives with the check for a recorder, divided by the cost without it."""
    costs = found["recording_off"]
    return {name: 1 + costs[f"{name}_seam"] / costs[name] for name in ("request", "directive")}


def _recording_off(found: Found) -> str:
    """Return the relative cost of the check for a recorder as text; no recording is running."""
    if "recording_off" not in found:
        return "–"
    return ", ".join(f"{name} {ratio:.5f}" for name, ratio in _seams(found).items())


def _fact_requests(found: Found) -> list[int]:
    """Return the number of requests caused by pushes with values."""
    return [found[f"push_{name}"]["requests"]["total"] for name in ("volume", "dnd", "offline", "online")]


def _writes(found: Found) -> str:
    """Return the number of states written per directive as text."""
    shown = []
    for name in ("volume", "dnd", "offline"):
        writes = found[f"push_{name}"]["writes"]
        same = writes.get("same", 0)
        shown.append(f"{name} {sum(writes.values())}" + (f" ({same} unchanged)" if same else ""))
    return ", ".join(shown)


def _milliseconds(values: Mapping[str, float]) -> str:
    """Return quantiles as text."""
    if not values:
        return "none came"
    return f"p50 {values['p50']:.1f}, p95 {values['p95']:.1f}, longest {values['max']:.0f} ms"


def _flood(found: Found) -> str:
    """Return the result of a flood as text."""
    flood = found.get("flood")
    if not flood:
        return "not measured"
    if "failed" in flood:
        return str(flood["failed"])
    return (
        f"{flood['sent']} in {flood['seconds']} s: {flood['lost']} lost, {flood['out_of_order']} out of order, "
        f"written {flood['drained']:.1f} s after the last; {_milliseconds(flood['took'])}"
        f" (a garbage collection {flood['blocks']['gc']:.0f} ms)"
    )


def _flood_good(found: Found) -> bool | None:
    """Return whether a flood lost nothing; None if it was not measured."""
    flood = found.get("flood") or {"failed": ""}
    return "failed" not in flood and not flood["lost"] and not flood["out_of_order"] and flood["drained"] < 2


def _round_trips(found: Found) -> str:
    """Return the number of round trips before the entities are added as text."""
    limited = f"{found['round_trips_limited']:.1f}"
    if "round_trips" not in found:
        return limited
    return f"{found['round_trips']:.1f}; {limited} with eight requests at a time"


def _set_up(found: Found) -> str:
    """Return the duration of setup as text."""
    return f"{found['set_up_seconds']:.2f} s ({found['set_up_entities']} entities)"


def _block(found: Found) -> str:
    """Return the longest blocking times of a first setup, a restart and a flood as text."""
    places = {"first": found["blocks_first"], "restart": found["blocks"]}
    if blocks := found.get("flood", {}).get("blocks"):
        places["flood"] = blocks
    return (
        ", ".join(f"{name} {f'{b["ours"]:.0f}' if b['ours'] else '< 10'}" for name, b in places.items())
        + " ms of processor time"
    )


def _memory(found: Found) -> str:
    """Return the memory as text."""
    each = found["memory"] / found["entities"] / 1000
    disabled = f" and {found['disabled']} disabled ones" if found.get("disabled") else ""
    return f"{found['memory'] / MEGABYTE:.0f} MB for {found['entities']} entities{disabled} ({each:.0f} kB each)"


def _state(found: Found) -> str:
    """Return the size of the integration's state as text."""
    return f"{sum(found['state'].values()) / MEGABYTE:.1f} MB" if "state" in found else "–"


def _of_an_appliance(found: Found) -> str:
    """Return the additional startup time and memory for each additional appliance as text."""
    (few, less), (many, more) = sorted_sizes(found["appliances"])
    number = int(many) - int(few)
    seconds, memory = more["seconds"] - less["seconds"], more["memory"] - less["memory"]
    entities = (more["entities"] - less["entities"]) / number
    return f"{seconds / number * 1000:.1f} ms, {memory / number / 1000:.0f} kB ({entities:.0f} entities each)"


def features(found: Found) -> str:
    """Return a Markdown table of the cost of each feature whose entities are disabled by default."""
    costs = dict(found.get("features", {}))
    if not costs:
        return ""
    base = costs.pop("")
    lines = [
        "",
        "## What is disabled by default",
        "",
        f"Requests of a restart ({base['start']}) and of an idle hour ({base['hour']}) with 10 Echos,",
        "and how many more when the entities of one kind are enabled on all of them.",
        "",
        "| entities | number | start | hour |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {name} | {c['entities']} | {c['start']:+d} | {c['hour']:+d} |" for name, c in sorted(costs.items())]
    return "\n".join(lines) + "\n"


ROWS: Final = (
    Row(
        "requests from start until quiet (Echos)",
        "≤ 20 + one per list, the same",
        _sizes("start"),
        _same("start", START_LIMIT),
        counted=True,
    ),
    Row(
        "dependent round trips before the entities are there",
        "≤ 3",
        _round_trips,
        lambda f: round(f["round_trips"]) <= 3,
    ),
    Row(
        "the same with 300 ms an answer: seconds until all entities of 40 Echos have states (median of 3)",
        "≤ 1.0 s",
        lambda f: f"{f['slow_seconds']:.2f} s",
        lambda f: f["slow_seconds"] <= 1,
    ),
    Row(
        "requests in an idle hour, push up (Echos)",
        "≤ 20, the same",
        _sizes("idle"),
        _same("idle", IDLE_LIMIT),
        counted=True,
    ),
    Row(
        "the same with live updates proven by a push, the mean of five hours (Echos)",
        "≤ 10",
        lambda f: ", ".join(f"{hours['hourly']:.1f} ({echos})" for echos, hours in sorted_sizes(f["proven"])),
        lambda f: all(hours["hourly"] <= PROVEN_LIMIT for hours in f["proven"].values()),
        counted=True,
    ),
    Row(
        "requests from start with every entity enabled, settings of single devices apart (Echos)",
        "≤ 20 + one per list, the same",
        _everything("all_start"),
        _same("all_start", START_LIMIT),
        counted=True,
    ),
    Row(
        "the same in an idle hour (Echos)",
        "≤ 20, the same",
        _everything("all_idle"),
        _same("all_idle", IDLE_LIMIT),
        counted=True,
    ),
    Row(
        "processor time of an hour with 300 pushes with a recording, by that without one",
        "≤ 1.03",
        _recording,
        lambda f: _share(f) <= 1.03 if "recording" in f else None,
    ),
    Row(
        "processor time of a request and of a directive without a recording, by that without the recorder's place",
        "no difference",
        _recording_off,
        lambda f: all(_seams(f)[name] < 1.01 for name in _seams(f)) if "recording_off" in f else None,
    ),
    Row(
        "requests for a push with its fact: volume, DND, offline, online",
        "0",
        lambda f: ", ".join(map(str, _fact_requests(f))),
        lambda f: not any(_fact_requests(f)),
        counted=True,
    ),
    Row(
        "requests when an Echo wakes, which may be speech",
        "1",
        lambda f: str(f["push_waking"]["requests"]["total"]),
        lambda f: f["push_waking"]["requests"]["total"] == 1,
        counted=True,
    ),
    Row(
        "requests for a burst of 30 hints",
        "1",
        lambda f: str(f["push_hints"]["requests"]["total"]),
        lambda f: f["push_hints"]["requests"]["total"] == 1,
        counted=True,
    ),
    Row(
        "requests when an item is added to a list in the Alexa app",
        "1",
        lambda f: f"{f['list_item']['requests']['total']} ({f['list_item']['writes']} written)",
        lambda f: f["list_item"]["requests"]["total"] == 1 and f["list_item"]["writes"] == 1,
        counted=True,
    ),
    Row(
        "directive arrives → state written",
        "p95 ≤ 5 ms",
        lambda f: _milliseconds(f["push_latency"]),
        lambda f: bool(f["push_latency"]) and f["push_latency"]["p95"] <= 5,
    ),
    Row("500 directives a second", "none lost, none out of order", _flood, _flood_good, counted=True),
    Row(
        "entities written per directive",
        "only those that changed",
        _writes,
        lambda f: not any(f[f"push_{n}"]["writes"].get("same") for n in ("volume", "dnd", "offline", "online")),
        counted=True,
    ),
    Row(
        "action called → command at Amazon",
        "p95 ≤ 10 ms",
        lambda f: _milliseconds(f["command_latency"]),
        lambda f: bool(f["command_latency"]) and f["command_latency"]["p95"] <= 10,
    ),
    Row(
        "ten Echos speak in one action",
        "1 request",
        lambda f: f"{f['ten_speaks']['requests']} ({f['ten_speaks']['spoken']} spoke)",
        lambda f: f["ten_speaks"]["requests"] == 1 and f["ten_speaks"]["spoken"] == 10,
        counted=True,
    ),
    Row(
        "words to an Echo until Alexa's answer, with records that appear after 1.5 s; reads of the history",
        "p95 ≤ 3,000 ms, ≤ 3 reads",
        lambda f: f"{_milliseconds(f['ask'])}, {f['ask']['requests']}",
        lambda f: f["ask"]["p95"] <= 3000 and f["ask"]["requests"] <= 3,
    ),
    Row(
        "twenty lights in one action",
        "≤ 2 requests",
        lambda f: f"{f['twenty_lights']['requests']} ({f['twenty_lights']['lit']} lit)",
        lambda f: 1 <= f["twenty_lights"]["requests"] <= 2 and f["twenty_lights"]["lit"] == 20,
        counted=True,
    ),
    Row(
        "a hotel of Alexa Smart Properties (12 Echos, 9 others, 3 rooms): requests of a refresh",
        "min(rooms, ⌈others and Echos in rooms / 10⌉) + 1 for all devices, 1 an Echo for settings",
        lambda f: f"{f['hotel']['survey']:g} + {f['hotel']['settings']}; at start {f['hotel']['start']}",
        lambda f: f["hotel"]["survey"] == 3 and f["hotel"]["settings"] == 12,
        counted=True,
    ),
    Row(
        "the same in an hour, every device read every 5 minutes",
        "≤ 48",
        lambda f: str(f["hotel"]["hour"]),
        lambda f: f["hotel"]["hour"] <= 48,
        counted=True,
    ),
    Row(
        "1 Echo with 10 and with 1,000 appliances: requests of a restart",
        "the same",
        lambda f: ", ".join(f"{_total(each)} ({number})" for number, each in sorted_sizes(f["appliances"])),
        lambda f: len({e["total"] for e in f["appliances"].values()}) == 1 if "appliances" in f else None,
    ),
    Row(
        "processor time and memory of an appliance more",
        "–",
        _of_an_appliance,
        lambda _: None,
    ),
    Row(
        "4 accounts with 10 Echos each: requests of a restart and of an idle hour",
        "4 times those of one",
        lambda f: f"{_total(f['accounts']['start'])}, {_total(f['accounts']['hour'])}",
        lambda f: f["accounts"]["start"]["total"] <= 4 * START_LIMIT if "accounts" in f else None,
    ),
    Row("set-up of 200 Echos, 50 ms a round trip", "≤ 2 s", _set_up, lambda f: f["set_up_seconds"] <= 2),
    Row(
        "longest block of the event loop by the integration",
        "≤ 50 ms",
        _block,
        lambda f: (
            max(f["blocks_first"]["ours"], f["blocks"]["ours"], f.get("flood", {}).get("blocks", {}).get("ours", 0))
            <= 50
        ),
    ),
    Row(
        "memory for 200 Echos over Home Assistant without it",
        "≤ 70 MB, ≤ 31 kB each",
        _memory,
        lambda f: f["memory"] <= 70 * MEGABYTE and f["memory"] <= 31_000 * f["entities"],
    ),
    Row(
        "of which the state of the account",
        "≤ 3 MB",
        _state,
        lambda f: sum(f["state"].values()) <= 3 * MEGABYTE if "state" in f else None,
    ),
)


def table(ours: Found, core: Found | None, why_not: str) -> str:
    """Return the table as Markdown; ``why_not`` is the reason why core's results are missing."""
    lines = ["| what | goal | alexa_media | | core alexa_devices |", "| --- | --- | --- | --- | --- |"]
    for row in ROWS:
        mark = {True: "reached", False: "missed", None: ""}[_checked(row, ours)]
        beside = why_not if core is None else _shown(row, core)
        lines.append(f"| {row.what} | {row.goal} | {_shown(row, ours)} | {mark} | {beside} |")
    return "\n".join(lines)


BARS: Final[Mapping[str, Callable[[Found], float]]] = {
    "requests at start, 1 Echo": lambda f: _requests(f, "start", 0),
    "requests at start, 200 Echos": lambda f: _requests(f, "start", -1),
    "requests in an idle hour, 1 Echo": lambda f: _requests(f, "idle", 0),
    "requests in an idle hour, 200 Echos": lambda f: _requests(f, "idle", -1),
    "set-up of 200 Echos (s)": lambda f: f["set_up_seconds"],
    "directive until state, p95 (ms)": lambda f: f["push_latency"]["p95"],
    "action until command, p95 (ms)": lambda f: f["command_latency"]["p95"],
    "entities written for a pushed volume": lambda f: sum(f["push_volume"]["writes"].values()),
    "memory, 200 Echos (MB)": lambda f: f["memory"] / MEGABYTE,
    "memory of an entity (kB)": lambda f: f["memory"] / f["entities"] / 1000,
}
"""Values compared in the picture, by label."""


def _requests(found: Found, name: str, size: int) -> float:
    """Return the requests of the smallest (0) or largest (-1) household."""
    counts = sorted_sizes(found[name])[size][1]
    return float(counts["total"] + counts["lists"])


def picture(ours: Found, core: Found | None) -> str:
    """Return a bar chart as SVG; for each value, the bars of both clients are relative to the larger one."""
    rows: list[str] = []
    for number, (label, value) in enumerate(BARS.items()):
        values: list[float | None] = []
        for found in (ours, core):
            try:
                values.append(value(found) if found is not None else None)
            except KeyError, ValueError, IndexError:
                values.append(None)
        largest = max((each for each in values if each is not None), default=0) or 1
        top = 40 + 44 * number
        rows.append(f'<text x="250" y="{top + 20}" text-anchor="end">{label}</text>')
        for line, (each, color) in enumerate(zip(values, ("#18bcf2", "#9aa5b1"), strict=True)):
            width, y = 380 * (each or 0) / largest, top + 16 * line
            rows.append(f'<rect x="260" y="{y}" width="{max(width, 1):.1f}" height="13" fill="{color}"/>')
            shown = "not measured" if each is None else f"{each:.3g}" if each < 100 else f"{each:.0f}"
            rows.append(f'<text x="{266 + width:.1f}" y="{y + 11}">{shown}</text>')
    height = 50 + 44 * len(BARS)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="740" height="{height}" font-family="sans-serif" '
        'font-size="12">'
        f'<rect width="740" height="{height}" fill="#ffffff"/>'
        '<rect x="260" y="12" width="13" height="13" fill="#18bcf2"/><text x="278" y="23">alexa_media</text>'
        '<rect x="380" y="12" width="13" height="13" fill="#9aa5b1"/><text x="398" y="23">alexa_devices (core)</text>'
    )
    return head + "".join(rows) + "</svg>\n"


def missed(ours: Found) -> list[str]:
    """Return the counted goals that are missed."""
    return [row.what for row in ROWS if row.counted and _checked(row, ours) is not True]


def _shown(row: Row, found: Found) -> str:
    """Return the result of a row as text, or that it was not measured."""
    try:
        return row.text(found)
    except KeyError:
        return "not measured"


def _checked(row: Row, found: Found) -> bool | None:
    """Return whether the goal of a row is reached; None if it was not measured."""
    try:
        return row.good(found)
    except KeyError:
        return False


def details(found: Found) -> Iterable[str]:
    """Yield the requests of a startup and of an idle hour as text."""
    for name in ("start", "idle", "all_start", "all_idle"):
        for echos, counts in sorted_sizes(found.get(name, {})):
            paths = ", ".join(f"{count} {path}" for path, count in counts["paths"].items())
            yield f"{name}, {echos} Echos: {paths}"
