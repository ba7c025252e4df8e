"""The target table: what seatcast wants to reach, each row with how it is measured and its verdict.

A row compares one figure with a fixed limit, or its ratio to somebody else's figure of the same rounds. Rows
that a run has not measured stay in the table and say why.
"""
from dataclasses import dataclass

MET, MISSED, NOT_MEASURED = "met", "**missed**", "not measured"

CPU = "cpu_seconds_per_million"


@dataclass(frozen=True)
class Target:
    """`of` and `to` are pairs of case and contestant."""

    what: str
    key: str
    of: tuple
    limit: float
    # What the limit is a multiple of; None: it is absolute.
    to: tuple | None = None
    at_most: bool = True
    unit: str = ""
    # What stands for `to` in words, where its label would not do.
    beside: str = ""
    # Which mode measures it.
    where: str = "script/bench full"

    def holds(self, value):
        return value <= self.limit if self.at_most else value >= self.limit


@dataclass(frozen=True)
class Judged:
    what: str
    wanted: str
    measured: str
    beside: str
    verdict: str


def _one(size, of, limit, to, what="CPU per delivery"):
    case = f"one-{size}"
    quick = of == "seatcast"
    words = f"{what}, {size:,} subscribers, one at a time" + ("" if quick else ", send")
    where = "script/bench quick" if quick else "script/bench full"
    return Target(words, CPU, (case, of), limit, (case, to), where=where)


def _pair(what, key, case, limit, to, *, of="seatcast", at_most=True, where="script/bench full",
          beside=""):
    return Target(what, key, (case, of), limit, (case, to), at_most, where=where, beside=beside)


_READERS = "others' p{} to the last reader, {} among 10,000"

TARGETS = (
    _one(1_000, "seatcast", 1.10, "floor-io_uring"),
    _one(1_000, "seatcast", 0.85, "uwebsockets"),
    _one(10_000, "seatcast", 1.10, "floor-io_uring"),
    _one(10_000, "seatcast", 0.85, "uwebsockets"),
    _one(1_000, "seatcast-send", 1.10, "floor-send"),
    _one(10_000, "seatcast-send", 1.10, "floor-send"),
    _pair("32 outstanding, 10,000 subscribers: deliveries/s", "deliveries_per_second", "outstanding-32", 1.5,
          "uwebsockets", at_most=False, where="script/bench quick"),
    _pair("32 outstanding, 10,000 subscribers: CPU per delivery", CPU, "outstanding-32", 0.65, "uwebsockets",
          where="script/bench quick"),
    _pair("two loops: CPU per delivery (deliveries/s per core within 10 %)", CPU, "loops", 1 / 0.9, "seatcast",
          of="seatcast-2-loops", beside="one loop"),
    Target("user-space memory per idle subscriber", "bytes_per_subscriber", ("idle", "seatcast"), 400, unit=" B",
           where="script/bench quick"),
    Target("user-space memory per idle subscriber, TLS", "bytes_per_subscriber", ("idle-tls", "seatcast-tls"),
           12_288, unit=" B", where="script/bench quick"),
    Target("a million subscribers: memory of the server process", "peak_megabytes",
           ("million", "seatcast-million"), 600, unit=" MB", where="script/bench million"),
    _pair("a million subscribers: a booking until the last has it", "last_p50_ms", "million", 1.3,
          "floor-million", of="seatcast-million", where="script/bench million", beside="the floor"),
    *[
        Target(f"connect while 10,000 subscribers get 10 broadcasts/s, p{share}", f"connect_p{share}_ms",
               ("connect", "seatcast"), limit, unit=" ms", where="script/bench quick")
        for share, limit in ((50, 5), (99, 80))
    ],
    _pair("open loop, 200 bookings/s: last of 10,000 subscribers, p50", "last_p50_ms", "rate-200", 0.65,
          "uwebsockets"),
    _pair("open loop, 200 bookings/s: last of 10,000 subscribers, p99", "last_p99_ms", "rate-200", 0.6,
          "uwebsockets"),
    _pair("handshakes/s with token and subscription", "handshakes_per_second", "handshakes", 0.6, "floor-send",
          at_most=False),
    _pair("booking until the last of 10,000 subscribers, p50", "last_p50_ms", "one-10000", 1.2, "floor-io_uring",
          where="script/bench quick"),
    *[
        Target(_READERS.format(share, who), f"last_p{share}_ms", (f"stalled-{number}", "seatcast"), limit,
               ("stalled-0", "seatcast"), beside="all reading")
        for number, who in ((1, "one that never reads"), (1_000, "a thousand that never read"))
        # No measurable change: within what two runs of the same thing differ by.
        for share, limit in ((50, 1.10), (99, 1.25))
    ],
    _pair("CPU per delivery through TLS, 10,000 subscribers, one at a time", CPU, "tls", 1.25, "floor-tls",
          of="seatcast-tls", where="script/bench quick"),
)


def judge(results, field, targets=TARGETS):
    return [_judge(target, results, field) for target in targets]


def _judge(target, results, field):
    wanted, beside = _wanted(target, field), _beside(target, results)
    if target.to:
        spread = results.ratio(target.key, target.of, target.to)
    else:
        spread = results.spread(*target.of, target.key)
    if spread is None:
        return Judged(target.what, wanted, "", beside, f"{NOT_MEASURED}: {_why(target, field, results)}")
    verdict = MET if target.holds(spread.middle) else MISSED
    return Judged(target.what, wanted, _shown(spread, target), beside, verdict)


def _wanted(target, field):
    sign = "≤" if target.at_most else "≥"
    if target.to:
        return f"{sign} {target.limit:.2f} x {target.beside or plain(field.label(target.to[1]))}"
    return f"{sign} {target.limit:,.0f}{target.unit}"


def _shown(spread, target):
    form = "{:.2f}" if target.to else ("{:,.1f}" if spread.middle < 100 else "{:,.0f}")
    if form.format(spread.middle) == form.format(target.limit):
        form = "{:,.3f}"
    middle, low, high = (form.format(value) for value in (spread.middle, spread.low, spread.high))
    return f"{middle}{target.unit}" + (f" ({low}–{high})" if low != high else "")


def _beside(target, results):
    """The two figures behind a ratio."""
    if not target.to:
        return ""
    values = [results.spread(*pair, target.key) for pair in (target.of, target.to)]
    if None in values:
        return ""
    form = "{:,.2f}" if values[1].middle < 100 else "{:,.0f}"
    return " against ".join(form.format(value.middle) for value in values)


def _why(target, field, results):
    for pair in (target.of, target.to):
        if pair and pair[1] in field.absent:
            return f"{plain(field.label(pair[1]))} is absent"
        if pair and pair[1] in results.failures:
            return f"{plain(field.label(pair[1]))} failed"
    return target.where


def plain(label):
    """A label without Markdown."""
    return label.replace("**", "")
