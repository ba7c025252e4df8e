"""The modes that let contestants take turns: within each round they run one after the other, case by case.

A contestant that sends a wrong frame is judged by its kind: a floor or seatcast ends the run, a peer is taken out
and named. Who is only too slow has no figure for that case, and is not asked for higher rates. After the first
round the run keeps within its time: what does not fit any more is left out.
"""
import math
import time
from dataclasses import replace
from pathlib import Path

from suite import bookings, contestants, document, plans, sale, servers, system
from suite.contestants import FLOOR, SEATCAST, Contestant, Field
from suite.results import Results, plain
from suite.system import USAGE, Failure, Late, say


def run(options):
    """The exit status; a missed target is a result, not an error."""
    _check_names(options.only)
    if options.chart:
        document.require_matplotlib()
    programs = contestants.build(say) if options.build else contestants.find()
    before = system.machine_now()
    field = contestants.gather(programs)
    for name, why in field.absent.items():
        say(f"{plain(field.label(name))} does not take part: {why}")
    plan = shaped(plans.PLANS[options.mode](), options)
    order = schedule(plan, field)
    shown = Progress(plans.expected_seconds(order))
    turns = Turns(plan, field, programs, shown, plans.budget(options.mode, options.rounds))
    results = turns.run()
    files = _files(options, before, plan, results, field, _notes(turns, len(order)), programs)
    document.keep(files)
    print(next(iter(files.values())), end="")
    say("kept in " + ", ".join(f"benchmarks/results/{name}" for name in files))
    return 0


def _notes(turns, count):
    if not turns.omitted:
        return ()
    return (f"This machine had time for {count - turns.omitted} of {count} measurements; "
            "later rounds have fewer.",)


def _files(options, before, plan, results, field, notes, programs):
    """The document, and behind it the chart, by name."""
    stem = document.stem(before.moment, options.mode)
    drawing = document.draw(plan, results, field) if options.chart else ""
    charts = ((document.CAPTION, stem + ".svg"),) if drawing else ()
    extra = document.bare_costs(programs) if options.mode == "full" else ""
    text = document.compose(options.mode, options.command, before, plan, results, field, charts, notes, extra)
    return {stem + ".md": text} | ({stem + ".svg": drawing} if drawing else {})


def _check_names(names):
    unknown = [name for name in names if name not in contestants.LABELS]
    if unknown:
        known = ", ".join(contestants.LABELS)
        raise Failure(f"There is no contestant '{unknown[0]}'; there are {known}.", USAGE)


def shaped(plan, options):
    """The plan with the rounds and the contestants that the command line asks for."""
    if options.rounds:
        plan = [replace(case, rounds=options.rounds) for case in plan]
    if not options.only:
        return plan
    kept = [replace(case, contestants=_wanted(case, options.only)) for case in plan]
    return [case for case in kept if case.contestants]


def _wanted(case, names):
    return tuple(name for name in case.contestants if name in names)


# Turns

# Below this share of what is offered a higher rate shows nothing new.
HOPELESS = 0.5


class Turns:
    """Goes through a plan; results grow as it goes."""

    def __init__(self, plan, field, programs, progress, seconds=math.inf):
        """`seconds`: how long all measurements together may take."""
        self._plan = plan
        self._field = field
        self._programs = programs
        self._progress = progress
        self._seconds = seconds
        self._hopeless = {}
        # Measurements that no time was left for.
        self.omitted = 0
        self.results = Results()

    def run(self):
        for number, case, contestant in schedule(self._plan, self._field):
            if contestant.name in self.results.failures or self._is_hopeless(case, contestant):
                self._progress.skip(case)
            elif number > 1 and not self._progress.fits(case, self._seconds):
                self.omitted += 1
                self._progress.skip(case)
            else:
                self._take(number, case, contestant)
        return self.results

    def _take(self, number, case, contestant):
        with system.locked():
            self._progress.begin(number, case, contestant)
            try:
                made = _measure_any(case, contestant, number, self._programs)
            except Failure as failure:
                self._judge(case, contestant, failure)
            else:
                self.results.add(made)
                self._note_rate(case, contestant, made.figures.get("deliveries_per_second", 0))
                self._progress.end(case, made.figures)

    def _judge(self, case, contestant, failure):
        sentence = f"{case.title}: {failure}"
        if isinstance(failure, Late):
            self.results.note_late(contestant.name, sentence)
            self._note_rate(case, contestant, 0)
        elif contestant.kind == contestants.PEER:
            self.results.withdraw(contestant.name, sentence)
        else:
            raise Failure(f"{contestant.name}, {sentence}") from failure
        self._progress.fail(case, sentence)

    def _is_hopeless(self, case, contestant):
        return case.table == "rate" and case.rate > self._hopeless.get(contestant.name, case.rate)

    def _note_rate(self, case, contestant, served):
        if case.table == "rate" and served < HOPELESS * case.offered:
            known = self._hopeless.get(contestant.name, case.rate)
            self._hopeless[contestant.name] = min(known, case.rate)


