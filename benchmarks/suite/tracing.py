"""What the server spends in user space and in the kernel, counted instead of timed.

Instructions are counted by callgrind, system calls by strace; both are exact, whatever else the machine does. Two
runs that differ only in their number of bookings differ by these bookings alone, so start and end cancel out.
"""
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from suite import lock, measurement, servers
from suite.failure import UNAVAILABLE, Failure

# Under valgrind everything takes fifty times as long.
START_SECONDS, LOAD_SECONDS = 180, 240
SUMMARY_SECONDS = 60


def require_tools():
    missing = [tool for tool in ("valgrind", "strace", "strip") if not shutil.which(tool)]
    if missing:
        raise Failure(f"script/bench --check needs {' and '.join(missing)}: install what is missing "
                      "(Debian: valgrind, strace, binutils).", UNAVAILABLE)


def instructions(contestant, programs, subscribers, broadcasts):
    """User-space instructions of a server from its start to its end, with so many bookings in between."""
    with tempfile.TemporaryDirectory(prefix="seatcast-bench-") as name:
        program = Path(name) / "seatcast"
        # Debian's valgrind gives up on the debugging information that Swift writes.
        subprocess.run(["strip", "--strip-debug", "-o", program, programs.seatcast], check=True)
        output = Path(name) / "callgrind.out"
        wrapper = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={output}")
        _drive(contestant, replace(programs, seatcast=program), subscribers, broadcasts, wrapper)
        return total_of_callgrind(output.read_text())


def system_calls(contestant, programs, subscribers, broadcasts):
    """System calls of a server by name, in the same way."""
    with tempfile.TemporaryDirectory(prefix="seatcast-bench-") as name:
        output = Path(name) / "strace.out"
        # -D: the server itself is our child, and the tracer hangs on it.
        wrapper = ("strace", "-D", "-f", "-c", "-o", output)
        _drive(contestant, programs, subscribers, broadcasts, wrapper)
        deadline = time.monotonic() + SUMMARY_SECONDS
        # The tracer writes its table after the server has ended.
        while not (output.exists() and "total" in output.read_text()):
            if time.monotonic() > deadline:
                raise Failure("strace counted nothing; is tracing forbidden on this machine?", UNAVAILABLE)
            time.sleep(0.1)
        return calls_of_strace(output.read_text())


def _drive(contestant, programs, subscribers, broadcasts, wrapper):
    words = ("closed", "--subscribers", subscribers, "--broadcasts", broadcasts)
    with lock.held(), servers.running(contestant, programs, wrapper=wrapper, patience=START_SECONDS) as server:
        measurement.load(programs, server, words, seconds=LOAD_SECONDS)


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
