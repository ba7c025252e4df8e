"""`script/bench --check`: holds counted costs against benchmarks/suite/thresholds.json.

Instructions are counted by callgrind, system calls by strace: nothing depends on how busy the machine is. Two runs that
differ only in their number of bookings differ by these bookings alone, so start and end cancel out. Exit 1 and a
sentence for each threshold that is exceeded.
"""
import json
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from suite import contestants, plans, servers, system
from suite.contestants import SEATCAST, Contestant
from suite.document import render
from suite.system import UNAVAILABLE, Failure, say

# Whole slices of 256, so that the cost of a slice is shared by as many as can share it.
FEW, MANY = 256, 1_280
# Bookings of the two runs that are subtracted from each other.
SHORT, LONG = 20, 60
# How often system calls are counted.
COUNTS = 3

SEND = Contestant("seatcast-send", "**seatcast**, send", SEATCAST, ("--sender", "send"))
RING = Contestant("seatcast-io_uring", "**seatcast**, io_uring", SEATCAST, ("--sender", "io_uring"))
IDLE_SUBSCRIBERS = 10_000
# Bookings over HTTP without a subscriber: connections, and the requests of two runs.
CONNECTIONS = 64
FEW_REQUESTS, MANY_REQUESTS = 500, 2_500


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
    require_tools()
    programs = contestants.build(say) if options.build else contestants.find()
    thresholds = json.loads(contestants.THRESHOLDS.read_text())
    counts = judge(_measure(programs), thresholds)
    print(table(counts))
    exceeded = [each for each in counts if each.is_exceeded]
    for each in exceeded:
        say("script/bench: " + each.sentence())
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
    return render(["what", "counted", "at most", "held?"], rows)


def amount(value):
    """With as many digits as say something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"


def _measure(programs):
    values = {}
    values |= _cost_of_broadcasts(programs)
    values |= _cost_of_http_bookings(programs)
    values |= _calls_per_delivery(programs, SEND, "send")
    if contestants.has_ring(programs):
        values |= _calls_per_delivery(programs, RING, "io_uring")
    else:
        say("this kernel does not grant io_uring; its system calls are not counted")
    values |= _idle_bytes(programs)
    return values


def _cost_of_broadcasts(programs):
    points = [(size, _per_broadcast(programs, size)) for size in (FEW, MANY)]
    delivery, booking = solve(*points)
    return {"instructions_per_delivery": delivery, "instructions_per_booking": booking}


def _per_broadcast(programs, subscribers):
    totals = []
    for broadcasts in (SHORT, LONG):
        say(f"callgrind: {subscribers:,} subscribers, {broadcasts} bookings ...")
        totals.append(instructions(SEND, programs, broadcasting(subscribers, broadcasts)))
    return (totals[1] - totals[0]) / (LONG - SHORT)


def _cost_of_http_bookings(programs):
    totals = []
    for requests in (FEW_REQUESTS, MANY_REQUESTS):
        say(f"callgrind: {requests:,} bookings over {CONNECTIONS} connections ...")
        totals.append(instructions(SEND, programs, ("book", "--connections", CONNECTIONS, "--requests", requests)))
    return {"instructions_per_http_booking": (totals[1] - totals[0]) / (MANY_REQUESTS - FEW_REQUESTS)}


def _calls_per_delivery(programs, contestant, sender):
    """A client that is late reading, on a machine with other work, makes the server call more often than it needs to: so
    the least of several counts is taken, for each length by itself."""
    totals = []
    for broadcasts in (SHORT, LONG):
        say(f"strace, {sender}: {MANY:,} subscribers, {broadcasts} bookings, {COUNTS} times ...")
        totals.append(min(sum(system_calls(contestant, programs, broadcasting(MANY, broadcasts)).values())
                          for _ in range(COUNTS)))
    return {f"system_calls_per_delivery_{sender}": (totals[1] - totals[0]) / (LONG - SHORT) / MANY}


def _idle_bytes(programs):
    say(f"memory: {IDLE_SUBSCRIBERS:,} idle subscribers ...")
    case = plans.idle(IDLE_SUBSCRIBERS, (SEND.name,), rounds=1, seconds=2)
    with system.locked():
        figures = servers.measure(case, SEND, 1, programs).figures
    return {"bytes_per_idle_subscriber": figures["bytes_per_subscriber"]}


# Counting

# Under valgrind everything takes fifty times as long.
START_SECONDS, LOAD_SECONDS = 180, 240
SUMMARY_SECONDS = 60


def require_tools():
    missing = [tool for tool in ("valgrind", "strace", "strip") if not shutil.which(tool)]
    if missing:
        raise Failure(f"script/bench --check needs {' and '.join(missing)}: install what is missing "
                      "(Debian: valgrind, strace, binutils).", UNAVAILABLE)


def broadcasting(subscribers, broadcasts):
    """LoadGenerator's words for so many bookings, each when all subscribers have the one before."""
    return ("closed", "--subscribers", subscribers, "--broadcasts", broadcasts)


def instructions(contestant, programs, words):
    """User-space instructions of a server from its start to its end, with what LoadGenerator is told in between."""
    with tempfile.TemporaryDirectory(prefix="seatcast-bench-") as name:
        program = Path(name) / "seatcast"
        # Debian's valgrind gives up on the debugging information that Swift writes.
        subprocess.run(["strip", "--strip-debug", "-o", program, programs.seatcast], check=True)
        output = Path(name) / "callgrind.out"
        wrapper = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={output}")
        _drive(contestant, replace(programs, seatcast=program), words, wrapper)
        return total_of_callgrind(output.read_text())


def system_calls(contestant, programs, words):
    """System calls of a server by name, in the same way."""
    with tempfile.TemporaryDirectory(prefix="seatcast-bench-") as name:
        output = Path(name) / "strace.out"
        # -D: the server itself is our child, and the tracer hangs on it.
        wrapper = ("strace", "-D", "-f", "-c", "-o", output)
        _drive(contestant, programs, words, wrapper)
        deadline = time.monotonic() + SUMMARY_SECONDS
        # The tracer writes its table after the server has ended.
        while not (output.exists() and "total" in output.read_text()):
            if time.monotonic() > deadline:
                raise Failure("strace counted nothing; is tracing forbidden on this machine?", UNAVAILABLE)
            time.sleep(0.1)
        return calls_of_strace(output.read_text())


def _drive(contestant, programs, words, wrapper):
    with system.locked(), servers.running(contestant, programs, wrapper=wrapper, patience=START_SECONDS) as server:
        servers.load(programs, server, words, seconds=LOAD_SECONDS)


def total_of_callgrind(text):
    """The sum over all parts of a callgrind file (one number of instructions each)."""
    totals = re.findall(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
    if not totals:
        raise Failure("callgrind wrote no total.")
    return int(totals[-1])


def calls_of_strace(text):
    """Calls by name from the table of `strace -c`."""
    calls = {}
    for line in text.splitlines():
        words = line.split()
        # % time, seconds, usecs/call, calls, (errors), name
        if len(words) in (5, 6) and words[3].isdigit() and words[-1] != "total":
            calls[words[-1]] = calls.get(words[-1], 0) + int(words[3])
    return calls


def solve(few, many):
    """Cost of a delivery and of a booking from two points (subscribers, cost of one broadcast).

    cost = booking + subscribers x delivery, at two numbers of subscribers.
    """
    delivery = (many[1] - few[1]) / (many[0] - few[0])
    return delivery, few[1] - few[0] * delivery