def _measure_any(case, contestant, number, programs):
    if not case.measure:
        return servers.measure(case, contestant, number, programs)
    figures = (bookings.MEASURES | sale.MEASURES)[case.measure](case, contestant, programs)
    return servers.Measurement(case.name, contestant.name, number, figures)


def schedule(plan, field):
    """Round, case and contestant of each measurement in order: A B C, A B C; absent ones are left out."""
    most = max((case.rounds for case in plan), default=0)
    return [
        (number, case, field.present[name])
        for number in range(1, most + 1)
        for case in plan
        if number <= case.rounds
        for name in case.contestants
        if name in field.present
    ]


# What a person at the terminal sees. The estimate begins with what the plan expects and is corrected by how long
# things really took.

SHOWN = (
    ("cpu_seconds_per_million", "CPU {:.2f} s/M"),
    ("deliveries_per_second", "{:,.0f} deliveries/s"),
    ("last_p50_ms", "last p50 {:.1f} ms"),
    ("connect_p50_ms", "connect p50 {:.1f} ms"),
    ("connect_p99_ms", "p99 {:.1f} ms"),
    ("handshakes_per_second", "{:,.0f} handshakes/s"),
    ("per_second", "{:,.0f}/s"),
    ("cpu_us_each", "CPU {:.1f} us each"),
    ("answer_p99_ms", "p99 {:.2f} ms"),
    ("all_know_seconds", "all know after {:.2f} s"),
    ("p99_in_syncs", "{:.1f} syncs"),
    ("alone_answer_p99_ms", "p99 alone {:.2f} ms"),
    ("beside_answer_p99_ms", "beside {:.2f} ms"),
)
IDLE = (("bytes_per_subscriber", "{:,.0f} bytes per subscriber"),)


class Progress:
    def __init__(self, measurements, clock=time.monotonic, output=say):
        """`measurements`: the expected seconds of each, in order."""
        self._left = sum(measurements)
        self._count = len(measurements)
        self._number = 0
        self._expected = 0.0
        self._spent = 0.0
        self._clock = clock
        self._output = output
        self._began = 0.0

    @property
    def seconds_left(self):
        return self._left * self._pace

    def fits(self, case, seconds):
        """Whether all measurements so far and one of this case stay within so many seconds."""
        return self._spent + case.seconds * self._pace <= seconds

    @property
    def _pace(self):
        """How long things take beside what was expected of them."""
        return self._spent / self._expected if self._expected else 1.0

    def begin(self, round_number, case, contestant):
        self._number += 1
        place = f"{self._number}/{self._count}, {duration(self.seconds_left)} left"
        self._output(f"[{place}] round {round_number}: {case.title}: {contestant.name}")
        self._began = self._clock()

    def end(self, case, figures):
        self._output(f"    {self._account(case):.1f} s: {summary(figures)}")

    def fail(self, case, sentence):
        self._account(case)
        self._output("    no figure: " + sentence)

    def skip(self, case):
        self._number += 1
        self._left -= case.seconds

    def _account(self, case):
        took = self._clock() - self._began
        self._left -= case.seconds
        self._expected += case.seconds
        self._spent += took
        return took


