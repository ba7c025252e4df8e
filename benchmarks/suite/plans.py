"""What is measured: a case is one way of asking a server, the same for every contestant; a plan is a list of cases.

The words of a case are LoadGenerator's. `broadcasts` are few enough that a slow contestant ends in time, and many
enough that a fast one runs long beside the clock ticks of its CPU time (10 ms). The expected seconds of a case are
about what it took on two cores.
"""
import math
from dataclasses import dataclass

@dataclass(frozen=True)
class Case:
    """One question to every contestant named."""

    name: str
    title: str
    # The title's short form, for lists.
    brief: str
    mode: str
    words: tuple
    contestants: tuple
    rounds: int
    # About how long one measurement takes; only the estimate of the remaining time reads it.
    seconds: float
    # Which table of the document it belongs to.
    table: str
    # Notices per second that are offered, where that is fixed.
    rate: int = 0
    subscribers: int = 10_000
    # Loops of the widest contestant: all of a case get the same cores.
    loops: int = 1
    # The function of bookings.py that measures it; empty: LoadGenerator with subscribers.
    measure: str = ""
    # What SpeedOfLight's bare loop is told, and a second LoadGenerator that runs at the same time.
    bare_words: tuple = ()
    other_words: tuple = ()

    @property
    def load_words(self):
        return (self.mode, *self.words)

    @property
    def offered(self):
        """Deliveries per second that are asked for; 0 where the server sets the pace."""
        return self.rate * self.subscribers


def one_at_a_time(subscribers, broadcasts, who, rounds, seconds):
    """The next booking is made when all subscribers have the one before."""
    return Case(
        name=f"one-{subscribers}", brief=f"{subscribers:,} subscribers, one at a time",
        title=f"{subscribers:,} subscribers, one booking at a time", mode="closed",
        words=("--subscribers", str(subscribers), "--broadcasts", str(broadcasts)),
        contestants=who, rounds=rounds, seconds=seconds, table="closed", subscribers=subscribers,
    )


def secure(subscribers, broadcasts, who, rounds, seconds):
    """One booking at a time through TLS, the floor with OpenSSL records beside it."""
    return Case(
        name="tls", brief="through TLS",
        title=f"{subscribers:,} subscribers through TLS, one booking at a time", mode="closed",
        words=("--subscribers", str(subscribers), "--broadcasts", str(broadcasts)),
        contestants=who, rounds=rounds, seconds=seconds, table="closed", subscribers=subscribers,
    )


def several_loops(subscribers, loops, broadcasts, who, rounds, seconds):
    """One booking at a time; contestants with one loop and with several share the same cores."""
    return Case(
        name="loops", brief=f"{loops} loops",
        title=f"{subscribers:,} subscribers, one booking at a time, {loops} loops beside one",
        mode="closed",
        words=("--subscribers", str(subscribers), "--broadcasts", str(broadcasts)),
        contestants=who, rounds=rounds, seconds=seconds, table="closed", subscribers=subscribers, loops=loops,
    )


def outstanding(subscribers, number, broadcasts, who, rounds, seconds):
    """So many bookings are under way at once."""
    return Case(
        name=f"outstanding-{number}", brief=f"{number} outstanding",
        title=f"{subscribers:,} subscribers, {number} bookings outstanding",
        mode="closed",
        words=("--subscribers", str(subscribers), "--broadcasts", str(broadcasts), "--outstanding", str(number),
               "--warm-up", str(number)),
        contestants=who, rounds=rounds, seconds=seconds, table="closed", subscribers=subscribers,
    )


def open_loop(subscribers, rate, broadcasts, who, rounds, seconds):
    """Bookings at times that are fixed in advance."""
    return Case(
        name=f"rate-{rate}", brief=f"{rate} bookings/s",
        title=f"{subscribers:,} subscribers, {rate} bookings/s", mode="rate",
        words=("--subscribers", str(subscribers), "--rate", str(rate), "--broadcasts", str(broadcasts)),
        contestants=who, rounds=rounds, seconds=seconds, table="rate", rate=rate, subscribers=subscribers,
    )


