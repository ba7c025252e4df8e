"""Measurements of one run and what is read from them: medians, ratios, targets, and what lost to whom.

A ratio is taken within each round, where the two contestants ran one after the other, and then the median of
the rounds: what disturbs a whole round disturbs both.
"""
from dataclasses import dataclass
from statistics import median

from suite.contestants import SEATCAST
from suite.plans import ATTACKS

@dataclass(frozen=True)
class Spread:
    """The median of some rounds with the smallest and the largest."""

    middle: float
    low: float
    high: float

    @staticmethod
    def of(values):
        """None when there are no values."""
        values = list(values)
        return Spread(median(values), min(values), max(values)) if values else None


class Results:
    def __init__(self, measurements=()):
        self._figures = {}
        # Contestants that were taken out, by name, with the sentence that says why.
        self.failures = {}
        # Pairs of a contestant and a sentence: what it was too slow for.
        self.late = []
        # Sentences about figures that need one.
        self.remarks = []
        for each in measurements:
            self.add(each)

    def add(self, measurement):
        rounds = self._figures.setdefault((measurement.case, measurement.contestant), {})
        rounds[measurement.round] = measurement.figures
        if "remark" in measurement.figures:
            self.remarks.append(measurement.figures["remark"])

    def note_late(self, contestant, sentence):
        if (contestant, sentence) not in self.late:
            self.late.append((contestant, sentence))

    def withdraw(self, contestant, sentence):
        """No figure of a contestant that failed is shown anywhere."""
        self.failures[contestant] = sentence
        self._figures = {key: value for key, value in self._figures.items() if key[1] != contestant}

    def contestants(self, case):
        return [who for (what, who) in self._figures if what == case]

    def has(self, case, contestant):
        return (case, contestant) in self._figures

    def values(self, case, contestant, key):
        """By round; rounds without that key are left out."""
        rounds = self._figures.get((case, contestant), {})
        known = ((number, figures.get(key)) for number, figures in rounds.items())
        return {number: value for number, value in known if isinstance(value, (int, float))}

    def spread(self, case, contestant, key):
        return Spread.of(self.values(case, contestant, key).values())

    def ratio(self, key, of, to):
        """`of` divided by `to`, each a pair of case and contestant; None without common rounds."""
        above, below = self.values(*of, key), self.values(*to, key)
        pairs = [above[number] / below[number] for number in above if below.get(number)]
        return Spread.of(pairs)


# The target table: each row with how it is measured and its result

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
    result: str


def _one(size, of, limit, to, what="CPU per delivery"):
    case = f"one-{size}"
    quick = of == "seatcast"
    words = f"{what}, {size:,} subscribers, one at a time" + ("" if quick else ", send")
    where = "script/bench quick" if quick else "script/bench full"
    return Target(words, CPU, (case, of), limit, (case, to), where=where)


def _pair(what, key, case, limit, to, *, of="seatcast", at_most=True, where="script/bench full",
          beside=""):
    return Target(what, key, (case, of), limit, (case, to), at_most, where=where, beside=beside)


BOOKINGS = "script/bench bookings"


def _booking(what, key, case, limit, unit, *, at_most=True, where=BOOKINGS, of="seatcast"):
    return Target(what, key, (case, of), limit, at_most=at_most, unit=unit, where=where)


def _refusals(what, key, case, *rest, **options):
    return _booking(what, key, case, *rest, of="seatcast-user-limit" if case == "limits" else "seatcast", **options)


_READERS = "others' p{} to the last reader, {} among 10,000"

