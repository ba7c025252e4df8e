"""How a booking, a refusal, a read and an attack are measured: over HTTP, on a data folder that is made once.

The floor is SpeedOfLight's bare SQLite loop. Its tables are those of a database that seatcast made. Before its first
figure both book once, and a run ends with a sentence when they do not write the same rows.
"""
import contextlib
import functools
import http.client
import json
import math
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from suite import contestants, plans, servers, system
from suite.contestants import BENCHMARKS, SQLITE
from suite.servers import ADMIN, CAPACITY, Measurement
from suite.system import Failure, say

STATEMENTS = BENCHMARKS / "booking.sql"
USERS = 1_000
# More than a subscriber is ever sent again.
NOTICES = 1_000
MAKERS = 16


def measure(case, contestant, number, programs):
    """A measurement of a case that names one of the functions below. The caller holds the lock."""
    return Measurement(case.name, contestant.name, number, MEASURES[case.measure](case, contestant, programs))


# The data folder: the events of plans.py, and users with their tokens


@dataclass(frozen=True)
class Prepared:
    data: Path
    # A file with a token in each line.
    tokens: Path
    # Of a user whose token is not in the file.
    attacker: str


# Holds the folders of `prepared` until the process ends.
_kept = contextlib.ExitStack()


@functools.cache
def prepared(programs):
    folder = Path(_kept.enter_context(tempfile.TemporaryDirectory(prefix="seatcast-bench-")))
    say(f"preparing {plans.MANY:,} events and {USERS:,} users ...")
    with servers.running(contestants.PLAIN, programs, data=folder / "data") as server:
        admin = _post(server.port, "/api/auth/login", ADMIN)["token"]
        for draft in _special_events():
            _post(server.port, "/api/events", draft, admin)
        _post_all(server.port, "/api/events", [{"name": "One of many", "seatCapacity": CAPACITY}] * plans.MANY, admin)
        people = [{"email": f"u{number}@example.org", "password": "only for measuring", "name": "U"}
                  for number in range(USERS + 1)]
        tokens = [each["token"] for each in _post_all(server.port, "/api/auth/register", people)]
        _post_all(server.port, "/api/bookings", [{"eventId": plans.RECALLED}] * NOTICES, admin)
        _post(server.port, "/api/bookings", {"eventId": plans.SOLD_OUT}, admin)
        _post(server.port, "/api/bookings", {"eventId": plans.WAITED_FOR, "typeId": 1}, admin)
        for token in tokens[1:plans.WAITING + 1]:
            _post(server.port, f"/api/events/{plans.WAITED_FOR}/waitlist", {"typeId": 1}, token)
    (folder / "tokens").write_text("\n".join(tokens[1:]) + "\n")
    return Prepared(folder / "data", folder / "tokens", tokens[0])


def _special_events():
    """In the order of their ids: HOT to EXPIRING."""
    yield {"name": "Hot", "seatCapacity": CAPACITY}
    yield {"name": "Sold out", "seatCapacity": 1}
    yield {"name": "Not open", "seatCapacity": CAPACITY, "opensAt": "2999-01-01T00:00:00.000Z"}
    yield {"name": "With many notices", "seatCapacity": CAPACITY}
    types = [{"name": f"Type {number}"} for number in range(plans.TYPES)]
    yield {"name": "With ticket types", "seatCapacity": CAPACITY, "types": types}
    yield {"name": "Waited for", "seatCapacity": CAPACITY, "types": [{"name": "Gone", "capacity": 1}, {"name": "Left"}]}
    yield {"name": "With short holds", "seatCapacity": CAPACITY, "holdSeconds": plans.HOLD_SECONDS}


def _post(port, path, body, token=None):
    return _post_all(port, path, [body], token)[0]


def _post_all(port, path, bodies, token=None):
    """The answers to all of them, sent over a few connections at a time."""
    fields = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    answers, faults = [None] * len(bodies), []

    def send(first):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            for number in range(first, len(bodies), MAKERS):
                answers[number] = _answer(connection, path, bodies[number], fields)
        except (OSError, http.client.HTTPException, Failure) as fault:
            faults.append(fault)

    makers = [threading.Thread(target=send, args=(first,)) for first in range(MAKERS)]
    for each in makers:
        each.start()
    for each in makers:
        each.join()
    if faults:
        raise Failure(f"seatcast refused to be prepared: {path}: {faults[0]}")
    return answers