def stalled(readers, number, rate, broadcasts, who, rounds, seconds):
    """Beside the readers there are subscribers that never read; the figures are the readers'."""
    never = {0: "all reading", 1: "one more that never reads"}.get(number, f"{number:,} more that never read")
    return Case(
        name=f"stalled-{number}", brief=never,
        title=f"{readers:,} subscribers, {rate} bookings/s, {never}", mode="rate",
        words=("--subscribers", str(readers + number), "--stalled", str(number), "--rate", str(rate),
               "--broadcasts", str(broadcasts)),
        contestants=who, rounds=rounds, seconds=seconds, table="stalled", rate=rate, subscribers=readers,
    )


def connecting(subscribers, rate, connects, per_second, who, rounds, seconds):
    """Clients connect during broadcasts."""
    return Case(
        name="connect", brief=f"{rate} broadcasts/s",
        title=f"{per_second} new clients/s while {subscribers:,} subscribers get {rate} broadcasts/s",
        mode="connect",
        words=("--subscribers", str(subscribers), "--rate", str(rate), "--connects", str(connects),
               "--per-second", str(per_second)),
        contestants=who, rounds=rounds, seconds=seconds, table="connect", rate=rate, subscribers=subscribers,
    )


def storm(subscribers=2_000, rate=10, connects=20_000, per_second=5_000, rounds=3):
    """Everybody else comes back at once; the figures that matter are those of who stayed."""
    return [Case(
        name="storm", brief=f"{connects:,} reconnect",
        title=f"{connects:,} clients reconnect, {per_second:,}/s, while {subscribers:,} subscribers get {rate} broadcasts/s",
        mode="connect",
        words=("--subscribers", str(subscribers), "--rate", str(rate), "--connects", str(connects),
               "--per-second", str(per_second)),
        contestants=("seatcast", "seatcast-2-loops"), rounds=rounds, seconds=connects / per_second + 6, table="storm",
        rate=rate, subscribers=subscribers,
    )]


def handshakes(connections, who, rounds, seconds):
    """So many clients connect as fast as they are let in."""
    return Case(
        name="handshakes", brief=f"{connections:,} handshakes",
        title=f"{connections:,} handshakes, 64 at a time", mode="handshakes",
        words=("--connections", str(connections), "--concurrency", "64"),
        contestants=who, rounds=rounds, seconds=seconds, table="handshakes", subscribers=connections,
    )


def idle(subscribers, who, rounds, seconds, name="idle"):
    """What a subscriber costs while nothing happens."""
    way = " through TLS" if name == "idle-tls" else ""
    return Case(
        name=name, title=f"{subscribers:,} idle subscribers{way}", brief=f"idle{way}", mode="idle",
        words=("--subscribers", str(subscribers)),
        contestants=who, rounds=rounds, seconds=seconds, table="idle", subscribers=subscribers,
    )


# Bookings over HTTP. bookings.py makes these events, in this order.

HOT, SOLD_OUT, NOT_OPEN, RECALLED, TYPED, WAITED_FOR, EXPIRING, FIRST_OF_MANY = 1, 2, 3, 4, 5, 6, 7, 8
# Ticket types of TYPED; of WAITED_FOR the first is sold out, and the second is not.
TYPES = 3
# Who waits for the first type of WAITED_FOR.
WAITING = 1_000
MANY = 10_000
UNKNOWN = 999_999
FLOOR_AND_SEATCAST = ("floor-sqlite", "seatcast")

# An attacker's or a second client's head start, and how long a crowd may wait for the end of its bookings.
LEAD_SECONDS = 0.5
CROWD_PATIENCE = 30
ATTACKS = {
    "login": "wrong passwords", "register": "registrations", "malformed": "malformed requests",
    "held": "GET /livez on connections that stay open",
    "recall": "4,000 subscribe_event with an old since on one socket",
    "metrics": "GET /metrics in bursts", "reads": "lists of events in bursts", "pings": "JSON pings",
    "bookings": "one user who books and cancels",
}


