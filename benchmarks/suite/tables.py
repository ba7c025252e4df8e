"""Markdown tables of figures: one kind of table for each kind of case.

A column is a heading, the key of a figure and how it is printed. Where a figure moves from round to round the
smallest and the largest stand beside the median.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    heading: str
    key: str
    form: str = "{:,.1f}"
    # With the smallest and the largest.
    spread: bool = False


@dataclass(frozen=True)
class Ratio:
    """The figure divided by another contestant's of the same case."""

    heading: str
    key: str
    to: str


CPU = Column("server CPU s per million", "cpu_seconds_per_million", "{:.2f}", spread=True)
RATE = Column("deliveries/s", "deliveries_per_second", "{:,.0f}")
LAST = (Column("last subscriber p50 ms", "last_p50_ms", spread=True), Column("p99 ms", "last_p99_ms"))
EACH = (Column("each p50 ms", "each_p50_ms"), Column("p99 ms", "each_p99_ms"))

COLUMNS = {
    "closed": (
        CPU,
        Ratio("x floor send", CPU.key, "floor-send"),
        Ratio("x floor io_uring", CPU.key, "floor-io_uring"),
        RATE, *LAST,
        Column("bytes per frame", "frame_bytes", "{:.0f}"),
        Column("conflated", "conflated", "{:,.0f}"),
    ),
    "rate": (RATE, CPU, *LAST, *EACH, Column("conflated", "conflated", "{:,.0f}")),
    "stalled": (RATE, CPU, *LAST, Column("conflated", "conflated", "{:,.0f}"),
                Column("server's memory, MB", "rss_megabytes", "{:,.0f}")),
    "connect": (
        Column("connect p50 ms", "connect_p50_ms", spread=True),
        Column("p99 ms", "connect_p99_ms", spread=True),
        Column("max ms", "connect_max_ms"),
        Column("last subscriber p50 ms", "last_p50_ms"),
    ),
    "handshakes": (
        Column("handshakes/s", "handshakes_per_second", "{:,.0f}", spread=True),
        Column("server CPU us each", "cpu_microseconds_per_handshake", spread=True),
    ),
    "idle": (
        Column("bytes per subscriber", "bytes_per_subscriber", "{:,.0f}", spread=True),
        Column("whole process, MB", "rss_megabytes", "{:,.1f}"),
    ),
    "million": (
        Column("subscribers", "subscribers", "{:,.0f}"),
        Column("connected after s", "connected_seconds", "{:,.0f}"),
        Column("largest memory, MB", "peak_megabytes", "{:,.0f}", spread=True),
        Column("booking until the last has it, p50 ms", "last_p50_ms", "{:,.0f}", spread=True),
        Column("max ms", "last_max_ms", "{:,.0f}"),
        CPU,
    ),
}

# What a cell says without a figure; a column of nothing else is left out.
ABSENT = "–"


def table(case, results, field):
    """The case's contestants as rows, in the order of the plan."""
    names = [name for name in case.contestants if results.has(case.name, name)]
    columns = [
        each for each in COLUMNS[case.table]
        if any(_cell(each, case, name, results) != ABSENT for name in names)
    ]
    head = ["server"] + [each.heading for each in columns]
    rows = [[field.label(name)] + [_cell(each, case, name, results) for each in columns] for name in names]
    return render(head, rows)


def render(head, rows):
    """A Markdown table; all columns but the first are numbers."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _cell(column, case, name, results):
    if isinstance(column, Ratio):
        spread = results.ratio(column.key, (case.name, name), (case.name, column.to))
        return f"{spread.middle:.2f}" if spread else ABSENT
    spread = results.spread(case.name, name, column.key)
    if spread is None:
        return ABSENT
    middle, low, high = (column.form.format(value) for value in (spread.middle, spread.low, spread.high))
    return f"{middle} ({low}–{high})" if column.spread and low != high else middle
