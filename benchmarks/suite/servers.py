"""Starts a contestant, waits until it listens, and prepares it for being measured.

A running server knows its port, its process and what LoadGenerator must be told. It lives in a scratch folder
of its own, which goes away with it.
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
from dataclasses import dataclass
from pathlib import Path

from suite import contestants, places, processes
from suite.failure import Failure

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
    child: processes.Child


@contextlib.contextmanager
def running(contestant, programs, cores=None, *, wrapper=(), extra=(), patience=START_SECONDS):
    """The server of a contestant for the length of the block.

    `wrapper` goes in front of the command (a tracer that execs it), `extra` behind it.
    """
    with tempfile.TemporaryDirectory(prefix="seatcast-bench-") as name:
        scratch = Path(name)
        words = [*wrapper, *command(contestant, programs, scratch), *extra]
        with open(scratch / "out", "wb") as output, open(scratch / "err", "wb") as errors:
            child = processes.Child(
                words, output=output, errors=errors, cores=cores, environment=environment(contestant)
            )
        with child:
            scheme, port = _wait_until_ready(child, contestant, scratch, patience)
            options = contestant.load_options
            if contestant.kind == contestants.SEATCAST:
                options += _prepare(f"{scheme}://127.0.0.1:{port}")
            yield Server(port, child.pid, options, child)


def command(contestant, programs, scratch):
    """What is started; it listens on a free port that it chooses or is given."""
    if contestant.kind == contestants.FLOOR:
        return [programs.floor, "--port", "0", *contestant.arguments]
    if contestant.kind == contestants.SEATCAST:
        place = ["--port", "0", "--data", scratch / "data", "--loops", str(contestant.loops)]
        free = ["--rate-limits", "off", "--password-cost", "insecure-test"]
        return [programs.seatcast, "serve", *place, *free, *contestant.arguments]
    start = places.PEERS / contestant.name / "start"
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
    token = _ask(base, "/api/auth/login", ADMIN)["token"]
    event = _ask(base, "/api/events", {"name": "Benchmark", "seatCapacity": CAPACITY}, token)["id"]
    return ("--token", token, "--event", str(event))


def _unverified():
    """The certificate is the tests' own, and the server one that we have started."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _ask(base, path, body, token=None):
    fields = {"Content-Type": "application/json"}
    if token:
        fields["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(base + path, json.dumps(body).encode(), fields)
    # No proxy of the environment stands between us and the loopback.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=_unverified()))
    try:
        with opener.open(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.URLError as error:
        raise Failure(f"seatcast refused to be prepared: {path}: {error}")