def _words(**options):
    """`measured_seconds=2` becomes `--measured-seconds 2`."""
    return tuple(word for name, value in options.items() for word in ("--" + name.replace("_", "-"), str(value)))


def bookings(connections, rounds, seconds, name="", brief="", events=1, keys="no", event=HOT, **more):
    """A closed loop of bookings, and the bare loop with as many plain bookings in each transaction."""
    first = FIRST_OF_MANY if events > 1 else event
    which = {"events": events, "keys": keys}
    brief = brief or f"{connections} connection{'s' if connections > 1 else ''}"
    return Case(
        name=name or f"book-{connections}", brief=brief, title=f"bookings of a seat, {brief}", mode="book",
        words=_words(connections=connections, event=first, measured_seconds=seconds, **which, **more),
        bare_words=_words(batch=connections, first_event=first, seconds=seconds, **which),
        contestants=FLOOR_AND_SEATCAST, rounds=rounds, seconds=seconds + 1.5, table="bookings", measure="requests",
    )


def in_use(rounds, seconds):
    """Bookings of events that use more than the plain case, beside the bare loop's plain ones."""
    return [
        bookings(64, rounds, seconds, name="book-holds", brief="64 connections, holds", hold="yes"),
        bookings(64, rounds, seconds, name="book-types", brief=f"64 connections, {TYPES} ticket types in turn",
                 event=TYPED, types=TYPES),
        bookings(64, rounds, seconds, name="book-waiting", event=WAITED_FOR, types=1, first_type=2,
                 brief=f"64 connections, {WAITING:,} wait for another ticket type"),
        Case(
            name="checkout", brief="holds and confirmations", mode="book",
            title="requests, each booking held and then confirmed, 64 connections",
            words=_words(connections=64, event=HOT, hold="yes", then="confirm", measured_seconds=seconds),
            contestants=("seatcast",), rounds=rounds, seconds=seconds + 1.5, table="requests", measure="requests",
        ),
    ]


def refusals(name, title, event, status, kind, rounds, seconds):
    """A closed loop of bookings that are all refused in the same way."""
    return Case(
        name=name, brief=title, title=f"refusals, {title}, 64 connections", mode="book",
        words=_words(connections=64, event=event, expect=status, type=kind, measured_seconds=seconds),
        contestants=("seatcast",), rounds=rounds, seconds=seconds + 1.5, table="requests", measure="requests",
    )


def over_the_limit(rounds, seconds):
    """One user books as fast as 64 connections go; all but a few bookings are over its limit."""
    return Case(
        name="limits", brief="over a user's limit", title="refusals, over a user's limit, 64 connections", mode="book",
        words=_words(connections=64, event=HOT, expect=429, **{"or": 201}, others="yes", measured_seconds=seconds),
        contestants=("seatcast-user-limit",), rounds=rounds, seconds=seconds + 2, table="requests", measure="limited",
    )


def reads(name, path, rounds, seconds):
    return Case(
        name=name, brief=f"GET {path}", title=f"GET {path}, 64 connections", mode="get",
        words=_words(connections=64, path=path, measured_seconds=seconds),
        contestants=("seatcast",), rounds=rounds, seconds=seconds + 1.5, table="requests", measure="requests",
    )


def half_load(rounds, seconds):
    return Case(
        name="half", brief="half of the maximum", title="bookings at half of the maximum, 64 connections", mode="book",
        words=_words(connections=64, event=HOT, measured_seconds=seconds),
        contestants=("seatcast",), rounds=rounds, seconds=2 * seconds + 5, table="half", measure="half",
    )


def beside_refusals(rounds, seconds, rate=1_000, refused=40_000):
    """Bookings at a fixed rate, alone and while others are refused."""
    return Case(
        name="beside", brief="beside refusals", mode="book",
        title=f"{rate:,} bookings/s, alone and beside {refused:,} refusals/s",
        words=_words(connections=64, event=HOT, rate=rate, measured_seconds=seconds),
        other_words=("book", *_words(connections=64, event=SOLD_OUT, expect=409, rate=refused,
                                     measured_seconds=seconds + LEAD_SECONDS)),
        contestants=("seatcast",), rounds=rounds, seconds=4 * seconds + 4, table="beside", measure="beside",
    )


