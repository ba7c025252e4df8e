"""What can be measured: a case is one way of asking a server, the same for every contestant.

The words of a case are LoadGenerator's. `broadcasts` are few enough that a slow contestant ends in time, and many
enough that a fast one runs long beside the clock ticks of its CPU time (10 ms).
"""
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

    @property
    def load_words(self):
        return (self.mode, *self.words)

    @property
    def offered(self):
        """Deliveries per second that are asked for; 0 where the server sets the pace."""
        return self.rate * self.subscribers


def one_at_a_time(subscribers, broadcasts, who, rounds, seconds):
    """The next booking is made when everybody has the one before."""
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
    """Bookings at fixed times, whatever the server does."""
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
    """New clients come in while everybody else is being told."""
    return Case(
        name="connect", brief=f"{rate} broadcasts/s",
        title=f"{per_second} new clients/s while {subscribers:,} subscribers get {rate} broadcasts/s",
        mode="connect",
        words=("--subscribers", str(subscribers), "--rate", str(rate), "--connects", str(connects),
               "--per-second", str(per_second)),
        contestants=who, rounds=rounds, seconds=seconds, table="connect", rate=rate, subscribers=subscribers,
    )


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
