"""The document of a run: the command, the machine, the target table, what lost to whom, and every figure.

It is written under another name first and then renamed, so there is never half a result. Tables are Markdown, one line
for each contestant; where rounds differ the smallest and the largest stand beside the median.
"""
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from suite import contestants, system
from suite.results import TARGETS, comparison, judge, keeps_up, plain
from suite.servers import figures_of
from suite.system import UNAVAILABLE, Failure, say

def compose(mode, command, before, plan, results, field, charts=(), notes=(), extra=""):
    """The whole text. `charts` are pairs of caption and file name; `extra` stands behind the tables."""
    parts = [
        heading(mode, command, before) + "\n" + "\n".join(f"- {line}" for line in _conditions(plan, notes)),
        "## Targets\n\n" + _targets(mode, plan, results, field),
        _comparison(plan, results, field),
        *[f"![{caption}]({name})" for caption, name in charts],
        *[f"## {_capital(case.title)}\n\n{table(case, results, field)}" for case in plan],
        _remarks(results),
        extra,
        _absentees(plan, results, field),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def heading(mode, command, before):
    """What a reader must know of the machine and the moment."""
    load = f"load average before: {before.load}, after: {system.load_average()}"
    if os.environ.get(system.LOCK):
        load += "; each measurement held a lock that others on this machine take, too"
    return "\n".join([
        f"# {before.moment:%Y-%m-%d}, {mode}, {before.commit}",
        "",
        f"- Command: `{command}`",
        f"- Machine: {before.describe()}; {load}",
    ])


def target_table(judged):
    head = ["what", "target", "measured (spread)", "the two figures", "result"]
    rows = [[each.what, each.wanted, each.measured, each.beside, each.result] for each in judged]
    lines = ["| " + " | ".join(head) + " |", "|---|---|--:|--:|---|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _targets(mode, plan, results, field):
    rows = TARGETS
    if mode == "million" and plan[0].subscribers < 1_000_000:
        return "They are for 1,000,000 subscribers; fewer meet nothing."
    if mode == "full":
        return target_table(judge(results, field, rows))
    asked = {(case.name, who) for case in plan for who in case.contestants}
    rows = [each for each in rows if each.of in asked]
    return target_table(judge(results, field, rows)) + "\n\nOther modes measure the other rows of the target table."


def _conditions(plan, notes):
    rounds = sorted({case.rounds for case in plan})
    counts = str(rounds[0]) if len(rounds) == 1 else f"{rounds[0]} to {rounds[-1]}"
    yield f"Rounds: {counts}, contestants in turn, a fresh process each; medians (smallest–largest)."
    yield "Loopback; " + _division(plan)
    yield from notes


def _division(plan):
    """How server and load client share the cores, in words."""
    one = system.divide(1)
    if all(case.loops > 1 for case in plan):
        return "the scheduler gives cores to server and load client as it likes."
    if not one.server:
        return "server and load client share the only core."
    shared = [case.measure not in ("", "attacked") for case in plan]
    if all(shared):
        return "server and load client both have all cores."
    words = f"the server has core {_numbers(one.server)}, the load client {_numbers(one.client)}"
    if any(shared):
        words += "; in the rows about bookings, refusals and reads both have all cores"
    if any(case.measure == "attacked" for case in plan):
        words += ", where the crowd's goes before the attacker's (nice -20)"
    if any(case.loops > 1 and not system.divide(case.loops).server for case in plan):
        words += "; several loops are not pinned, for want of cores"
    return words + "."


def _numbers(cores_of_one):
    return ", ".join(str(core) for core in sorted(cores_of_one))


def _comparison(plan, results, field):
    text = comparison(plan, results, field)
    return "## What lost to whom\n\n" + text if text else ""


def _remarks(results):
    return "## Remarks\n\n" + "\n".join(f"- {each}" for each in results.remarks) if results.remarks else ""


def _absentees(plan, results, field):
    asked = {name for case in plan for name in case.contestants}
    lines = [f"- {plain(field.label(name))}: {why}." for name, why in field.absent.items() if name in asked]
    lines += [f"- {plain(field.label(name))}, taken out after a failure: {why}"
              for name, why in results.failures.items()]
    lines += [f"- {plain(field.label(name))}, too slow for {why}" for name, why in results.late]
    return "## No figures\n\n" + "\n".join(lines) if lines else ""


def _capital(text):
    return text[:1].upper() + text[1:]


def stem(moment, mode):
    return f"{moment:%Y-%m-%dT%H%M}-{mode}"


def keep(files):
    """Writes a result's files, by name: all of them or none."""
    contestants.RESULTS.mkdir(exist_ok=True)
    drafts = {name: contestants.RESULTS / f".{name}.draft" for name in files}
    try:
        for name, text in files.items():
            drafts[name].write_text(text)
        for name, draft in drafts.items():
            os.replace(draft, contestants.RESULTS / name)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


# Tables


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

THREADS = tuple(Column(f"{name} us", f"cpu_us_{name}", "{:.1f}") for name in ("loop", "worker", "ledger"))
BESIDE = (
    Column("alone p50 ms", "alone_answer_p50_ms", "{:.2f}"),
    Column("p99 ms", "alone_answer_p99_ms", "{:.2f}", spread=True),
    Column("beside p50 ms", "beside_answer_p50_ms", "{:.2f}"),
    Column("p99 ms", "beside_answer_p99_ms", "{:.2f}", spread=True),
    Column("p99 x", "p99_ratio", "{:.2f}", spread=True),
)

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
    "storm": (
        Column("who stayed: each p50 ms", "each_p50_ms"), Column("p99 ms", "each_p99_ms", spread=True),
        Column("max ms", "each_max_ms"),
        Column("who came back: p50 ms", "connect_p50_ms"), Column("p99 ms", "connect_p99_ms", spread=True),
        Column("max ms", "connect_max_ms"), Column("conflated", "conflated", "{:,.0f}"),
    ),
    "handshakes": (
        Column("handshakes/s", "handshakes_per_second", "{:,.0f}", spread=True),
        Column("server CPU us each", "cpu_microseconds_per_handshake", spread=True),
    ),
    "idle": (
        Column("bytes per subscriber", "bytes_per_subscriber", "{:,.0f}", spread=True),
        Column("whole process, MB", "rss_megabytes", "{:,.1f}"),
    ),
    "bookings": (
        Column("bookings/s", "per_second", "{:,.0f}", spread=True),
        Ratio("x bare loop", "per_second", "floor-sqlite"),
        Column("CPU us each", "cpu_us_each", "{:.1f}", spread=True),
        Ratio("x bare loop", "cpu_us_each", "floor-sqlite"),
        *THREADS,
        Column("p50 ms", "answer_p50_ms", "{:.2f}"), Column("p99 ms", "answer_p99_ms", "{:.2f}"),
        Column("commit p50 ms", "commit_p50_ms", "{:.2f}"),
    ),
    "requests": (
        Column("answers/s", "per_second", "{:,.0f}", spread=True),
        Column("CPU us each", "cpu_us_each", "{:.1f}", spread=True),
        *THREADS,
        Column("p50 ms", "answer_p50_ms", "{:.2f}"), Column("p99 ms", "answer_p99_ms", "{:.2f}"),
    ),
    "half": (
        Column("most bookings/s", "most_per_second", "{:,.0f}"), Column("offered/s", "rate", "{:,.0f}"),
        Column("p50 ms", "answer_p50_ms", "{:.2f}"), Column("p99 ms", "answer_p99_ms", "{:.2f}", spread=True),
        Column("fdatasync p50 ms", "sync_p50_ms", "{:.2f}"), Column("p99 ms", "sync_p99_ms", "{:.2f}"),
        Column("p99 / fdatasync's p50", "p99_in_syncs", "{:.1f}"),
        Column("p99 / fdatasync's p99", "p99_in_slow_syncs", "{:.1f}"),
    ),
    "beside": (*BESIDE, Column("refusals/s", "other_per_second", "{:,.0f}")),
    "attack": (
        *BESIDE, Column("attack on another server: p99 ms", "apart_answer_p99_ms", "{:.2f}"),
        Column("p99 x of that", "p99_apart_ratio", "{:.2f}", spread=True),
        Column("MB sent", "other_megabytes_out", "{:,.0f}"),
        Column("connections", "other_opened", "{:,.0f}"),
        Column("answers 2xx", "other_answers_2xx", "{:,.0f}"), Column("4xx", "other_answers_4xx", "{:,.0f}"),
        Column("of them 429", "other_limited", "{:,.0f}"), Column("5xx", "other_answers_5xx", "{:,.0f}"),
        Column("server's cores", "other_server_cores", "{:.2f}"),
    ),
    "sale": (
        Column("all know after s", "all_know_seconds", "{:.2f}", spread=True),
        Column("to know: p50 ms", "know_p50_ms", "{:,.0f}"), Column("p99 ms", "know_p99_ms", "{:,.0f}", spread=True),
        Column("seats sold", "seats", "{:,.0f}"), Column("503", "overloaded", "{:,.0f}"),
        Column("429", "limited", "{:,.0f}"), Column("connections dropped", "dropped", "{:,.0f}"),
        Column("answers lost", "lost", "{:,.0f}"), Column("broken by the server", "broken", "{:,.0f}"),
        Column("asked anew after 5 s", "impatient", "{:,.0f}"),
        Column("409, under way", "in_flight", "{:,.0f}"),
        Column("server CPU s", "server_cpu_seconds", "{:.2f}"), Column("largest memory, MB", "peak_megabytes", "{:,.0f}"),
    ),
    "expiring": BESIDE,
    "backup": (
        *BESIDE, Column("backup, MB", "backup_megabytes", "{:,.0f}"), Column("s each", "backup_seconds", "{:.2f}"),
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
    if not columns:
        return "No figures."
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


# What no server can do without


def bare_costs(programs):
    """A part of the document."""
    with tempfile.TemporaryDirectory(prefix="seatcast-bench-") as scratch, system.locked():
        made = [_bare_cost(programs, "memcpy"), _bare_cost(programs, "sync", "--scratch", scratch)]
    return "## What no server can do without\n\n" + bare_costs_table(made)


def bare_costs_table(lines):
    rows = [
        [str(figures["measure"]), key.replace("_", " "), _amount(value)]
        for figures in map(figures_of, lines)
        for key, value in figures.items()
        if key != "measure"
    ]
    return render(["piece", "figure", "value"], rows)


def _amount(value):
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"


def _bare_cost(programs, *words):
    made = subprocess.run([programs.floor, "--measure", *words], capture_output=True, text=True, timeout=120)
    if made.returncode != 0:
        raise Failure(f"SpeedOfLight --measure {words[0]}: {made.stderr.strip()}")
    return made.stdout.strip()


# The chart of a run with rates: time to the last subscriber over throughput. matplotlib draws it (--chart)

CAPTION = "Time to the last of 10,000 subscribers over throughput"
COLOURS = {
    "seatcast": "#cf222e", "seatcast-send": "#e5746f", "rolling-io_uring": "#57606a", "rolling-send": "#8c959f",
    "floor-send": "#afb8c1", "uwebsockets": "#0969da", "swift-nio": "#bf8700", "nchan": "#1a7f37", "node-ws": "#8250df",
}


def require_matplotlib():
    if not importlib.util.find_spec("matplotlib"):
        raise Failure("--chart needs matplotlib for Python (Debian: python3-matplotlib); leave --chart out to do without.",
                      UNAVAILABLE)


def curves(plan, results):
    """By contestant: (deliveries/s, p99 until the last subscriber) of each rate that it sustained."""
    found = {}
    for case in sorted((case for case in plan if case.table == "rate"), key=lambda case: case.rate):
        for name in case.contestants:
            latency = results.spread(case.name, name, "last_p99_ms")
            if latency and latency.middle > 0 and keeps_up(case, name, results):
                found.setdefault(name, []).append((case.offered, latency.middle))
    return found


def draw(plan, results, field):
    """The drawing as SVG; empty when the plan has no rates."""
    lines = curves(plan, results)
    if not lines:
        return ""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    for name, points in lines.items():
        axes.loglog(*zip(*points), marker="o", label=plain(field.label(name)), color=COLOURS[name],
                    linewidth=3 if name == "seatcast" else 1.5)
    title = CAPTION + "; a line ends where the server falls behind"
    axes.set(title=title, xlabel="deliveries per second", ylabel="p99, ms")
    axes.grid(True, which="both", alpha=0.3)
    axes.legend()
    with io.StringIO() as text:
        figure.savefig(text, format="svg", metadata={"Date": None})
        return text.getvalue()


# The mode micro: one line of key=value for each piece; with --list Micro says what one operation of a piece is


def micro(options):
    programs = contestants.build(say, only_micro=True) if options.build else contestants.find(("micro",))
    before = system.machine_now()
    say("measuring the pieces one by one ...")
    pieces = _micro_lines(programs, "--list")
    lines = _micro_lines(programs)
    method = "- Pieces in turn in one process, caches warm; wall time of one operation, medians of samples."
    text = heading("micro", options.command, before) + f"\n{method}\n\n{micro_table(lines, pieces)}\n"
    name = stem(before.moment, "micro") + ".md"
    keep({name: text})
    print(text, end="")
    say(f"kept in benchmarks/results/{name}")
    return 0


def micro_table(lines, pieces=()):
    """`lines` are Micro's figures, `pieces` its list of names and operations."""
    operations = dict(line.split(": ", 1) for line in pieces)
    rows = [_micro_row(figures_of(line), operations) for line in lines]
    return render(["piece", "ns (smallest–largest)", "ns per byte", "allocations", "an operation"], rows)


def _micro_row(figures, operations):
    median, name = figures["ns_median"], figures["piece"]
    per_byte = f"{median / figures['bytes']:.2f}" if figures.get("bytes") else ABSENT
    return [
        name,
        f"{median:,.1f} ({figures['ns_min']:,.1f}–{figures['ns_max']:,.1f})",
        per_byte,
        f"{figures['allocations']:g}",
        operations.get(name, ""),
    ]


def _micro_lines(programs, *words):
    with tempfile.TemporaryFile("w+") as output, system.locked():
        child = system.Child(
            [programs.micro, *words], output=output, errors=sys.stderr, cores=system.divide(1).server
        )
        with child:
            if child.wait() != 0:
                raise Failure("Micro ended with an error; its message is above.")
        output.seek(0)
        return output.read().splitlines()