def _answer(connection, path, body, fields):
    """Tries again while the server says that it is busy (503): passwords are hashed one after the other."""
    deadline = time.monotonic() + 60
    while True:
        connection.request("POST", path, json.dumps(body), fields)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status < 300:
            return json.loads(text)
        if answer.status != 503 or time.monotonic() > deadline:
            raise Failure(f"{answer.status} {text.decode(errors='replace')[:200]}")
        time.sleep(0.01)


@contextlib.contextmanager
def _copy(programs):
    """A copy of the prepared data folder for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="seatcast-bench-") as scratch:
        data = Path(scratch) / "data"
        shutil.copytree(prepared(programs).data, data)
        yield data


@contextlib.contextmanager
def _serving(contestant, programs, cores=None):
    with _copy(programs) as data, servers.running(contestant, programs, cores, data=data) as server:
        yield server


# Bookings, refusals and reads


def _requests(case, contestant, programs):
    """LoadGenerator alone; server and client have all cores."""
    if contestant.kind == SQLITE:
        return _bare(programs, case.bare_words)
    with _serving(contestant, programs) as server:
        return servers.load(programs, server, [*case.load_words, "--tokens", prepared(programs).tokens])


def _limited(case, contestant, programs):
    """Requests of one user; no figures when the server did not refuse most of them."""
    with _serving(contestant, programs) as server:
        figures = servers.load(programs, server, [*case.load_words, "--token", prepared(programs).attacker])
    if figures["others"] > figures["answered"] / 2:
        return {"remark": f"{case.title}: {figures['others']:,.0f} of {figures['answered']:,.0f} were not refused."}
    return figures


def _bare(programs, words):
    compare_rows(programs)
    with _copy(programs) as data:
        return _bare_loop(programs, data, *words)


def _bare_loop(programs, data, *words):
    return _floor(programs, "bookings", "--database", data / "seatcast.db", "--statements", STATEMENTS,
                  "--users", USERS, "--first-user", 2, *words)


def _floor(programs, *words):
    command = [str(word) for word in (programs.floor, "--measure", *words)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if made.returncode != 0:
        raise Failure(f"the bare loop: {made.stderr.strip()}")
    return servers.parse(made.stdout) if made.stdout else {}


# Whether the floor does what seatcast does

# Tables that a start, an account or the record's own clock changes, but no booking.
OTHER_TABLES = {"account", "audit", "meta", "record_seal", "schema_version"}


@functools.cache
def compare_rows(programs):
    """A Failure when one booking by the bare loop leaves other rows than one by seatcast."""
    for keys in ("no", "yes"):
        ours, theirs = _rows_of_seatcast(programs, keys), _rows_of_floor(programs, keys)
        difference = differing(ours, theirs)
        if difference:
            raise Failure(f"benchmarks/booking.sql does not do what seatcast does: {difference}")


def _rows_of_seatcast(programs, keys):
    with _copy(programs) as data:
        before = rows_of(data / "seatcast.db")
        with servers.running(contestants.PLAIN, programs, data=data) as server:
            words = ["book", "--connections", "1", "--event", str(plans.HOT), "--keys", keys, "--requests", "1"]
            servers.load(programs, server, [*words, "--tokens", prepared(programs).tokens])
        return effect(before, rows_of(data / "seatcast.db"))


def _rows_of_floor(programs, keys):
    with _copy(programs) as data:
        before = rows_of(data / "seatcast.db")
        _bare_loop(programs, data, "--batch", "1", "--first-event", plans.HOT, "--keys", keys, "--once", "yes")
        return effect(before, rows_of(data / "seatcast.db"))


def rows_of(path):
    """By table: the names of the columns, and all rows with their number of occurrences."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
                 if not name.startswith("sqlite_") and name not in OTHER_TABLES]
        tables = {}
        for name in names:
            found = database.execute(f'SELECT * FROM "{name}"')
            tables[name] = (tuple(column[0] for column in found.description), Counter(found))
        return tables


def effect(before, after):
    """By table: the types of the values of each new row, and which columns of a changed row differ."""
    effects = {}
    for name, (columns, rows) in after.items():
        added, removed = list((rows - before[name][1]).elements()), list((before[name][1] - rows).elements())
        if len(added) == len(removed) == 1:
            effects[name] = {column for column, old, new in zip(columns, removed[0], added[0]) if old != new}
        elif added or removed:
            effects[name] = (len(removed), sorted(tuple(type(value).__name__ for value in row) for row in added))
    return effects


