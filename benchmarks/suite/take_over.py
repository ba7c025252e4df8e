"""The mode take-over: one server after another goes on with everybody, while bookings go on.

A crowd watches one event that is booked now and then; a few probes watch another that is booked all the time. The longest
silence of each probe is what a take-over costs them. LoadGenerator ends with a sentence when a subscriber is dropped,
closed, or misses a notice. The same load without a take-over stands beside it.
"""
import json
import tempfile
import time
from pathlib import Path

from suite import contestants, document, servers, system
from suite.servers import ADMIN
from suite.system import Failure, say

PROBES, RATE, SECONDS = 200, 50, 24
CROWD_RATE = 0.25
TAKE_OVERS = 3
# From the start of the probes to the first take-over, and from one to the next.
FIRST_SECONDS, BETWEEN_SECONDS = 6, 5
CONNECTING_SECONDS = 300
# For LoadGenerator, which itself gives up a little earlier.
PATIENCE = 1_000
SHOWN = ("gap_p50_ms", "gap_p99_ms", "gap_max_ms", "each_p50_ms", "each_p99_ms", "answer_p99_ms", "conflated")


class Lineage:
    """A server, and those that take over from it, on one data folder."""

    def __init__(self, programs, scratch, loops):
        self.scratch, self.children, self.port = scratch, [], 0
        self._words = [programs.seatcast, "serve", "--data", scratch / "data", "--loops", loops,
                       "--descriptor-tables", "private", "--rate-limits", "off", "--password-cost", "insecure-test"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self.children:
            child.stop()

    def start(self, *more):
        """Starts one more process; seconds until it serves."""
        number, begun = len(self.children), time.monotonic()
        place = [self.scratch / f"out{number}", self.scratch / f"err{number}"]
        fixed = {"SEATCAST_ADMIN_EMAIL": ADMIN["email"], "SEATCAST_ADMIN_PASSWORD": ADMIN["password"]}
        with open(place[0], "wb") as output, open(place[1], "wb") as errors:
            self.children.append(system.Child(
                [*self._words, "--port", self.port, *more], output=output, errors=errors, environment=fixed))
        while not (found := servers.READY.search(place[0].read_text())):
            if self.children[-1].has_ended() or time.monotonic() > begun + servers.START_SECONDS:
                raise Failure(f"seatcast did not start: {place[1].read_text()[-600:]}")
            time.sleep(0.01)
        self.port = int(found.group(2))
        return time.monotonic() - begun

    def take_over(self):
        """The figures of one take-over."""
        former, number = self.children[-1], len(self.children) - 1
        seconds = self.start("--take-over", self.scratch / "data" / "take-over.sock")
        if former.wait(60) != 0:
            raise Failure(f"the former server ended badly: {self._log(number)[-600:]}")
        over = next(line for line in self._entries(number) if line["message"] == "everything was handed over")
        came = next(line for line in self._entries(number + 1) if line["message"] == "took over from a running server")
        return {"start_ms": seconds * 1_000, "given_ms": float(over["milliseconds"]),
                "silent_ms": float(came["milliseconds"]), "passed": int(came["connections"])}

    def _log(self, number):
        return (self.scratch / f"err{number}").read_text()

    def _entries(self, number):
        return [json.loads(line) for line in self._log(number).splitlines() if line.startswith("{")]


def run(options):
    loops, crowd = options.loops, options.subscribers
    system.require_capacity(crowd, loops, system.capacity_now())
    programs = contestants.build(say) if options.build else contestants.find()
    before = system.machine_now()
    figures = {name: _measure(programs, crowd, loops, times) for name, times in
               (("without", 0), (f"{TAKE_OVERS} take-overs", TAKE_OVERS))}
    text = _document(options, before, figures)
    name = document.stem(before.moment, "take-over") + ".md"
    document.keep({name: text})
    print(text, end="")
    say(f"kept in benchmarks/results/{name}")
    return 0


def _measure(programs, crowd, loops, take_overs):
    with system.locked(), tempfile.TemporaryDirectory(prefix="seatcast-bench-") as name:
        with Lineage(programs, Path(name), loops) as servers_in_turn:
            servers_in_turn.start()
            base = f"http://127.0.0.1:{servers_in_turn.port}"
            token = servers.ask(base, "/api/auth/login", ADMIN)["token"]
            events = [servers.ask(base, "/api/events", {"name": each, "seatCapacity": 100_000}, token)["id"]
                      for each in ("Crowd", "Probes")]
            return _watch(programs, servers_in_turn, token, events, crowd, loops, take_overs)


def _watch(programs, lineage, token, events, crowd, loops, take_overs):
    common = ("--port", lineage.port, "--token", token, "--seconds", PATIENCE - 100)
    crowd_words = ("rate", *common, "--event", events[0], "--subscribers", crowd, "--threads", loops, "--tables",
                   "private", "--concurrency", 256, "--warm-up", 1, "--rate", CROWD_RATE, "--broadcasts",
                   int(CROWD_RATE * (SECONDS + 16)), "--bookers", 2)
    probe_words = ("rate", *common, "--event", events[1], "--subscribers", PROBES, "--warm-up", RATE, "--rate", RATE,
                   "--broadcasts", RATE * SECONDS, "--bookers", 16, "--gaps", "yes")
    with servers.generating([programs.load, *crowd_words], PATIENCE) as crowd_figures:
        say(f"connecting {crowd:,} subscribers ...")
        _wait_for_first_booking(lineage.port, events[0])
        with servers.generating([programs.load, *probe_words], PATIENCE) as probe_figures:
            time.sleep(FIRST_SECONDS)
            taken = []
            for _ in range(take_overs):
                taken.append(lineage.take_over())
                say(f"took over {taken[-1]['passed']:,} connections: {taken[-1]['silent_ms']:.0f} ms")
                time.sleep(BETWEEN_SECONDS)
    return {"probes": probe_figures, "crowd": crowd_figures, "take-overs": taken}


def _wait_for_first_booking(port, event):
    deadline = time.monotonic() + CONNECTING_SECONDS
    while time.monotonic() < deadline:
        if json.loads(servers.read(f"http://127.0.0.1:{port}", f"/api/events/{event}"))["seq"] > 0:
            return
        time.sleep(0.5)
    raise Failure("The crowd was not connected in time.")


def _document(options, before, figures):
    rows = ["| probes | " + " | ".join(SHOWN) + " |", "|---|" + "--:|" * len(SHOWN)]
    rows += [f"| {name} | " + " | ".join(_figure(each["probes"], key) for key in SHOWN) + " |"
             for name, each in figures.items()]
    taken = ["| take-over | connections passed | until the old server has let go, ms | until the new one goes on with all, ms "
             "| from the start of the new process, ms |", "|--:|--:|--:|--:|--:|"]
    for number, each in enumerate(figures[f"{TAKE_OVERS} take-overs"]["take-overs"], 1):
        taken.append(f"| {number} | {each['passed']:,} | {each['given_ms']:.0f} | {each['silent_ms']:.0f} "
                     f"| {each['start_ms']:.0f} |")
    crowd = [f"- The crowd, {name}: {each['crowd'].get('deliveries')} deliveries, {each['crowd'].get('conflated')} of them "
             f"by a declared skip; nobody was dropped." for name, each in figures.items()]
    return "\n".join([
        document.heading("take-over", options.command, before),
        f"- {options.subscribers:,} subscribers of one event and {PROBES} probes of another, booked {RATE} times a second; "
        f"{options.loops} loops with a descriptor table each, on both sides.",
        "- Server and load client share the cores. `gap`: the longest time between two notices of each probe, where "
        f"{1_000 / RATE:.0f} ms are usual.", *crowd, "", "## How long probes heard nothing", "", *rows, "",
        "## The take-overs", "", *taken, ""])


def _figure(figures, key):
    value = figures.get(key, "")
    return f"{float(value):.1f}" if key.endswith("_ms") and value != "" else f"{value}"