def summary(figures):
    """The few figures that tell how it went."""
    shown = IDLE if figures.get("mode") == "idle" else SHOWN
    known = [(key, words) for key, words in shown if isinstance(figures.get(key), float)]
    return ", ".join(words.format(figures[key]) for key, words in known)


def duration(seconds):
    """In words: `about 3 min`."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min"


# The mode million: as many subscribers as asked for, seatcast beside the floor. A booking is made when all have the
# one before. A single one would say little: the threads of both sides, a hundred or more, share the cores, and how the
# scheduler deals them out differs from pass to pass by half. Each loop has a descriptor table of its own on both sides,
# so that the limit of one table is not the limit of the server.

# From the first connection to the end of the run.
PATIENCE = 1_800
SHOW_EVERY = 5.0
BOOKINGS = 5
SETTLE_SECONDS = 120


def million(options):
    system.require_capacity(options.subscribers, options.loops, system.capacity_now())
    programs = contestants.build(say) if options.build else contestants.find()
    before = system.machine_now()
    plan, field = [_million(options)], _field_of_million(options.loops, programs)
    results = Results()
    for number, case, contestant in schedule(plan, field):
        say(f"round {number}: {contestant.name}: connecting {options.subscribers:,} subscribers ...")
        results.add(_measure_million(number, case, contestant, programs))
    text = document.compose("million", options.command, before, plan, results, field, notes=_notes_of_million(options))
    name = document.stem(before.moment, "million") + ".md"
    document.keep({name: text})
    print(text, end="")
    say(f"kept in benchmarks/results/{name}")
    return 0


def _million(options):
    # The client's sockets are spread over as many tables as the server's.
    words = ("--subscribers", str(options.subscribers), "--broadcasts", str(BOOKINGS),
             "--warm-up", "0", "--tables", "private", "--threads", str(options.loops))
    title = f"{options.subscribers:,} subscribers, {BOOKINGS} bookings, one at a time"
    return plans.Case(
        name="million", title=title, brief=title, mode="closed", words=words, table="million",
        contestants=("floor-million", "seatcast-million"), rounds=options.rounds or 1, seconds=300,
        subscribers=options.subscribers, loops=options.loops,
    )


def _field_of_million(loops, programs):
    """The floor sends as seatcast does: by io_uring where the kernel grants it."""
    sender = "io_uring" if contestants.has_ring(programs) else "send"
    floor = ("--style", "rolling", "--sender", sender, "--threads", str(loops), "--tables", "private")
    both = (
        Contestant("floor-million", f"floor rolling, {sender}", FLOOR, floor),
        Contestant("seatcast-million", "**seatcast**", SEATCAST, ("--descriptor-tables", "private"), loops=loops),
    )
    return Field({each.name: each for each in both}, {})


def _notes_of_million(options):
    return (
        f"Both sides have {options.loops} threads with a descriptor table each.",
        "Memory is the largest resident set of the server's process (VmHWM); what the kernel holds for its "
        "sockets comes on top.",
    )


def _measure_million(number, case, contestant, programs):
    with system.locked():
        _settle()
        with servers.running(contestant, programs) as server:
            watch = Watch(case.subscribers, server.pid)
            figures = servers.load(programs, server, case.load_words, seconds=PATIENCE, watch=watch)
            figures |= servers.memory_of(server.pid) | watch.figures
    received, due = figures.get("deliveries", 0), case.subscribers * BOOKINGS
    if received != due:
        raise Failure(f"{contestant.name}: {received:,.0f} deliveries instead of {due:,}.")
    say(f"    {summary(figures)}, {figures['peak_megabytes']:.0f} MB")
    return servers.Measurement(case.name, contestant.name, number, figures)


def _settle(seconds=SETTLE_SECONDS):
    """Waits until the sockets of the run before are gone, which takes the kernel a while after a million."""
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

    def __init__(self, subscribers, pid, clock=time.monotonic, count=None, say=say):
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
        left = duration(elapsed / share * (1 - share)) if share else "unknown time"
        memory = servers.memory_of(self._pid)["rss_megabytes"]
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
