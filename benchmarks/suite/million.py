"""`script/bench million`: as many subscribers as asked for, seatcast beside the floor.

A booking is made when everybody has the one before. A single one would say little: the threads of both sides, a
hundred or more, share the cores, and how the scheduler deals them out differs from pass to pass by half.

Each loop has a descriptor table of its own on both sides, so that the limit of one table is not the limit of
the server. While the clients connect, the kernel's count of sockets tells how far they are.
"""
import time
from pathlib import Path

from suite import builds, capacity, cases, contestants, document, lock, machine, measurement, places
from suite import progress, rounds, servers
from suite.contestants import FLOOR, SEATCAST, Contestant, Field
from suite.failure import Failure
from suite.results import Results

# From the first connection to the end of the run.
PATIENCE = 1_800
SHOW_EVERY = 5.0
BOOKINGS = 5
SETTLE_SECONDS = 120


def run(options):
    capacity.require(options.subscribers, options.loops, capacity.look())
    programs = builds.build(progress.say) if options.build else places.find()
    before = machine.look()
    plan, field = [_case(options)], _field(options.loops, programs)
    results = Results()
    for number, case, contestant in rounds.schedule(plan, field):
        progress.say(f"round {number}: {contestant.name}: connecting {options.subscribers:,} subscribers ...")
        results.add(_measure(number, case, contestant, programs))
    text = document.compose("million", options.command, before, plan, results, field, notes=_notes(options))
    name = document.stem(before.moment, "million") + ".md"
    document.keep({name: text})
    print(text, end="")
    progress.say(f"kept in benchmarks/results/{name}")
    return 0


def _case(options):
    # The client's sockets are spread over as many tables as the server's.
    words = ("--subscribers", str(options.subscribers), "--broadcasts", str(BOOKINGS),
             "--warm-up", "0", "--tables", "private", "--threads", str(options.loops))
    title = f"{options.subscribers:,} subscribers, {BOOKINGS} bookings, one at a time"
    return cases.Case(
        name="million", title=title, brief=title, mode="closed", words=words, table="million",
        contestants=("floor-million", "seatcast-million"), rounds=options.rounds or 1, seconds=300,
        subscribers=options.subscribers, loops=options.loops,
    )


def _field(loops, programs):
    """The floor sends as seatcast does: by io_uring where the kernel grants it."""
    sender = "io_uring" if contestants.has_ring(programs) else "send"
    floor = ("--style", "rolling", "--sender", sender, "--threads", str(loops), "--tables", "private")
    both = (
        Contestant("floor-million", f"floor rolling, {sender}", FLOOR, floor),
        Contestant("seatcast-million", "**seatcast**", SEATCAST, ("--descriptor-tables", "private"), loops=loops),
    )
    return Field({each.name: each for each in both}, {})


def _notes(options):
    return (
        f"Both sides have {options.loops} threads with a descriptor table each.",
        "Memory is the largest resident set of the server's process (VmHWM); what the kernel holds for its "
        "sockets comes on top.",
    )


def _measure(number, case, contestant, programs):
    with lock.held():
        _settle()
        with servers.running(contestant, programs) as server:
            watch = Watch(case.subscribers, server.pid)
            figures = measurement.load(programs, server, case.load_words, seconds=PATIENCE, watch=watch)
            figures |= measurement.memory_of(server.pid) | watch.figures
    received, due = figures.get("deliveries", 0), case.subscribers * BOOKINGS
    if received != due:
        raise Failure(f"{contestant.name}: {received:,.0f} deliveries instead of {due:,}.")
    progress.say(f"    {progress.summary(figures)}, {figures['peak_megabytes']:.0f} MB")
    return measurement.Measurement(case.name, contestant.name, number, figures)


def _settle(seconds=SETTLE_SECONDS):
    """Waits until the sockets of whoever ran before are gone: the kernel takes its time with a million."""
    deadline = time.monotonic() + seconds
    last = sockets()
    while time.monotonic() < deadline:
        time.sleep(1)
        now = sockets()
        if now >= last:
            return
        last = now


class Watch:
    """Tells every few seconds how many are connected, and notes when all were."""

    def __init__(self, subscribers, pid, clock=time.monotonic, count=None, say=progress.say):
        self._subscribers = subscribers
        self._pid = pid
        self._clock = clock
        self._count = count or sockets
        self._say = say
        self._began = self._shown = clock()
        self._before = self._count()
        # Empty until all are connected.
        self.figures = {}

    def __call__(self):
        if self.figures:
            return
        connected = max(0, (self._count() - self._before) // 2)
        now = self._clock()
        elapsed = now - self._began
        if connected >= self._subscribers:
            self.figures["connected_seconds"] = elapsed
            self._say(f"    all connected after {elapsed:.0f} s; booking ...")
        elif now - self._shown >= SHOW_EVERY:
            self._shown = now
            self._tell(connected, elapsed)

    def _tell(self, connected, elapsed):
        share = connected / self._subscribers
        left = progress.duration(elapsed / share * (1 - share)) if share else "unknown time"
        memory = measurement.memory_of(self._pid)["rss_megabytes"]
        self._say(f"    {connected:,} connected after {elapsed:.0f} s, {left} left, server {memory:.0f} MB")


def sockets():
    """TCP sockets in use on this machine, both ends of each connection."""
    return count_of_sockets(Path("/proc/net/sockstat").read_text())


def count_of_sockets(text):
    for line in text.splitlines():
        words = line.split()
        if words[:2] == ["TCP:", "inuse"]:
            return int(words[2])
    return 0
