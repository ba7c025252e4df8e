"""`script/bench micro`: runs Micro on one core and keeps its figures as a table.

Micro prints a line of key=value for each piece; with --list it says what one operation of a piece is.
"""
import sys
import tempfile

from suite import builds, cores, document, lock, machine, measurement, places, processes, progress, tables
from suite.failure import UNAVAILABLE, Failure


def run(options):
    programs = builds.build(progress.say) if options.build else places.find()
    if not programs.micro.exists():
        raise Failure("Micro is not built; run without --no-build.", UNAVAILABLE)
    before = machine.look()
    progress.say("measuring the pieces one by one ...")
    pieces = _lines(programs, "--list")
    lines = _lines(programs)
    method = "- Pieces in turn in one process, caches warm; wall time of one operation, medians of samples."
    text = document.heading("micro", options.command, before) + f"\n{method}\n\n{table(lines, pieces)}\n"
    name = document.stem(before.moment, "micro") + ".md"
    document.keep({name: text})
    print(text, end="")
    progress.say(f"kept in benchmarks/results/{name}")
    return 0


def table(lines, pieces=()):
    """`lines` are Micro's figures, `pieces` its list of names and operations."""
    operations = dict(line.split(": ", 1) for line in pieces)
    rows = [_row(measurement.figures_of(line), operations) for line in lines]
    return tables.render(["piece", "ns (smallest–largest)", "ns per byte", "allocations", "an operation"], rows)


def _row(figures, operations):
    median, name = figures["ns_median"], figures["piece"]
    per_byte = f"{median / figures['bytes']:.2f}" if figures.get("bytes") else tables.ABSENT
    return [
        name,
        f"{median:,.1f} ({figures['ns_min']:,.1f}–{figures['ns_max']:,.1f})",
        per_byte,
        f"{figures['allocations']:g}",
        operations.get(name, ""),
    ]


def _lines(programs, *words):
    with tempfile.TemporaryFile("w+") as output, lock.held():
        child = processes.Child(
            [programs.micro, *words], output=output, errors=sys.stderr, cores=cores.divide(1).server
        )
        with child:
            if child.wait() != 0:
                raise Failure("Micro ended with an error; its message is above.")
        output.seek(0)
        return output.read().splitlines()