def differing(ours, theirs):
    """The first difference in words; empty when there is none."""
    for name in sorted(ours.keys() | theirs.keys()):
        mine, its = ours.get(name, "nothing"), theirs.get(name, "nothing")
        if mine != its:
            return f"in the table {name} seatcast changes {mine}, the bare loop {its}"
    return ""


# Bookings at half the load


def _half(case, contestant, programs):
    """The p99 of bookings at half of what the server can do just now, in times of a sync on the same disk."""
    tokens = ["--tokens", prepared(programs).tokens]
    with _serving(contestant, programs) as server:
        before = _sync(programs)
        most = servers.load(programs, server, [*case.load_words, *tokens])["per_second"]
        figures = servers.load(programs, server, [*case.load_words, *tokens, "--rate", f"{most / 2:.0f}"])
    after = _sync(programs)
    syncs = {key: (before[key] + after[key]) / 2 for key in ("sync_p50_ms", "sync_p99_ms")}
    return figures | syncs | {"most_per_second": most, "p99_in_syncs": figures["answer_p99_ms"] / syncs["sync_p50_ms"],
                              "p99_in_slow_syncs": figures["answer_p99_ms"] / syncs["sync_p99_ms"]}


def _sync(programs):
    with tempfile.TemporaryDirectory(prefix="seatcast-bench-") as scratch:
        return _floor(programs, "sync", "--scratch", scratch, "--seconds", "1")


# Bookings beside something else


def _beside(case, contestant, programs):
    """Bookings at a fixed rate, alone and beside refusals."""
    with _serving(contestant, programs) as server:
        tokens = ["--tokens", prepared(programs).tokens]
        other = [*case.other_words, *tokens]
        return _alternate(programs, server, [*case.load_words, *tokens], other, None, False)


def _attacked(case, contestant, programs):
    """The crowd's bookings, calm, attacked, and while a second server on the same core is attacked: what the attack
    costs those who merely share the machine. Attacker and crowd share the client's cores; the crowd goes first."""
    division = system.divide(1)
    made = prepared(programs)
    with (_serving(contestant, programs, division.server) as server,
          _serving(contestant, programs, division.server) as another):
        crowd = [*case.load_words, "--tokens", made.tokens]
        attacker = [*case.other_words, "--token", made.attacker]
        try:
            return _alternate(programs, server, crowd, attacker, division.client, True, another)
        except Failure as failure:
            say(f"    the crowd was not served: {failure}")
            return {"p99_ratio": math.inf, "remark": f"{case.title}: {failure}"}


def _alternate(programs, server, words, other, cores, first, another=None):
    """A B A B: the p99 of `words` alone and beside `other`, each twice. With `another` server it is A B C A B C, where
    `other` goes to that one in C."""
    alone, beside, apart, others = [], [], [], {}
    for _ in range(2):
        alone.append(servers.load(programs, server, words, cores, plans.CROWD_PATIENCE, first=first))
        for place, measured in [(server, beside)] + ([(another, apart)] if another else []):
            with servers.loading(programs, place, other, cores, plans.CROWD_PATIENCE) as load:
                time.sleep(plans.LEAD_SECONDS)
                measured.append(servers.load(programs, server, words, cores, plans.CROWD_PATIENCE, first=first))
            if measured is beside:
                others = load
    figures = {f"other_{key}": value for key, value in others.items()}
    for name, measured in (("alone", alone), ("beside", beside), ("apart", apart)):
        if measured:
            figures |= {f"{name}_{key}": _mean(measured, key) for key in ("answer_p50_ms", "answer_p99_ms")}
    figures["p99_ratio"] = figures["beside_answer_p99_ms"] / figures["alone_answer_p99_ms"]
    if apart:
        figures["p99_apart_ratio"] = figures["beside_answer_p99_ms"] / figures["apart_answer_p99_ms"]
    return figures


def _mean(measured, key):
    return sum(each[key] for each in measured) / len(measured)


MEASURES = {"requests": _requests, "limited": _limited, "half": _half, "beside": _beside, "attacked": _attacked}
