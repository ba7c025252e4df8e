"""The command line of script/bench: one mode and its options. A mistake is one sentence and status 64."""
import unittest
from dataclasses import dataclass

from suite import system
from suite.system import USAGE, Failure, Interrupted, say


@dataclass
class Options:
    mode: str
    # As it was typed, for the document.
    command: str
    rounds: int | None = None
    only: tuple = ()
    build: bool = True
    chart: bool = False
    subscribers: int = 1_000_000
    loops: int = 60
    connects: int = 100_000
    per_second: int = 2_000
    seed: int = 1


RUN_OPTIONS = ("--rounds", "--only", "--no-build")
CHART_OPTIONS = (*RUN_OPTIONS, "--chart")
FLAGS = {"--no-build": ("build", False), "--chart": ("chart", True)}
MODES = {
    "quick": ("floors, seatcast and uWebSockets on the main rows, in three minutes", RUN_OPTIONS),
    "full": ("every contestant on every row of the target table, in an hour", CHART_OPTIONS),
    "bookings": ("bookings, refusals and reads beside a bare SQLite loop, in eight minutes", RUN_OPTIONS),
    "attack": ("a crowd's bookings while one client attacks, in ten minutes", RUN_OPTIONS),
    "sale": ("everybody at once, holds that expire at one moment, backups under load, in six minutes", RUN_OPTIONS),
    "storm": ("20,000 clients that reconnect beside 2,000 who stayed, in three minutes", RUN_OPTIONS),
    "churn": ("the server's memory over connections that come and go", ("--connects", "--per-second", "--no-build")),
    "million": ("a million subscribers of one event", ("--subscribers", "--loops", "--rounds", "--no-build")),
    "take-over": ("a server that takes over from another under a crowd", ("--subscribers", "--loops", "--no-build")),
    "scale": ("a hundred nodes and 10⁸ subscribers, simulated from kept results, in a minute", ("--seed",)),
    "cluster": ("three nodes over PostgreSQL and NATS beside one and a bare libpq loop", ("--rounds", "--no-build")),
    "--check": ("instructions, system calls and memory against the committed thresholds", ("--no-build",)),
    "micro": ("the hot functions one by one", ("--no-build",)),
    "selftest": ("the suite's own unit tests", ()),
}


def usage():
    rows = [f"  script/bench {mode:<9} {about}" for mode, (about, _) in MODES.items()]
    return "\n".join(["The modes are:", *rows])


def read(words):
    """Options from the words after `script/bench`; a Failure says what is wrong with them."""
    if not words:
        raise Failure(f"script/bench needs a mode. {usage()}", USAGE)
    mode, *rest = words
    mode = {"check": "--check", "help": "--help"}.get(mode, mode)
    if mode not in MODES:
        raise Failure(f"script/bench has no mode '{mode}'. {usage()}", USAGE)
    options = Options(mode.lstrip("-"), " ".join(["script/bench", *words]))
    if mode == "take-over":
        options.subscribers, options.loops = 100_000, 8
    while rest:
        name = rest.pop(0)
        if name not in MODES[mode][1]:
            raise Failure(f"script/bench {mode} does not know '{name}'; {_known(mode)}. {usage()}", USAGE)
        if name in FLAGS:
            setattr(options, *FLAGS[name])
        elif not rest:
            raise Failure(f"{name} needs a value. {usage()}", USAGE)
        else:
            _set(options, name, rest.pop(0))
    return options


def _known(mode):
    known = MODES[mode][1]
    return "it takes " + ", ".join(known) if known else "it takes no options"


def _set(options, name, value):
    if name == "--only":
        options.only = tuple(value.split(","))
    else:
        setattr(options, name.lstrip("-").replace("-", "_"), _number(name, value))


def _number(name, value):
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 10_000_000:
        raise Failure(f"{name} takes a number from 1 on, not '{value}'. {usage()}", USAGE)
    return int(value)


def main(words):
    """Runs a mode; the exit status."""
    if words[:1] in (["--help"], ["-h"], ["help"]):
        print(usage())
        return 0
    system.interrupt_on_signals()
    try:
        return _run(read(words))
    except Failure as failure:
        say(f"script/bench: {failure}")
        return failure.status
    except Interrupted as interrupted:
        say("script/bench: stopped; every process that it started has ended, and no result was written.")
        return interrupted.status


def _run(options):
    # Each mode is imported only when it runs, so a slip in one does not keep the others from running.
    if options.mode == "selftest":
        return selftest()
    if options.mode == "check":
        from suite import counts

        return counts.run(options)
    if options.mode == "churn":
        from suite import churn

        return churn.run(options)
    if options.mode == "take-over":
        from suite import take_over

        return take_over.run(options)
    if options.mode == "scale":
        from suite import scale

        return scale.run(options)
    if options.mode == "cluster":
        from suite import cluster

        return cluster.run(options)
    from suite import document, rounds

    return {"million": rounds.million, "micro": document.micro}.get(options.mode, rounds.run)(options)


def selftest():
    """The unit tests of the suite's own parts; nothing is built or measured."""
    tests = unittest.defaultTestLoader.discover("suite.tests", top_level_dir=str(system.PROJECT / "benchmarks"))
    return 0 if unittest.TextTestRunner(verbosity=1).run(tests).wasSuccessful() else 1
