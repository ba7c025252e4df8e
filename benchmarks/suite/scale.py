"""The mode scale: from one node to a hundred and 10⁸ subscribers of one event, simulated. Nothing is built or measured.

The inputs are read from results that are kept, the model is compared with others of them, and then it is run for sizes that
nobody here can run. docs/SCALE.md tells what follows for whoever operates it.
"""
import random
import re
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from suite import contestants, document, system
from suite.document import render
from suite.scale_model import Costs, Recovery, Step, Storm, commits, percentile, recover, simulate, with_tls
from suite.system import Failure, say

QUICK, FULL = "2026-11-27T0155-quick.md", "2026-11-24T1527-full.md"
MILLION, BOOKINGS = "2026-11-24T1621-million.md", "2026-11-27T0141-bookings.md"
SEATCAST = "**seatcast**"
ONE_AT_A_TIME, OUTSTANDING = "10,000 subscribers, one booking at a time", "10,000 subscribers, 32 bookings outstanding"
LAST = "last subscriber p50 ms"

# Of PostgreSQL 15 over one connection on a machine of the same kind, before there was code: transactions of one booking and of 64,
# each a second; one NOTIFY per batch took 12 % of it.
POSTGRES_SINGLE, POSTGRES_BATCHED, NOTIFY = 4_357, 49_000 / 64, 1.12
# A core's time, in seconds: a TLS 1.3 handshake (docs/guides/SIZING.md), accepting and subscribing (results of `full`), ES256.
TLS_HANDSHAKE, SUBSCRIBING, TOKEN = 450e-6, 30e-6, 1 / 14_677
# Assumed: ways within a zone and between regions, a round trip to the database in another zone, its disk,
# the reads of a woken node.
ZONE, REGION, ROUND_TRIP, SYNC, READ = 0.25e-3, 40e-3, 0.5e-3, 1e-3, 0.3e-3
# Core NATS on the same kind of machine: 1.9 to 2.1 million messages a second.
COPY = 0.5e-6
# Dollars for 10⁹ bytes: list price of large clouds beyond their tiers, a content network's, a European host's. docs/SCALE.md cites.
PRICES = {"at $0.05": 0.05, "at $0.005": 0.005, "at $0.00116": 0.00116}


# What was measured


def kept(name):
    path = contestants.RESULTS / name
    if not path.exists():
        raise Failure(f"benchmarks/results/{name} is not there; the model takes its inputs from it.")
    return path.read_text()


def figure(text, section, row, column):
    """A number of a kept document: its median, without what stands in brackets."""
    found = re.search(rf"^## {re.escape(section)}\n\n(.*?)\n(?:\n|$)", text + "\n", re.MULTILINE | re.DOTALL)
    if not found:
        raise Failure(f"No table '{section}' in the document.")
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()]
    for cells in lines[2:]:
        if cells[0] == row and column in lines[0]:
            return float(cells[lines[0].index(column)].split(" ")[0].replace(",", ""))
    raise Failure(f"No figure '{column}' of '{row}' in the table '{section}'.")


@dataclass(frozen=True)
class Inputs:
    """Measured on two cores over loopback; seconds."""

    quick: Costs
    full: Costs
    # The time of a closed loop of n connections is `batch` + n × `booking`.
    tls: float

    def of_postgres(self):
        booking = (1 / POSTGRES_BATCHED - 1 / POSTGRES_SINGLE) / 63
        return replace(self.quick, batch=(1 / POSTGRES_SINGLE - booking) * NOTIFY, booking=booking * NOTIFY)


def inputs():
    quick, bookings = kept(QUICK), kept(BOOKINGS)
    one, many = (n / figure(bookings, _connections(n), SEATCAST, "bookings/s") for n in (1, 64))
    booking = (many - one) / 63
    store = {"batch": one - booking, "booking": booking, "handshake": TLS_HANDSHAKE + SUBSCRIBING + TOKEN}
    secured = figure(quick, "10,000 subscribers through TLS, one booking at a time", f"{SEATCAST}, TLS", "server CPU s per million")
    return Inputs(
        quick=Costs(**_sends(quick), **store), full=Costs(**_sends(kept(FULL)), **store),
        tls=secured / figure(quick, ONE_AT_A_TIME, SEATCAST, "server CPU s per million"),
    )


def _connections(count):
    return f"Bookings of a seat, {count} connection{'s' if count > 1 else ''}"


def _sends(text):
    """Time of a send with one frame, and of each further frame of the same send."""
    one = figure(text, ONE_AT_A_TIME, SEATCAST, LAST) / 1e3 / 10_000
    return {"send": one, "frame": (32 / figure(text, OUTSTANDING, SEATCAST, "deliveries/s") - one) / 31}