def attacked(kind, rounds, seconds, rate=400):
    """A crowd of many addresses and users books at a fixed rate, calm and while one address attacks."""
    return Case(
        name=f"attack-{kind}", brief=ATTACKS[kind], mode="book",
        title=f"{rate} bookings/s of a crowd, calm and attacked: {ATTACKS[kind]}",
        words=_words(connections=100, addresses=100, first_address=256, event=HOT, rate=rate, others="yes",
                     measured_seconds=seconds),
        other_words=("attack", *_words(attack=kind, first_address=1, event=RECALLED if kind == "recall" else HOT,
                                       measured_seconds=seconds + 2 * LEAD_SECONDS)),
        contestants=("seatcast-limits",), rounds=rounds, seconds=6 * seconds + 8, table="attack", measure="attacked",
    )


# The day of a sale. sale.py measures these.

SALE_USERS, SALE_SEATS = 20_000, 1_000
HOLDS, HOLD_SECONDS = 10_000, 5


def sale(rounds=3, seconds=3, rate=1_000):
    words = _words(connections=64, event=HOT, rate=rate, measured_seconds=seconds)
    return [
        Case(
            name="sale", brief="everybody at once", mode="sale",
            title=f"{SALE_USERS:,} users for {SALE_SEATS:,} seats within a second, with retries",
            words=_words(connections=SALE_USERS, addresses=SALE_USERS, first_address=256, capacity=SALE_SEATS,
                         measured_seconds=1, seconds=120),
            contestants=("seatcast-default",), rounds=rounds, seconds=15, table="sale", measure="sale",
        ),
        Case(
            name="expiring", brief="holds expire", mode="book",
            title=f"{rate:,} bookings/s, alone and while {HOLDS:,} holds expire",
            words=_words(connections=64, event=HOT, rate=rate, measured_seconds=2),
            other_words=("book", *_words(connections=64, event=EXPIRING, hold="yes", requests=HOLDS)),
            contestants=("seatcast",), rounds=rounds, seconds=25, table="expiring", measure="expiring",
        ),
        Case(
            name="backup", brief="backups", mode="book",
            title=f"{rate:,} bookings/s, alone and while backups are made", words=words,
            other_words=("book", *_words(connections=256, event=HOT, requests=200_000)),
            contestants=("seatcast",), rounds=rounds, seconds=25, table="backup", measure="backed_up",
        ),
    ]


# Plans

# What measuring may take; building comes before, and starting and writing take a few seconds more.
BUDGETS = {"quick": 180, "full": 57 * 60, "bookings": 8 * 60, "attack": 10 * 60, "sale": 6 * 60, "storm": 3 * 60}

PLAIN_FLOORS = ("floor-send", "floor-io_uring")
ROLLING_FLOORS = ("rolling-send", "rolling-io_uring")
PEERS = ("uwebsockets", "swift-nio", "nchan", "node-ws")
BOTH = ("seatcast", "seatcast-send")
SECURE = ("floor-tls", "seatcast-tls", "seatcast-tls-compact")

# Notices per second of the throughput over latency curve.
RATES = (5, 10, 20, 40, 100, 200, 300)


