"""One measurement: a fresh server, the load client, and the line of figures that it prints.

LoadGenerator checks every frame; a violation is no figure but a Failure with its sentence.
"""
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from suite import cores, machine, processes, servers
from suite.failure import Failure, Late

# A measurement that takes longer has failed; LoadGenerator itself gives up before.
LOAD_SECONDS = 240
# Characters of a complaint that are told; it may quote what a server sent.
MOST_WORDS = 300


@dataclass(frozen=True)
class Measurement:
    case: str
    contestant: str
    round: int
    figures: dict = field(default_factory=dict)


def measure(case, contestant, round_number, programs):
    """Starts the contestant alone, asks it what the case says, and stops it. The caller holds the lock."""
    division = cores.divide(case.loops)
    with servers.running(contestant, programs, division.server) as server:
        words = [*case.load_words, "--threads", str(division.client_threads)]
        figures = load(programs, server, words, division.client) | memory_of(server.pid)
    return Measurement(case.name, contestant.name, round_number, figures)


def memory_of(pid):
    """Of a process, in units of a million bytes: what it holds now, and the most that it ever held."""
    status = Path(f"/proc/{pid}/status").read_text()
    return {
        "rss_megabytes": machine.kibibytes(status, "VmRSS") * 1024 / 1e6,
        "peak_megabytes": machine.kibibytes(status, "VmHWM") * 1024 / 1e6,
    }


def load(programs, server, words, client_cores=None, seconds=LOAD_SECONDS, watch=None):
    """Runs LoadGenerator against a server. `watch` is called several times a second while it runs."""
    command = [
        programs.load, words[0], "--port", server.port, "--pid", server.pid, "--seconds", seconds,
        *words[1:], *server.load_options,
    ]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        with processes.Child(command, output=output, errors=errors, cores=client_cores) as client:
            status = _wait(client, seconds + 60, watch)
        output.seek(0)
        errors.seek(0)
        if status != 0:
            raise complaint(errors.read(), status)
        return parse(output.read())


def _wait(client, seconds, watch):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            return client.wait(0.25)
        except TimeoutError:
            if watch:
                watch()
    raise Failure(f"LoadGenerator did not end within {seconds} s.")


def complaint(text, status):
    """What LoadGenerator said, as a Failure of one line; being slow is no violation."""
    words = " ".join(text.removeprefix("LoadGenerator: ").split())
    if words.startswith("not finished in"):
        return Late(words)
    return Failure(words[:MOST_WORDS] or f"LoadGenerator ended with status {status}.")


def parse(text):
    """The figures of the one line that LoadGenerator prints."""
    lines = text.strip().splitlines()
    if len(lines) != 1:
        raise Failure(f"LoadGenerator printed {len(lines)} lines instead of one.")
    return figures_of(lines[0])


def figures_of(line):
    """The key=value pairs of a line, numbers as such."""
    figures = {}
    for word in line.split():
        key, mark, value = word.partition("=")
        if not key or not mark:
            raise Failure(f"A measuring tool printed '{word}', which is no key=value.")
        figures[key] = _number(value)
    return figures


def _number(value):
    try:
        return float(value)
    except ValueError:
        return value