# The model beside what was measured and is no input


@dataclass(frozen=True)
class Comparison:
    what: str
    source: str
    measured: float
    predicted: float
    unit: str

    @property
    def error(self):
        return self.predicted / self.measured - 1


def comparisons(given, seed=1):
    """What the model says of one node, beside results that it was not fitted to."""
    quick, bookings, full = kept(QUICK), kept(BOOKINGS), kept(FULL)
    bench = Step("bench", 1, 10_000, 10, 1, given.quick, tls=False, gigabits=1e3, seed=seed)

    def last(step):
        return simulate(step).last_p50 * 1e3

    yield Comparison("10,000 subscribers, 10 broadcasts/s: until the last has it, p50", QUICK,
                     figure(quick, "50 new clients/s while 10,000 subscribers get 10 broadcasts/s", SEATCAST, LAST),
                     last(bench), "ms")
    yield Comparison("1,000,000 subscribers, one booking at a time: the same", MILLION,
                     figure(kept(MILLION), "1,000,000 subscribers, 5 bookings, one at a time", SEATCAST,
                            "booking until the last has it, p50 ms"),
                     last(replace(bench, subscribers=1_000_000, bookings=0.02, seconds=600)), "ms")
    for rate in (5, 10, 20, 40, 100, 200, 300):
        yield Comparison(f"10,000 subscribers, {rate} bookings/s: the same", FULL,
                         figure(full, f"10,000 subscribers, {rate} bookings/s", SEATCAST, LAST),
                         last(replace(bench, bookings=rate, costs=given.full, seconds=30)), "ms")
    for rate in (40, 300):
        out = simulate(replace(bench, bookings=rate, costs=given.full, seconds=30))
        yield Comparison(f"10,000 subscribers, {rate} bookings/s: deliveries", FULL,
                         figure(full, f"10,000 subscribers, {rate} bookings/s", SEATCAST, "deliveries/s"), out.messages * 10_000, "per s")
    for count in (16, 256):
        yield Comparison(f"bookings over HTTP, {count} connections in a closed loop", BOOKINGS,
                         figure(bookings, _connections(count), SEATCAST, "bookings/s"),
                         count / (given.quick.batch + count * given.quick.booking), "per s")
    alone = simulate(replace(bench, subscribers=1, bookings=1_000))
    yield Comparison("1,000 bookings/s at fixed times: answer, p50", BOOKINGS,
                     figure(bookings, "1,000 bookings/s, alone and beside 40,000 refusals/s", SEATCAST, "alone p50 ms"),
                     alone.answer_p50 * 1e3, "ms")
    half = figure(bookings, "Bookings at half of the maximum, 64 connections", SEATCAST, "offered/s")
    busy = simulate(replace(bench, subscribers=1, bookings=half, seconds=3))
    yield Comparison(f"{half:,.0f} bookings/s at fixed times: answer, p50", BOOKINGS,
                     figure(bookings, "Bookings at half of the maximum, 64 connections", SEATCAST, "p50 ms"),
                     busy.answer_p50 * 1e3, "ms")


# The steps


def steps(given, seed=1):
    """From one node to 10⁸ subscribers. Nodes have 8 cores, 6 of them loops, up to ten nodes, and then 16 and 12."""
    own, shared = with_tls(given.quick, given.tls), with_tls(given.of_postgres(), given.tls)
    small = Step("1 node, SQLite", 1, 100_000, 200, 6, own, seed=seed)
    woken = replace(small, costs=shared, round_trip=ROUND_TRIP, sync=SYNC, read=READ, hops=(ZONE,))
    bus = replace(woken, read=0.0, loops=12, copy=COPY, hops=(ZONE, ZONE), bookings=1_000)
    tree = replace(bus, hops=(ZONE, ZONE, ZONE), nodes=100, subscribers=20_000_000)
    regions = replace(tree, hops=(ZONE, REGION, ZONE, ZONE), subscribers=100_000_000, writers=4)
    paced = {"pace": 1.0, "shared_skip": True}
    return [
        small,
        replace(small, name="the same, one send a second each", **paced),
        replace(woken, name="3 nodes, PostgreSQL, NOTIFY only", nodes=3, subscribers=300_000, writers=3, bookings=300),
        replace(woken, name="10 nodes, PostgreSQL, NOTIFY only", nodes=10, subscribers=1_500_000, writers=10, bookings=500),
        replace(bus, name="30 nodes, NATS", nodes=30, subscribers=6_000_000, writers=30),
        replace(tree, name="100 nodes, tree, all of them take bookings", writers=100),
        replace(tree, name="100 nodes, tree, 4 of them take bookings", writers=4),
        replace(regions, name="10⁸ subscribers on 100 nodes, as it is today"),
        replace(regions, name="the same on 400 nodes", nodes=400),
        replace(regions, name="10⁸ on 100 nodes, one send a second each, as messages for many are now", pace=1.0),
        replace(regions, name="the same, those messages compressed once for all", **paced),
    ]