def quick():
    """The floors, seatcast and uWebSockets on the questions that matter most."""
    few = (*PLAIN_FLOORS, "seatcast", "uwebsockets")
    rolling = (*ROLLING_FLOORS, "seatcast", "uwebsockets")
    newcomers = ("rolling-send", "seatcast", "uwebsockets")
    return [
        one_at_a_time(1_000, 200, few, rounds=3, seconds=1.3),
        one_at_a_time(10_000, 20, few, rounds=3, seconds=2.5),
        outstanding(10_000, 32, 160, rolling, rounds=3, seconds=1.6),
        connecting(10_000, 10, 100, 50, newcomers, rounds=1, seconds=3.2),
        idle(10_000, ("seatcast",), rounds=1, seconds=1.6),
        secure(10_000, 12, SECURE, rounds=1, seconds=7.5),
        idle(10_000, SECURE[1:], rounds=1, seconds=7.0, name="idle-tls"),
        bookings(1, rounds=1, seconds=2),
        bookings(64, rounds=2, seconds=2),
        refusals("sold-out", "sold out", SOLD_OUT, 409, "sold-out", rounds=1, seconds=2),
        reads("livez", "/livez", rounds=1, seconds=2),
        reads("read", f"/api/events/{HOT}", rounds=1, seconds=2),
    ]


def full():
    """Every contestant, on every row of the target table that one machine can show in an hour."""
    every_contestant = (*PLAIN_FLOORS, *BOTH, *PEERS)
    waiting = ("floor-send", "joined-send", *ROLLING_FLOORS, *BOTH, *PEERS)
    return [
        one_at_a_time(1_000, 400, every_contestant, rounds=5, seconds=4.0),
        one_at_a_time(10_000, 40, every_contestant, rounds=5, seconds=5.0),
        outstanding(10_000, 32, 320, waiting, rounds=3, seconds=10.0),
        several_loops(10_000, 2, 60, ("seatcast", "seatcast-2-loops"), rounds=5, seconds=6.0),
        idle(10_000, (*ROLLING_FLOORS, *BOTH, *PEERS), rounds=3, seconds=4.0),
        secure(10_000, 40, SECURE, rounds=3, seconds=12.0),
        idle(10_000, SECURE, rounds=2, seconds=6.0, name="idle-tls"),
        handshakes(10_000, ("floor-send", *BOTH, *PEERS), rounds=5, seconds=4.0),
        connecting(10_000, 10, 500, 50, ("rolling-send", *BOTH, *PEERS), rounds=3, seconds=14.0),
        *[_at_rate(rate) for rate in RATES],
        *[
            stalled(10_000, number, 200, 2_000, ("seatcast",), rounds=3, seconds=13.0)
            for number in (0, 1, 1_000)
        ],
        *over_http(rounds=2),
    ]


def over_http(rounds=3, seconds=3):
    """Everything about bookings, refusals and reads."""
    return [
        *[bookings(connections, rounds, seconds) for connections in (1, 16, 64, 256)],
        bookings(64, rounds, seconds, name="book-keys", brief="64 connections, with Idempotency-Key", keys="yes"),
        *in_use(rounds, seconds),
        bookings(64, rounds, seconds, name="book-many", brief=f"64 connections, {MANY:,} events in turn", events=MANY),
        refusals("sold-out", "sold out", SOLD_OUT, 409, "sold-out", rounds, seconds),
        refusals("not-open", "not open yet", NOT_OPEN, 409, "not-open", rounds, seconds),
        refusals("unknown", "unknown event", UNKNOWN, 404, "unknown-event", rounds, seconds),
        over_the_limit(rounds, seconds),
        reads("livez", "/livez", rounds, seconds),
        reads("read", f"/api/events/{HOT}", rounds, seconds),
        half_load(rounds, seconds),
        beside_refusals(rounds, seconds),
    ]


def attack(rounds=2, seconds=3):
    return [attacked(kind, rounds, seconds) for kind in ATTACKS]


PLANS = {"quick": quick, "full": full, "bookings": over_http, "attack": attack, "sale": sale, "storm": storm}


def _at_rate(rate):
    """Four seconds of bookings or 40, which a server that falls behind may stretch to a minute."""
    who = ("floor-send", *ROLLING_FLOORS, *BOTH, *PEERS)
    return open_loop(10_000, rate, max(40, 4 * rate), who, rounds=3, seconds=8.0)


def budget(mode, rounds):
    """Seconds; with --rounds there is no limit."""
    return math.inf if rounds else BUDGETS[mode]


def expected_seconds(schedule):
    return [case.seconds for _, case, _ in schedule]
