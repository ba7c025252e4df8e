"""The mode cluster: nodes over one PostgreSQL and NATS, beside one node and beside a bare libpq loop.

PostgreSQL syncs each commit, as it does by default, on the disk of the temporary folder. Server, database, bus and load client share the
cores. The floor is PostgresLoop: one connection that commits batches as large as the nodes' were, on tables that a node has made. Before
its first figure a node and the loop both book once, and the run ends with a sentence when they do not leave the same rows.
"""
import base64
import contextlib
import dataclasses
import json
import os
import re
import select
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from suite import contestants, document, sale, servers, system
from suite.bookings import differing, effect
from suite.contestants import BENCHMARKS, PROJECT, SEATCAST, Contestant
from suite.servers import ADMIN, CAPACITY
from suite.system import UNAVAILABLE, Failure, say

LOOP = BENCHMARKS / "PostgresLoop" / "loop.c"
BUILD = [*contestants.SERVER_BUILD, "--traits", "Cluster", "--scratch-path", str(PROJECT / ".build-cluster"),
         "--product", "seatcast"]
NODES, CONNECTIONS, SECONDS, USERS, EVENTS = 3, 64, 4, 1_000, 300
# Bookings whose way to a viewer is timed, and the pause between two of them.
TIMED, PAUSE_SECONDS = 400, 0.01
UNWATCHED = 2_000


def run(options):
    programs = _programs(options)
    before = system.machine_now()
    rounds = options.rounds or 3
    figures = []
    for number in range(1, rounds + 1):
        with system.locked():
            figures.append(_round(programs, number))
    text = _document(options, before, figures)
    name = document.stem(before.moment, "cluster") + ".md"
    document.keep({name: text})
    print(text, end="")
    say(f"kept in benchmarks/results/{name}")
    return 0


# What a run starts


@dataclasses.dataclass(frozen=True)
class Programs:
    seatcast: Path
    load: Path
    loop: Path
    postgres: Path
    nats: str


def _programs(options):
    postgres = _newest(Path("/usr/lib/postgresql"))
    nats = _which("nats-server")
    if not postgres or not nats:
        raise Failure("PostgreSQL or nats-server is not installed; script/bootstrap --cluster does it.", UNAVAILABLE)
    tools = [*contestants.TOOLS_BUILD, "--product", "LoadGenerator"]
    loop = PROJECT / ".build-cluster" / "postgres-loop"
    if options.build:
        say("building in release ...")
        for words in (BUILD, tools, _compile(loop)):
            contestants._run(words)
    folders = [contestants._folder(words) for words in (BUILD, contestants.TOOLS_BUILD)]
    made = Programs(folders[0] / "seatcast", folders[1] / "LoadGenerator", loop, postgres, nats)
    for each in (made.seatcast, made.load, made.loop):
        if not each.exists():
            raise Failure(f"{each.name} is not built; run without --no-build.", UNAVAILABLE)
    return made


def _newest(folder):
    versions = sorted(folder.glob("*/bin"), key=lambda each: int(each.parent.name))
    return versions[-1] if versions else None


def _which(name):
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    return next((f"{each}/{name}" for each in path.split(":") if os.access(f"{each}/{name}", os.X_OK)), None)


def _compile(into):
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libpq"], capture_output=True, text=True)
    if flags.returncode != 0:
        raise Failure("libpq-dev is not installed; script/bootstrap --cluster does it.", UNAVAILABLE)
    return ["cc", "-std=c17", "-O2", "-Wall", "-Wextra", "-Werror", "-o", into, LOOP, *flags.stdout.split()]