def hot_rows(given, seed=1):
    """Bookings of one event by so many nodes over PostgreSQL: a step for each, of which only the commits count."""
    return [
        Step("", writers, 1, rate, 1, given.of_postgres(), writers=writers, round_trip=ROUND_TRIP, sync=SYNC, seconds=4, seed=seed)
        for rate in (1_000, 10_000, 30_000, 60_000) for writers in (1, 4, 30, 100)
    ]


def variations(given, seed=1):
    """The last step on a fifth of its nodes, and with one thing changed at a time."""
    last = steps(given, seed)[-1]
    last = replace(last, nodes=20, subscribers=last.subscribers // 5, bookings=10_000, seconds=6)
    dearer, cheaper = (replace(last.costs, send=last.costs.send * factor) for factor in (1.3, 0.5))
    return {
        "as it is": last,
        "the database in the same zone: round trip 0.2 ms": replace(last, round_trip=0.2e-3),
        "a standby in another region must have it, too: 41 ms": replace(last, sync=41e-3),
        "regions 120 ms apart": replace(last, hops=tuple(120e-3 if hop == REGION else hop for hop in last.hops)),
        "a send costs half, as over a card that receives elsewhere": replace(last, costs=cheaper),
        "a send costs 1.3 times as much": replace(last, costs=dearer),
        "two sends a second each": replace(last, pace=0.5),
        "one send in two seconds": replace(last, pace=2.0),
    }


def storms(given, core):
    """`core`: the share of each loop that sends take in the largest step."""
    lone = given.quick.handshake
    busy = 1 - core
    return {
        "one of 3 nodes is killed (100,000 clients)": Storm(1e5, 2, 6, lone, 0.5),
        "one of 30 nodes is killed (200,000)": Storm(2e5, 29, 12, lone, 0.5),
        "one of 100 nodes is killed (1,000,000)": Storm(1e6, 99, 12, lone, busy),
        "a region of 25 of 100 nodes is lost (25,000,000)": Storm(2.5e7, 75, 12, lone, busy),
        "everybody at once, nobody told them when (10⁸)": Storm(1e8, 100, 12, lone, busy),
        "everybody, told to spread over 5 s (as today)": Storm(1e8, 100, 12, lone, busy, slot=5),
        "everybody, told to spread over 180 s": Storm(1e8, 100, 12, lone, busy, slot=180),
        "the same without TLS at the nodes": Storm(1e8, 100, 12, lone - TLS_HANDSHAKE, busy, slot=15),
    }


# The document


def run(options):
    given = inputs()
    say("comparing the model with what was measured ...")
    compared = list(comparisons(given, options.seed))
    done = []
    for step in steps(given, options.seed):
        say(f"{step.name} ...")
        done.append((step, simulate(step)))
    varied = {}
    for name, step in variations(given, options.seed).items():
        say(f"{name} ...")
        varied[name] = simulate(step)
    recovered = {name: (storm, recover(storm)) for name, storm in storms(given, done[-1][1].core).items()}
    text = compose(options, given, compared, done, varied, recovered)
    moment = datetime.now(timezone.utc)
    name = document.stem(moment, "scale") + ".md"
    document.keep({name: text})
    print(text, end="")
    say(f"kept in benchmarks/results/{name}")
    return 0


def compose(options, given, compared, done, varied, recovered):
    before = system.machine_now()
    return "\n".join([
        f"# {before.moment:%Y-%m-%d}, scale, {before.commit}", "",
        f"- Command: `{options.command}`, seed {options.seed}",
        "- Simulated. Nothing of this was run on more than one machine; docs/SCALE.md says what is measured, computed, assumed.",
        f"- Inputs from {QUICK}, {FULL}, {MILLION}, {BOOKINGS}.", "",
        "## Inputs", "", _inputs(given), "",
        "## The model of one node beside what was measured", "", _comparisons(compared), "",
        "## The row of a hot event", "", _hot_rows(hot_rows(given, options.seed)), "",
        "## Steps", "", _latencies(done), "", "## What a node and a core do in them", "", _loads(done), "",
        "## How much the assumptions matter", "", _varied(varied), "",
        "## Egress", "", _egress(done), "", "## Reconnects", "", _storms(recovered), "",
    ])


def _inputs(given):
    postgres = given.of_postgres()
    rows = [
        ("a send with one frame", given.quick.send, "measured"), ("each further frame in it", given.quick.frame, "measured"),
        ("a batch, SQLite", given.quick.batch, "measured"), ("each booking in it, over HTTP", given.quick.booking, "measured"),
        ("a batch, PostgreSQL", postgres.batch, "measured"), ("each booking in it", postgres.booking, "measured"),
        ("a reconnect: TLS, token (ES256), subscription", given.quick.handshake, "measured"),
        ("round trip to the database", ROUND_TRIP, "assumed"), ("its disk", SYNC, "assumed"),
        ("the reads of a woken node", READ, "assumed"), ("a way within a zone", ZONE, "assumed"),
        ("a way between regions", REGION, "assumed"), ("a copy by NATS", COPY, "measured"),
        ("a connection that is closed at accept", Storm.refusal, "assumed"),
    ]
    lines = [[what, f"{seconds * 1e6:,.2f}", how] for what, seconds, how in rows]
    return render(["what", "us", "how"], [*lines, ["a send through TLS, times", f"{given.tls:.2f}", "measured"]])


def _comparisons(compared):
    return render(["what", "measured", "predicted", "unit", "error", "measured in"], [
        [each.what, f"{each.measured:,.4g}", f"{each.predicted:,.4g}", each.unit, f"{each.error:+.0%}", each.source]
        for each in compared
    ])


def _hot_rows(those):
    head = ["bookings/s", "nodes that book", "committed/s", "bookings of a batch", "answer p50 ms", "p99 ms"]
    rows = []
    for step in those:
        made, answers = commits(step, random.Random(step.seed))
        rows.append([f"{step.bookings:,.0f}", f"{step.writers}", f"{len(answers) / max(step.seconds, made[-1].at):,.0f}",
                     f"{len(answers) / len(made):.1f}", f"{percentile(answers, 50) * 1e3:,.1f}", f"{percentile(answers, 99) * 1e3:,.1f}"])
    return render(head, rows)


def _latencies(done):
    head = ["step", "bookings/s", "answer p50 ms", "p99 ms", "batches/s", "bookings each", "commit until a subscriber has it, p50 ms",
            "p99 ms", "until the last has it, p50 ms", "p99 ms", "keeps up"]
    return render(head, [[
        step.name, f"{step.bookings:,.0f}", *(f"{value * 1e3:,.1f}" for value in (out.answer_p50, out.answer_p99)),
        f"{out.commits_per_second:,.0f}", f"{out.batch:.1f}",
        *(f"{value * 1e3:,.0f}" for value in (out.each_p50, out.each_p99, out.last_p50, out.last_p99)),
        "yes" if out.keeps_up else "no",
    ] for step, out in done])


def _loads(done):
    head = ["step", "subscribers of a node", "messages per subscriber and s", "sends per subscriber and s", "packets out per node and s",
            "Gbit/s per node", "a loop's core"]
    return render(head, [[
        step.name, f"{step.subscribers / step.nodes:,.0f}", f"{out.messages:.1f}", f"{out.sends:.2f}",
        f"{out.sends * step.subscribers / step.nodes:,.0f}", f"{out.node_bytes * 8 / 1e9:.2f}", f"{out.core:.0%}",
    ] for step, out in done])


def _varied(varied):
    head = ["10,000 bookings/s by 4 nodes, 10⁶ subscribers a node, one send a second", "answer p50 ms", "p99 ms",
            "until the last has it, p50 ms", "p99 ms", "a loop's core"]
    return render(head, [[
        name, *(f"{value * 1e3:,.0f}" for value in (out.answer_p50, out.answer_p99, out.last_p50, out.last_p99)), f"{out.core:.0%}",
    ] for name, out in varied.items()])


def _egress(done):
    """Of all nodes, while bookings come; packets of 10⁹ bytes an hour cost what `PRICES` says."""
    head = ["step", "Gbit/s in all", "bytes per subscriber and s", *(f"{name} per GB, $/h" for name in PRICES)]
    rows = []
    for step, out in done:
        total = out.node_bytes * step.nodes
        rows.append([step.name, f"{total * 8 / 1e9:,.1f}", f"{total / step.subscribers:,.0f}",
                     *(f"{total * 3600 / 1e9 * price:,.0f}" for price in PRICES.values())])
    return render(head, rows)


def _storms(recovered):
    head = ["who comes back", "to nodes", "cores left for it", "half are back after s", "99 %", "99.9 %", "attempts each",
            "most attempts per node and s"]
    return render(head, [[
        name, f"{storm.nodes}", f"{storm.loops * storm.share:.1f} of {storm.loops}", *_moments(back),
        f"{back.attempts:.1f}", f"{back.peak:,.0f}",
    ] for name, (storm, back) in recovered.items()])


def _moments(back: Recovery):
    return [f"{moment:,.1f}" if moment != float("inf") else "over 1,800" for moment in (back.half, back.most, back.last)]
