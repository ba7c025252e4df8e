"""What the pieces cost that no server can do without: copying a frame, and a write that is on the disk.

SpeedOfLight measures them by itself (`--measure`) and prints a line of key=value for each.
"""
import subprocess
import tempfile

from suite import lock, measurement, tables
from suite.failure import Failure


def section(programs):
    """A part of the document."""
    with tempfile.TemporaryDirectory(prefix="seatcast-bench-") as scratch, lock.held():
        made = [_line(programs, "memcpy"), _line(programs, "sync", "--scratch", scratch)]
    return "## What no server can do without\n\n" + table(made)


def table(lines):
    rows = [
        [str(figures["measure"]), key.replace("_", " "), amount(value)]
        for figures in map(measurement.figures_of, lines)
        for key, value in figures.items()
        if key != "measure"
    ]
    return tables.render(["piece", "figure", "value"], rows)


def amount(value):
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"


def _line(programs, *words):
    made = subprocess.run([programs.floor, "--measure", *words], capture_output=True, text=True, timeout=120)
    if made.returncode != 0:
        raise Failure(f"SpeedOfLight --measure {words[0]}: {made.stderr.strip()}")
    return made.stdout.strip()
