"""The day of a sale: everybody at once, ten thousand holds that end at one moment, and a backup under load.

The first is LoadGenerator's mode `sale`, with the limits that seatcast has by default. The two others measure the p99 of
bookings at a fixed rate by turns alone and beside what is to disturb them.
"""
import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from suite import bookings, plans, servers
from suite.servers import ADMIN
from suite.system import Failure

# Not of an account that was made; the tokens are as good as those of a log-in.
FIRST_USER = 1_000_000
# How long LoadGenerator takes to start and to warm up, before it measures.
START_SECONDS, WARM_UP_SECONDS = 0.2, 0.5


# Everybody at once


def _sale(case, contestant, programs):
    """All users come within a second; each knows in the end what it got, and the server's books agree."""
    with bookings._serving(contestant, programs) as server, tempfile.TemporaryDirectory() as folder:
        admin = bookings._post(server.port, "/api/auth/login", ADMIN)["token"]
        event = bookings._post(server.port, "/api/events", {"name": "Sale", "seatCapacity": plans.SALE_SEATS}, admin)
        tokens = Path(folder) / "tokens"
        secret = (bookings.prepared(programs).data / "jwt-secret").read_bytes().strip()
        tokens.write_text("\n".join(minted(secret, plans.SALE_USERS)) + "\n")
        words = [*case.load_words, "--event", event["id"], "--tokens", tokens]
        figures = servers.load(programs, server, words)
        _check_books(server.port, event["id"], admin)
        return figures | servers.memory_of(server.pid)


def minted(secret, count):
    """Tokens of so many users, as seatcast's own log-in makes them."""
    head, now = _encoded(b'{"alg":"HS256","typ":"JWT"}'), int(time.time())
    for user in range(FIRST_USER, FIRST_USER + count):
        claims = {"sub": str(user), "role": "user", "iat": now - 1, "exp": now + 3_600, "iss": "seatcast", "aud": "seatcast"}
        signed = head + "." + _encoded(json.dumps(claims).encode())
        yield signed + "." + _encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _check_books(port, event, token):
    """A Failure unless the event is sold out by as many bookings as it has seats."""
    left = _get(port, f"/api/events/{event}", token)["availableSeats"]
    ids, path = set(), f"/api/bookings?limit=100&eventId={event}"
    while path:
        page = _get(port, path, token)
        ids |= {each["bookingId"] for each in page["items"] if each["status"] != "cancelled"}
        path = page["next"] and f"/api/bookings?limit=100&eventId={event}&cursor={page['next']}"
    if left != 0 or len(ids) != plans.SALE_SEATS:
        raise Failure(f"{len(ids):,} bookings of {plans.SALE_SEATS:,} seats, and {left:,} seats left")


def _get(port, path, token):
    """Waits where a limit says so."""
    for _ in range(100):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            text = answer.read()
        if answer.status == 200:
            return json.loads(text)
        if answer.status != 429:
            break
        time.sleep(float(answer.getheader("Retry-After", "1")))
    raise Failure(f"GET {path}: {answer.status} {text.decode(errors='replace')[:200]}")


# Holds that end at one moment


def _expiring(case, contestant, programs):
    with bookings._serving(contestant, programs) as server:
        tokens = ["--tokens", bookings.prepared(programs).tokens]
        words, holds = [*case.load_words, *tokens], [*case.other_words, *tokens]

        def beside():
            began = time.monotonic()
            servers.load(programs, server, holds)
            ends = began + plans.HOLD_SECONDS
            _sleep_until(ends - START_SECONDS - WARM_UP_SECONDS - 0.2)
            figures = servers.load(programs, server, words)
            free = json.loads(_body(server.port, f"/api/events/{plans.EXPIRING}"))["availableSeats"]
            if free != servers.CAPACITY:
                raise Failure(f"{servers.CAPACITY - free:,} seats are still held behind the measurement")
            return figures

        return _by_turns(lambda: servers.load(programs, server, words), beside)


def _sleep_until(moment):
    left = moment - time.monotonic()
    if left < 0:
        raise Failure("this machine makes the holds too slowly: they end before they are all made")
    time.sleep(left)


def _body(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().read()


# A backup under load


def _backed_up(case, contestant, programs):
    """Backups one after the other, of a database that bookings have made larger."""
    with bookings._copy(programs) as data, tempfile.TemporaryDirectory(dir=data.parent) as folder, \
            servers.running(contestant, programs, data=data) as server:
        tokens = ["--tokens", bookings.prepared(programs).tokens]
        servers.load(programs, server, [*case.other_words, *tokens])
        words, made = [*case.load_words, *tokens], []

        def beside():
            with _backing_up(programs, data, Path(folder), made):
                return servers.load(programs, server, words)

        figures = _by_turns(lambda: servers.load(programs, server, words), beside)
        sizes, seconds = zip(*made)
        return figures | {"backup_megabytes": max(sizes) / 1e6, "backup_seconds": sum(seconds) / len(seconds)}


@contextlib.contextmanager
def _backing_up(programs, data, folder, made):
    """One backup after the other for the length of the block; adds the size and the seconds of each to `made`."""
    over, faults = threading.Event(), []

    def work():
        while not over.is_set() and not faults:
            path, began = folder / f"{len(made)}.db", time.monotonic()
            done = subprocess.run([programs.seatcast, "backup", path, "--data", data], capture_output=True, text=True)
            if done.returncode != 0:
                return faults.append(done.stderr.strip())
            made.append((path.stat().st_size, time.monotonic() - began))
            path.unlink()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()
    if faults:
        raise Failure(f"a backup failed: {faults[0]}")


def _by_turns(alone, beside):
    """A B A B: the p99 alone and beside something, each twice."""
    calm, disturbed = [], []
    for _ in range(2):
        calm.append(alone())
        disturbed.append(beside())
    figures = {f"alone_{key}": bookings._mean(calm, key) for key in ("answer_p50_ms", "answer_p99_ms")}
    figures |= {f"beside_{key}": bookings._mean(disturbed, key) for key in ("answer_p50_ms", "answer_p99_ms")}
    return figures | {"p99_ratio": figures["beside_answer_p99_ms"] / figures["alone_answer_p99_ms"]}


MEASURES = {"sale": _sale, "expiring": _expiring, "backed_up": _backed_up}
