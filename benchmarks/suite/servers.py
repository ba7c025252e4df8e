"""Starts a contestant, waits until it listens, and measures it with LoadGenerator.

A running server knows its port, its process and what LoadGenerator must be told. It lives in a scratch folder
of its own, which goes away with it. LoadGenerator checks every frame and every answer; a violation is no figure but
a Failure with its sentence.
"""
import contextlib
import json
import os
import re
import socket
import ssl
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from suite import contestants, system
from suite.system import Failure, Late

READY = re.compile(r"listening on (https?)://127\.0\.0\.1:(\d+)")
START_SECONDS = 60

ADMIN = {"email": "bench@example.org", "password": "only for measuring"}
# Large enough that no run sells it out.
CAPACITY = 1_000_000


@dataclass(frozen=True)
class Server:
    port: int
    pid: int
    load_options: tuple
    child: system.Child


@contextlib.contextmanager
def running(contestant, programs, cores=None, *, wrapper=(), data=None, patience=START_SECONDS):
    """The server of a contestant for the length of the block.

    `wrapper` goes in front of the command (a tracer that execs it). `data`: a data folder of seatcast, which is served
    as it is; without one a new folder gets an event and a token.
    """
    with tempfile.TemporaryDirectory(prefix="seatcast-bench-") as name:
        scratch = Path(name)
        words = [*wrapper, *command(contestant, programs, scratch, data)]
        with open(scratch / "out", "wb") as output, open(scratch / "err", "wb") as errors:
            child = system.Child(
                words, output=output, errors=errors, cores=cores, environment=environment(contestant)
            )
        with child:
            scheme, port = _wait_until_ready(child, contestant, scratch, patience)
            options = contestant.load_options
            if contestant.kind == contestants.SEATCAST and not data:
                options += _prepare(f"{scheme}://127.0.0.1:{port}")
            yield Server(port, child.pid, options, child)


def command(contestant, programs, scratch, data=None):
    """What is started; it listens on a free port that it chooses or is given."""
    if contestant.kind == contestants.FLOOR:
        return [programs.floor, "--port", "0", *contestant.arguments]
    if contestant.kind == contestants.SEATCAST:
        place = ["--port", "0", "--data", data or scratch / "data", "--loops", str(contestant.loops)]
        free = [] if contestant.limits else ["--rate-limits", "off", "--password-cost", "insecure-test"]
        return [programs.seatcast, "serve", *place, *free, *contestant.arguments]
    start = contestants.PEERS / contestant.name / "start"
    return [start, "--port", str(_free_port()), "--scratch", scratch]


def environment(contestant):
    """The caller's, without settings of a seatcast that is none of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SEATCAST_")}
    if contestant.kind == contestants.SEATCAST:
        kept["SEATCAST_ADMIN_EMAIL"] = ADMIN["email"]
        kept["SEATCAST_ADMIN_PASSWORD"] = ADMIN["password"]
    return kept


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(child, contestant, scratch, patience):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = READY.search((scratch / "out").read_text(errors="replace"))
        if found:
            return found.group(1), int(found.group(2))
        if child.has_ended():
            break
        time.sleep(0.02)
    raise Failure(f"{contestant.name} did not start: {_last_words(scratch)}")


def _last_words(scratch):
    lines = (scratch / "err").read_text(errors="replace").strip().splitlines()
    return " / ".join(lines[-3:]) or "it said nothing."


def _prepare(base):
    """Logs the admin in and makes an event; what LoadGenerator needs of both."""
    token = ask(base, "/api/auth/login", ADMIN)["token"]
    event = ask(base, "/api/events", {"name": "Benchmark", "seatCapacity": CAPACITY}, token)["id"]
    return ("--token", token, "--event", str(event))


def _unverified():
    """The certificate is the tests' own, and the server one that we have started."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def ask(base, path, body, token=None):
    """The answer to a change, from JSON."""
    fields = {"Content-Type": "application/json"}
    if token:
        fields["Authorization"] = f"Bearer {token}"
    return json.loads(_fetch(urllib.request.Request(base + path, json.dumps(body).encode(), fields)))


def read(base, path):
    """The answer to a question that needs no token, as text."""
    return _fetch(urllib.request.Request(base + path))


def _fetch(request):
    # No proxy of the environment stands between us and the loopback.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=_unverified()))
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.read().decode()
    except urllib.error.URLError as error:
        raise Failure(f"seatcast refused {request.selector}: {error}")


# Measuring

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
    division = system.divide(case.loops)
    with running(contestant, programs, division.server) as server:
        words = [*case.load_words, "--threads", str(division.client_threads)]
        figures = load(programs, server, words, division.client) | memory_of(server.pid)
    return Measurement(case.name, contestant.name, round_number, figures)


def memory_of(pid):
    """Of a process, in units of a million bytes: what it holds now, and the most that it ever held."""
    status = Path(f"/proc/{pid}/status").read_text()
    return {
        "rss_megabytes": system.kibibytes(status, "VmRSS") * 1024 / 1e6,
        "peak_megabytes": system.kibibytes(status, "VmHWM") * 1024 / 1e6,
    }


def load(programs, server, words, cores=None, seconds=LOAD_SECONDS, watch=None, first=False):
    """The figures of LoadGenerator against a server. `watch` is called several times a second while it runs."""
    with loading(programs, server, words, cores, seconds, watch, first) as figures:
        pass
    return figures


@contextlib.contextmanager
def loading(programs, server, words, cores=None, seconds=LOAD_SECONDS, watch=None, first=False):
    """LoadGenerator runs beside the block; behind it the dictionary that the block was given holds its figures."""
    command = [
        programs.load, words[0], "--port", server.port, "--pid", server.pid, "--seconds", seconds,
        *words[1:], *server.load_options,
    ]
    with generating(command, seconds + 60, cores, watch, first) as figures:
        yield figures


@contextlib.contextmanager
def generating(command, seconds, cores=None, watch=None, first=False):
    """The same for a whole command, which must end within so many seconds."""
    figures = {}
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        with system.Child(command, output=output, errors=errors, cores=cores, first=first) as client:
            yield figures
            status = _wait(client, seconds, watch)
        output.seek(0)
        errors.seek(0)
        if status != 0:
            raise complaint(errors.read(), status)
        figures |= parse(output.read())


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