TARGETS = (
    _one(1_000, "seatcast", 1.05, "floor-io_uring"),
    _one(1_000, "seatcast", 0.95, "uwebsockets"),
    _one(10_000, "seatcast", 1.10, "floor-io_uring"),
    _one(10_000, "seatcast", 0.80, "uwebsockets"),
    _one(1_000, "seatcast-send", 1.10, "floor-send"),
    _one(10_000, "seatcast-send", 1.10, "floor-send"),
    _pair("32 outstanding, 10,000 subscribers: deliveries/s", "deliveries_per_second", "outstanding-32", 1.6,
          "uwebsockets", at_most=False, where="script/bench quick"),
    _pair("32 outstanding, 10,000 subscribers: CPU per delivery", CPU, "outstanding-32", 0.60, "uwebsockets",
          where="script/bench quick"),
    _pair("two loops: CPU per delivery (deliveries/s per core within 10 %)", CPU, "loops", 1 / 0.9, "seatcast",
          of="seatcast-2-loops", beside="one loop"),
    Target("user-space memory per idle subscriber", "bytes_per_subscriber", ("idle", "seatcast"), 400, unit=" B",
           where="script/bench quick"),
    Target("user-space memory per idle subscriber, TLS", "bytes_per_subscriber", ("idle-tls", "seatcast-tls"),
           15 * 1024, unit=" B", where="script/bench quick"),
    Target("user-space memory per idle subscriber, compact TLS", "bytes_per_subscriber",
           ("idle-tls", "seatcast-tls-compact"), 1_100, unit=" B", where="script/bench quick"),
    Target("a million subscribers: memory of the server process", "peak_megabytes",
           ("million", "seatcast-million"), 600, unit=" MB", where="script/bench million"),
    _pair("a million subscribers: a booking until the last has it", "last_p50_ms", "million", 1.3,
          "floor-million", of="seatcast-million", where="script/bench million", beside="the floor"),
    *[
        Target(f"connect while 10,000 subscribers get 10 broadcasts/s, p{share}", f"connect_p{share}_ms",
               ("connect", "seatcast"), limit, unit=" ms", where="script/bench quick")
        for share, limit in ((50, 5), (99, 80))
    ],
    Target("20,000 others reconnect: p99 of the notices of 2,000 who stay", "each_p99_ms", ("storm", "seatcast"), 50,
           unit=" ms", where="script/bench storm"),
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
    _pair("CPU per delivery through TLS, 10,000 subscribers, one at a time", CPU, "tls", 0.85, "floor-tls",
          of="seatcast-tls", where="script/bench quick"),
    _pair("the same through compact TLS", CPU, "tls", 0.65, "floor-tls", of="seatcast-tls-compact",
          where="script/bench quick"),
    _pair("bookings/s over HTTP, 64 connections, one hot event", "per_second", "book-64", 0.55, "floor-sqlite",
          at_most=False, where="script/bench quick"),
    _booking("the same: CPU each, all threads", "cpu_us_each", "book-64", 20, " us", where="script/bench quick"),
    _pair("a lone booking: CPU", "cpu_us_each", "book-1", 1.6, "floor-sqlite", where="script/bench quick"),
    *[
        target for name, words in (("holds", "holds"), ("types", "ticket types"), ("waiting", "a waiting list in use"))
        for target in (
            _pair(f"bookings/s with {words}, 64 connections", "per_second", f"book-{name}", 0.55, "floor-sqlite",
                  at_most=False, where=BOOKINGS, beside="plain bookings of the bare loop"),
            _booking(f"bookings with {words}: CPU each", "cpu_us_each", f"book-{name}", 20, " us"))
    ],
    Target("10,000 events in turn, 64 connections: bookings/s", "per_second", ("book-many", "seatcast"), 0.6,
           ("book-64", "seatcast"), at_most=False, beside="one hot event", where=BOOKINGS),
    *[
        target for name, words, where in (
            ("sold-out", "sold out", "script/bench quick"), ("not-open", "not open yet", BOOKINGS),
            ("unknown", "unknown event", BOOKINGS), ("limits", "over a user's limit", BOOKINGS))
        for target in (
            _refusals(f"refusals/s, {words}", "per_second", name, 100_000, "", at_most=False, where=where),
            _refusals(f"refusals, {words}: CPU each", "cpu_us_each", name, 10, " us", where=where))
    ],
    # Unmoved: within what two runs of the same thing differ by.
    _booking("p99 of 1,000 bookings/s beside 40,000 refusals/s, to the same alone", "p99_ratio", "beside", 1.25, " x"),
    Target("reads of an event/s", "per_second", ("read", "seatcast"), 0.7, ("livez", "seatcast"), at_most=False,
           beside="GET /livez", where="script/bench quick"),
    _booking("p99 of a booking at half of the maximum, in medians of fdatasync", "p99_in_syncs", "half", 3, " x"),
    Target("20,000 users for 1,000 seats: until all know", "all_know_seconds", ("sale", "seatcast-default"), 5,
           unit=" s", where="script/bench sale"),
    *[
        Target(f"p99 of bookings while {words}, to the same alone", "p99_ratio", (name, "seatcast"), 2, unit=" x",
               where="script/bench sale")
        for name, words in (("expiring", "10,000 holds expire"), ("backup", "backups are made"))
    ],
    *[
        Target(f"p99 of a crowd's bookings while attacked, to the same when calm: {words}", "p99_ratio",
               (f"attack-{kind}", "seatcast-limits"), 2, unit=" x", where="script/bench attack")
        for kind, words in ATTACKS.items()
    ],
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
    result = MET if target.holds(spread.middle) else MISSED
    return Judged(target.what, wanted, _shown(spread, target), beside, result)


def _wanted(target, field):
    sign = "≤" if target.at_most else "≥"
    if target.to:
        return f"{sign} {target.limit:.2f} x {target.beside or plain(field.label(target.to[1]))}"
    return f"{sign} {target.limit:,g}{target.unit}"


def _shown(spread, target):
    form = "{:.2f}" if target.to or target.unit == " x" else ("{:,.1f}" if spread.middle < 100 else "{:,.0f}")
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
        if pair and results.has(*pair) and not results.values(*pair, target.key):
            return "see the remarks"
    return target.where


def plain(label):
    """A label without Markdown."""
    return label.replace("**", "")


# What lost to whom. A difference has the same sign in every round; with fewer than three rounds it must also be
# over 15 %.

SUSTAINED = 0.95  # of what is offered
FEW_ROUNDS, NOISE = 3, 1.15


@dataclass(frozen=True)
class Measure:
    """A figure that two contestants are compared by."""

    table: str
    key: str
    words: str
    less_is_better: bool = True


MEASURES = (
    Measure("closed", "cpu_seconds_per_million", "CPU per delivery"),
    Measure("rate", "last_p50_ms", "time to the last subscriber (p50)"),
    Measure("connect", "connect_p99_ms", "time to connect (p99)"),
    Measure("handshakes", "handshakes_per_second", "handshakes per second", less_is_better=False),
    Measure("idle", "bytes_per_subscriber", "memory per subscriber"),
    Measure("million", "last_p50_ms", "time to the last subscriber (p50)"),
)
OURS = ("seatcast", "seatcast-send", "seatcast-tls", "seatcast-million")
LOST, DRAW, WON = "lost to", "cannot be told apart from", "beat"


@dataclass(frozen=True)
class Outcome:
    case: object
    measure: Measure
    against: str
    result: str
    # The worse figure divided by the better one; None: one of the two fell behind, which no factor describes.
    factor: float | None


def comparison(plan, results, field):
    """Losses first, then draws, then wins, for each contestant of ours; a line for each of the others."""
    parts = []
    for who in OURS:
        outcomes = [each for case in plan for each in _outcomes(who, case, results)]
        for result in (LOST, DRAW, WON):
            lines = _lines([each for each in outcomes if each.result == result], field)
            if lines:
                parts.append(f"{field.label(who)} {result}\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _outcomes(who, case, results):
    measure = next((each for each in MEASURES if each.table == case.table), None)
    if measure is None or not results.has(case.name, who):
        return []
    others = [name for name in results.contestants(case.name) if not name.startswith(SEATCAST)]
    made = [_outcome(who, other, case, measure, results) for other in others]
    return [each for each in made if each]


def _outcome(who, other, case, measure, results):
    mine, theirs = (case.name, who), (case.name, other)
    # Above 1 where ours is better.
    pair = (theirs, mine) if measure.less_is_better else (mine, theirs)
    ratio = results.ratio(measure.key, *pair)
    if not ratio or not ratio.low:
        return None
    standing = [keeps_up(case, name, results) for name in (who, other)]
    if standing != [True, True]:
        # Two that fall behind have nothing to compare.
        result = {(True, False): WON, (False, True): LOST}.get(tuple(standing))
        return Outcome(case, measure, other, result, None) if result else None
    factor = max(ratio.middle, 1 / ratio.middle)
    few = len(results.values(*mine, measure.key)) < FEW_ROUNDS
    if ratio.low <= 1 <= ratio.high or (few and factor < NOISE):
        return Outcome(case, measure, other, DRAW, factor)
    return Outcome(case, measure, other, WON if ratio.middle > 1 else LOST, factor)


def keeps_up(case, name, results):
    """Whether a contestant delivers what is offered, where the pace is fixed."""
    if case.table != "rate":
        return True
    served = results.spread(case.name, name, "deliveries_per_second")
    return bool(served) and served.middle >= SUSTAINED * case.offered


def _lines(outcomes, field):
    """`- uWebSockets: CPU per delivery (32 outstanding: x 1.78), ...` for each rival."""
    lines = []
    for rival in dict.fromkeys(each.against for each in outcomes):
        mine = [each for each in outcomes if each.against == rival]
        measures = dict.fromkeys(each.measure for each in mine)
        parts = [_of_measure(measure, [each for each in mine if each.measure == measure]) for measure in measures]
        lines.append(f"- {plain(field.label(rival))}: " + "; ".join(parts))
    return lines


def _of_measure(measure, outcomes):
    cases = ", ".join(f"{each.case.brief} {_factor(each)}".strip() for each in outcomes)
    return f"{measure.words} ({cases})"


def _factor(outcome):
    if outcome.result == DRAW:
        return ""
    return f"x {outcome.factor:.2f}" if outcome.factor else "not kept up with"
