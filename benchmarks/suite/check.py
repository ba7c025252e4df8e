"""`script/bench --check`: holds the counted costs against benchmarks/suite/thresholds.json.

Nothing here depends on how busy the machine is. Exit 1 and a sentence for each threshold that is exceeded.
"""
import json
from dataclasses import dataclass

from suite import builds, cases, contestants, lock, measurement, places, progress, tables, tracing
from suite.contestants import SEATCAST, Contestant

# Whole slices of 256, so that the cost of a slice is shared by as many as can share it.
FEW, MANY = 256, 1_280
# Bookings of the two runs that are subtracted from each other.
SHORT, LONG = 20, 60

SEND = Contestant("seatcast-send", "**seatcast**, send", SEATCAST, ("--sender", "send"))
RING = Contestant("seatcast-io_uring", "**seatcast**, io_uring", SEATCAST, ("--sender", "io_uring"))
IDLE_SUBSCRIBERS = 10_000


@dataclass(frozen=True)
class Count:
    """A counted cost and what it may be."""

    key: str
    words: str
    unit: str
    value: float
    threshold: float

    @property
    def is_exceeded(self):
        return self.value > self.threshold

    def sentence(self):
        over = (self.value / self.threshold - 1) * 100
        return (f"{self.words}: {amount(self.value)} {self.unit}, which exceeds the threshold of "
                f"{amount(self.threshold)} by {amount(self.value - self.threshold)} ({over:.0f} %).")


def run(options):
    tracing.require_tools()
    programs = builds.build(progress.say) if options.build else places.find()
    thresholds = json.loads(places.THRESHOLDS.read_text())
    counts = judge(_measure(programs), thresholds)
    print(table(counts))
    exceeded = [each for each in counts if each.is_exceeded]
    for each in exceeded:
        progress.say("script/bench: " + each.sentence())
    return 1 if exceeded else 0


def judge(values, thresholds):
    """The values that were measured beside their thresholds, in the order of the file."""
    return [
        Count(key, entry["what"], entry["unit"], values[key], entry["at_most"])
        for key, entry in thresholds.items()
        if key in values
    ]


def table(counts):
    rows = [[each.words, f"{amount(each.value)} {each.unit}", amount(each.threshold),
             "exceeded" if each.is_exceeded else "held"] for each in counts]
    return tables.render(["what", "counted", "at most", "verdict"], rows)


def amount(value):
    """With as many digits as say something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"


def _measure(programs):
    values = {}
    values |= _instructions(programs)
    values |= _system_calls(programs, SEND, "send")
    if contestants.has_ring(programs):
        values |= _system_calls(programs, RING, "io_uring")
    else:
        progress.say("this kernel does not grant io_uring; its system calls are not counted")
    values |= _idle_bytes(programs)
    return values


def _instructions(programs):
    points = [(size, _per_broadcast(programs, size)) for size in (FEW, MANY)]
    delivery, booking = tracing.solve(*points)
    return {"instructions_per_delivery": delivery, "instructions_per_booking": booking}


def _per_broadcast(programs, subscribers):
    totals = []
    for broadcasts in (SHORT, LONG):
        progress.say(f"callgrind: {subscribers:,} subscribers, {broadcasts} bookings ...")
        totals.append(tracing.instructions(SEND, programs, subscribers, broadcasts))
    return (totals[1] - totals[0]) / (LONG - SHORT)


def _system_calls(programs, contestant, sender):
    totals = []
    for broadcasts in (SHORT, LONG):
        progress.say(f"strace, {sender}: {MANY:,} subscribers, {broadcasts} bookings ...")
        totals.append(sum(tracing.system_calls(contestant, programs, MANY, broadcasts).values()))
    return {f"system_calls_per_delivery_{sender}": (totals[1] - totals[0]) / (LONG - SHORT) / MANY}


def _idle_bytes(programs):
    progress.say(f"memory: {IDLE_SUBSCRIBERS:,} idle subscribers ...")
    case = cases.idle(IDLE_SUBSCRIBERS, (SEND.name,), rounds=1, seconds=2)
    with lock.held():
        figures = measurement.measure(case, SEND, 1, programs).figures
    return {"bytes_per_idle_subscriber": figures["bytes_per_subscriber"]}