class Cluster:
    """PostgreSQL, NATS unless it is left out, and so many nodes, in a folder of their own."""

    def __init__(self, programs, nodes=NODES, bus=True):
        self.programs, self._count, self._has_bus = programs, nodes, bus
        self._kept = contextlib.ExitStack()
        self.nodes = []

    def __enter__(self):
        self.folder = Path(self._kept.enter_context(tempfile.TemporaryDirectory(prefix="seatcast-bench-")))
        self.folder.chmod(0o711)
        try:
            self._start_postgres()
            arguments = ["--store", self.url]
            if self._has_bus:
                arguments += ["--bus", self._start_nats()]
            secret = base64.b64encode(os.urandom(32))
            for number in range(1, self._count + 1):
                self._start_node(number, arguments, secret)
            (self.folder / "tokens").write_text("\n".join(sale.minted(secret, USERS)) + "\n")
            self.admin = servers.ask(self.base(0), "/api/auth/login", ADMIN)["token"]
        except BaseException:
            self._kept.close()
            raise
        return self

    def __exit__(self, *_):
        self._kept.close()

    def _start_postgres(self):
        owner = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        data, port = self.folder / "postgres", servers._free_port()
        data.mkdir(mode=0o700)
        if owner:
            os.chown(data, 65534, 65534)
        initdb = [*owner, self.programs.postgres / "initdb", "-D", data, "-U", "seatcast", "-A", "trust", "-E", "UTF8",
                  "--locale=C"]
        made = subprocess.run(initdb, capture_output=True, text=True)
        if made.returncode != 0:
            raise Failure(f"initdb: {made.stderr.strip()}")
        words = [*owner, self.programs.postgres / "postgres", "-D", data, "-p", str(port), "-c",
                 "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "shared_buffers=256MB"]
        self._child("postgres", words)
        self.postgres_port = port
        _wait(port, "PostgreSQL")
        for _ in range(100):
            with contextlib.suppress(Failure):
                self.psql("SELECT 1", "postgres")
                break
            time.sleep(0.1)
        self.psql("CREATE DATABASE seatcast", "postgres")
        self.url = f"postgres://seatcast@127.0.0.1:{port}/seatcast"

    def psql(self, sql, database="seatcast"):
        """The rows, as JSON gives them where the SQL makes JSON; else lines."""
        words = [self.programs.postgres / "psql", "-h", "127.0.0.1", "-p", str(self.postgres_port), "-U", "seatcast",
                 "-d", database, "-AtXq", "-v", "ON_ERROR_STOP=1", "-c", sql]
        made = subprocess.run(words, capture_output=True, text=True)
        if made.returncode != 0:
            raise Failure(f"psql: {made.stderr.strip()}")
        return made.stdout.splitlines()

    def _start_nats(self):
        port, self.monitor = servers._free_port(), servers._free_port()
        self._child("nats", [self.programs.nats, "-a", "127.0.0.1", "-p", str(port), "-m", str(self.monitor)])
        _wait(port, "NATS")
        return f"nats://127.0.0.1:{port}"

    def _child(self, name, words):
        file = self._kept.enter_context(open(self.folder / f"{name}.log", "wb"))
        return self._kept.enter_context(system.Child(words, output=file, errors=file))

    def _start_node(self, number, arguments, secret):
        data = self.folder / f"node-{number}"
        data.mkdir(mode=0o700)
        (data / "jwt-secret").write_bytes(secret)
        (data / "jwt-secret").chmod(0o600)
        first = self.folder / "node-1" / "record-key"
        if number > 1 and first.exists():
            (data / "record-key").write_bytes(first.read_bytes())
            (data / "record-key").chmod(0o600)
        contestant = Contestant(f"node-{number}", "", SEATCAST, ("--node", f"node-{number}", "--jwt-secret-file", data / "jwt-secret", *arguments))
        self.nodes.append(self._kept.enter_context(servers.running(contestant, self.programs, data=data)))

    def stop_nodes(self):
        for each in self.nodes:
            each.child.stop()

    def base(self, node):
        return f"http://127.0.0.1:{self.nodes[node].port}"

    def events(self, count, **more):
        """New events with consecutive numbers; the first one's."""
        made = [servers.ask(self.base(0), "/api/events", {"name": "Benchmark", "seatCapacity": CAPACITY} | more,
                            self.admin)["id"] for _ in range(count)]
        if made != list(range(made[0], made[0] + count)):
            raise Failure("the numbers of new events are not consecutive")
        return made[0]

    def book(self, event, events=1, connections=CONNECTIONS):
        """Bookings through all nodes at once; per second, and how many a batch had."""
        before = [self._batches(node) for node in range(self._count)]
        words = ["book", "--event", str(event), "--events", str(events), "--connections", str(connections), "--others",
                 "yes", "--measured-seconds", str(SECONDS), "--tokens", self.folder / "tokens"]
        made = _at_once([lambda node=node: servers.load(self.programs, self.nodes[node], words)
                         for node in range(self._count)])
        after = [self._batches(node) for node in range(self._count)]
        commands = sum(new[0] - old[0] for old, new in zip(before, after))
        batches = sum(new[1] - old[1] for old, new in zip(before, after))
        return {"per_second": sum(each["per_second"] for each in made), "batch": commands / max(1, batches),
                "p50_ms": statistics.median(each["answer_p50_ms"] for each in made),
                "p99_ms": max(each["answer_p99_ms"] for each in made)}

    def _batches(self, node):
        text = servers.read(self.base(node), "/metrics")
        return [float(re.search(rf"^seatcast_ledger_batch_size_{name} (\S+)$", text, re.M).group(1))
                for name in ("sum", "count")]

    def messages(self):
        """What NATS has got and sent since it started."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/varz", timeout=10) as answer:
            made = json.load(answer)
        return {key: made[key] for key in ("in_msgs", "out_msgs", "in_bytes", "out_bytes")}


def _wait(port, name):
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise Failure(f"{name} does not start")


def _at_once(bodies):
    results, faults = [None] * len(bodies), []

    def work(number):
        try:
            results[number] = bodies[number]()
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(bodies))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if faults:
        raise faults[0]
    return results


# One round


def _round(programs, number):
    figures = {}
    with Cluster(programs) as cluster:
        if number == 1:
            _compare_rows(cluster)
        hot, of_loop = cluster.events(1, maxPerUser=0), cluster.events(1, maxPerUser=0)
        figures["hot"] = cluster.book(hot)
        figures["many"] = cluster.book(cluster.events(EVENTS), EVENTS)
        figures["bus"] = _ways(cluster, cluster.events(1))
        figures["unwatched"] = _unwatched(cluster, cluster.events(1))
        # The loop has the database to itself, as the nodes had.
        cluster.stop_nodes()
        figures["loop"] = _loop(cluster, of_loop, max(1, round(figures["hot"]["batch"])), "--seconds", SECONDS)
    with Cluster(programs, nodes=1) as cluster:
        figures["one hot"] = cluster.book(cluster.events(1), connections=NODES * CONNECTIONS)
        figures["one many"] = cluster.book(cluster.events(EVENTS), EVENTS, NODES * CONNECTIONS)
    with Cluster(programs, bus=False) as cluster:
        figures["wake-up"] = _ways(cluster, cluster.events(1))
    for name, each in figures.items():
        say(f"    round {number}, {name}: " + ", ".join(f"{key} {value:,.2f}" for key, value in each.items()))
    return figures


def _loop(cluster, event, batch, *more):
    words = [cluster.programs.loop, cluster.url, "--event", str(event), "--batch", str(batch), *more]
    made = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120)
    if made.returncode != 0:
        raise Failure(f"the libpq loop: {made.stderr.strip()}")
    return servers.parse(made.stdout) if made.stdout else {}


# Whether the loop does what a node does

# What a start, an account, the leading node or the clock changes, but no booking.
OTHER_TABLES = {"account", "audit", "meta", "record_seal", "schema_version", "node", "interest", "news",
                "feed", "feed_event", "feed_pending"}


def _compare_rows(cluster):
    event = cluster.events(1)
    token = (cluster.folder / "tokens").read_text().split("\n", 1)[0]
    # The user's row is made by the first booking.
    servers.ask(cluster.base(0), "/api/bookings", {"eventId": event, "quantity": 1}, token)

    def change(act):
        before = _rows(cluster)
        act()
        return effect(before, _rows(cluster))

    ours = change(lambda: servers.ask(cluster.base(0), "/api/bookings", {"eventId": event, "quantity": 1}, token))
    theirs = change(lambda: _loop(cluster, event, 1, "--once", "yes"))
    difference = differing(ours, theirs)
    if difference:
        raise Failure(f"benchmarks/PostgresLoop does not do what a node does: {difference}")


def _rows(cluster):
    from collections import Counter

    names = cluster.psql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = {}
    for name in sorted(set(names) - OTHER_TABLES):
        columns = cluster.psql(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{name}' "
                               "AND table_schema = 'public' ORDER BY ordinal_position")
        rows = [json.loads(line) for line in cluster.psql(f'SELECT row_to_json(t) FROM "{name}" t')]
        tables[name] = (tuple(columns), Counter(tuple(_plain(row[column]) for column in columns) for row in rows))
    return tables


def _plain(value):
    return json.dumps(value) if isinstance(value, (list, dict)) else value


# From a booking at one node to its frame at another


def _ways(cluster, event):
    """The time from the request on node 1 until its viewer, and a viewer of node 2, have the frame."""
    token = (cluster.folder / "tokens").read_text().split("\n", 1)[0]
    near, far = (_watch(cluster.nodes[node].port, event, token) for node in (0, 1))
    request = json.dumps({"eventId": event, "quantity": 1}).encode()
    head = (f"POST /api/bookings HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(request)}\r\n\r\n").encode()
    times = []
    with socket.create_connection(("127.0.0.1", cluster.nodes[0].port)) as booker:
        booker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(TIMED + 20):
            start = time.perf_counter()
            booker.sendall(head + request)
            seen = _await(start, {near: b"booking_created", far: b"booking_created", booker: b"availableSeats"})
            # The first ones warm everything up.
            if number >= 20:
                times.append((seen[near], seen[far]))
            time.sleep(PAUSE_SECONDS)
    near.close(), far.close()
    apart = sorted((far - near) * 1e3 for near, far in times)
    return {"same_node_p50_ms": statistics.median(near for near, _ in times) * 1e3,
            "other_node_p50_ms": statistics.median(far for _, far in times) * 1e3,
            "difference_p50_ms": statistics.median(apart), "difference_p99_ms": apart[len(apart) * 99 // 100]}


def _watch(port, event, token):
    viewer = socket.create_connection(("127.0.0.1", port))
    viewer.sendall((f"GET /ws/events/{event}?token={token} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: c2VhdGNhc3QtYmVuY2gtMQ==\r\n\r\n").encode())
    got = b""
    viewer.settimeout(10)
    while b"connection_established" not in got:
        more = viewer.recv(65_536)
        if not more:
            raise Failure("a viewer is not let in")
        got += more
    return viewer


def _await(start, wanted):
    """Seconds from the start until each socket has had its word."""
    waiting, seen = select.poll(), {}
    by_number = {each.fileno(): each for each in wanted}
    for number in by_number:
        waiting.register(number, select.POLLIN)
    texts = dict.fromkeys(wanted, b"")
    while len(seen) < len(wanted):
        ready = waiting.poll(10_000)
        now = time.perf_counter() - start
        if not ready:
            raise Failure("a booking is not announced within ten seconds")
        for number, _ in ready:
            each = by_number[number]
            more = each.recv(65_536)
            if not more:
                raise Failure("a connection was closed")
            texts[each] += more
            if each not in seen and wanted[each] in texts[each]:
                seen[each] = now
    return seen


def _unwatched(cluster, event):
    """Messages that NATS passes on for bookings of an event that nobody watches, above those of the same time without any."""
    time.sleep(2)
    words = ["book", "--event", str(event), "--connections", "16", "--requests", str(UNWATCHED), "--tokens",
             cluster.folder / "tokens"]
    start, began = cluster.messages(), time.monotonic()
    servers.load(cluster.programs, cluster.nodes[0], words)
    took, middle = time.monotonic() - began, cluster.messages()
    time.sleep(took)
    end = cluster.messages()
    return {"bookings": UNWATCHED, "messages": middle["in_msgs"] - start["in_msgs"],
            "messages_idle": end["in_msgs"] - middle["in_msgs"]}


# The document

ROWS = (
    ("bookings/s of one hot event through three nodes, to a libpq loop with batches of the same size", "≥ 0.8",
     lambda each: each["hot"]["per_second"] / each["loop"]["per_second"], lambda value: value >= 0.8, " x"),
    (f"bookings/s of {EVENTS} events through three nodes, to those of one node", "≥ 1.5",
     lambda each: each["many"]["per_second"] / each["one many"]["per_second"], lambda value: value >= 1.5, " x"),
    ("frame on another node after the frame on the booking's own, by NATS, median", "≤ 2 ms",
     lambda each: each["bus"]["difference_p50_ms"], lambda value: value <= 2, " ms"),
    ("the same by the wake-up alone", "≤ 5 ms",
     lambda each: each["wake-up"]["difference_p50_ms"], lambda value: value <= 5, " ms"),
    (f"messages through NATS for {UNWATCHED:,} bookings that nobody watches, above those without bookings", "0",
     lambda each: max(0, each["unwatched"]["messages"] - each["unwatched"]["messages_idle"]), lambda value: value == 0, ""),
)


def _document(options, before, rounds):
    lines = [document.heading("cluster", options.command, before),
             f"- Rounds: {len(rounds)}; medians (smallest–largest).",
             f"- {NODES} nodes of one loop each, PostgreSQL (syncing each commit), NATS and the load client share the cores.",
             f"- {CONNECTIONS} connections a node; one node alone has {NODES * CONNECTIONS}.", "",
             "## Targets", "", "| what | target | measured | result |", "|---|---|--:|---|"]
    for what, wanted, of, holds, unit in ROWS:
        values = [of(each) for each in rounds]
        lines.append(f"| {what} | {wanted} | {_spread(values, unit)} | "
                     f"{'met' if holds(statistics.median(values)) else '**missed**'} |")
    lines += ["", "## Figures", "", "| | figure | |", "|---|---|--:|"]
    for name in rounds[0]:
        for key in rounds[0][name]:
            values = [each[name][key] for each in rounds if isinstance(each[name].get(key), (int, float))]
            if values:
                lines.append(f"| {name} | {key} | {_spread(values, '')} |")
    return "\n".join(lines) + "\n"


def _spread(values, unit):
    form = "{:,.2f}" if max(values) < 100 else "{:,.0f}"
    middle, low, high = (form.format(value) for value in (statistics.median(values), min(values), max(values)))
    return f"{middle}{unit}" + (f" ({low}–{high})" if low != high else "")
