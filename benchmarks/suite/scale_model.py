"""A model of many nodes with one hot event: bookings, batches, commits, the bus, and the rolling passes of every loop.

Discrete events with measured service times; nothing here runs a server or looks at a clock. `scale.py` has the steps that are
simulated, what the model is compared with, and the document; docs/SCALE.md says what follows.

What it leaves out: lost messages and their repair, retransmissions, slow readers, garbage of other events, clients that come and
go during a sale (a storm is simulated apart), and the time between the network card and the page.
"""
import bisect
import heapq
import random
from dataclasses import dataclass, field, replace

# LedgerQueue.batchLimit, frames of a topic's log, handshakes under way per loop: the server's own bounds.
BATCH_LIMIT, LOG_FRAMES, HANDSHAKES_PER_LOOP = 512, 256, 2_048
# Full jitter of the JavaScript client: the bound of the first attempt, of which each further one has the double, and the last.
FIRST_BACKOFF, LAST_BACKOFF = 0.4, 15.0
COHORT = 256
# Of a node that NOTIFY woke: what changed, the event's row, its notices.
READS = 3
# Cohorts of a loop are simulated in so many slices at most, which keeps a step within seconds.
SLICES = 48


@dataclass(frozen=True)
class Costs:
    """Service times in seconds and sizes in bytes; where each comes from stands in `scale.INPUTS`."""

    send: float
    frame: float
    batch: float
    booking: float
    handshake: float
    # Of a frame, and of a message that stands for many.
    frame_bytes: int = 40
    skip_bytes: int = 330
    # Of each packet: IP and TCP with timestamps, and the record of TLS.
    packet_bytes: int = 52
    record_bytes: int = 22


@dataclass(frozen=True)
class Step:
    """One size of the system, and the load on it."""

    name: str
    nodes: int
    subscribers: int
    bookings: float
    loops: int
    costs: Costs
    # Nodes that take bookings of the event; the others only fan out.
    writers: int = 1
    # Seconds between two sends to the same subscriber; 0: as often as the loop comes by.
    pace: float = 0.0
    # Between a node and the database, there and back; what a durable commit waits for beyond the measured batch.
    round_trip: float = 0.0
    sync: float = 0.0
    # One way, of each stage between the node that commits and one that sends; a stage sends a copy per receiver.
    hops: tuple = ()
    copy: float = 0.0
    # Work of the reads by which a node learns what changed when only NOTIFY wakes it; 0: the bus brings the notices.
    read: float = 0.0
    gigabits: float = 10.0
    tls: bool = True
    seconds: float = 12.0
    shared_skip: bool = False
    seed: int = field(default=1, compare=False)

    @property
    def per_loop(self):
        return self.subscribers / self.nodes / self.loops


@dataclass(frozen=True)
class Commit:
    at: float
    node: int
    frames: int


# Bookings to commits


def arrivals(rate, seconds, random_source):
    """Moments of a Poisson process."""
    moments, now = [], random_source.expovariate(rate)
    while now < seconds:
        moments.append(now)
        now += random_source.expovariate(rate)
    return moments


def commits(step, random_source):
    """Every batch in order of commit, and the time that each booking waited for its answer.

    A node begins a batch with all that waits, when its last one is answered. The event's row is locked for a round trip (the
    answer to BEGIN and the way of the commit) and the work; nodes get it in order of asking. Without a round trip it is a
    store of one's own.
    """
    waiting = [arrivals(step.bookings / step.writers, step.seconds, random_source) for _ in range(step.writers)]
    starts = [(moments[0], node) for node, moments in enumerate(waiting) if moments]
    heapq.heapify(starts)
    free, taken = 0.0, [0] * step.writers
    made, answers = [], []
    half = step.round_trip / 2
    while starts:
        # When the node asks; what has come by then is the batch.
        asked, node = heapq.heappop(starts)
        begin, moments = taken[node], waiting[node]
        end = min(bisect.bisect_right(moments, asked), begin + BATCH_LIMIT)
        work = step.costs.batch + step.costs.booking * (end - begin) + step.sync
        free = max(free, asked + half) + step.round_trip + work
        told = free + half
        made.append(Commit(free, node, end - begin))
        answers += [told - moment for moment in moments[begin:end]]
        taken[node] = end
        if end < len(moments):
            heapq.heappush(starts, (max(told, moments[end]), node))
    return made, answers


# The bus


def arrivals_at(step, node, made, random_source):
    """When each commit is known at a node, in order. A stage's copies leave one after the other, so a node waits for those of
    the nodes before it."""
    known, latest = [], 0.0
    share = node % max(1, min(step.nodes, 30))
    for each in made:
        moment = each.at + step.round_trip / 2
        if step.nodes > 1 and node != each.node:
            if step.read:
                moment += READS * step.round_trip + step.read
            for hop in step.hops:
                moment += hop * random_source.lognormvariate(0, 0.3) + step.copy * share
        latest = max(latest, moment)
        known.append(latest)
    return known


# A loop: the rolling pass


@dataclass
class Loop:
    """What a loop did: per slice when each visit began and ended, and totals."""

    starts: list
    ends: list
    busy: float = 0.0
    sends: float = 0.0
    frames: float = 0.0
    skips: float = 0.0
    bytes: float = 0.0


def visit(step, missed, subscribers):
    """Of so many subscribers who have each missed so many frames: the time of the core, frames each, skips each, bytes each."""
    costs = step.costs
    skip = missed > LOG_FRAMES or (step.pace > 0 and missed > 1)
    frames = 1 if skip else missed
    size = (costs.frame_bytes if not skip or step.shared_skip else costs.skip_bytes) * frames
    size += costs.packet_bytes * (1 + size // 1400) + (costs.record_bytes if step.tls else 0)
    return subscribers * (costs.send + costs.frame * (frames - 1)), frames, int(skip), size


def roll(step, known, numbers):
    """Sends from slice to slice what each has missed; a slice that was sent something waits for its pace.

    - known: when each commit is known here; numbers: frames up to and with each commit.
    """
    slices = max(1, min(SLICES, round(step.per_loop / COHORT)))
    subscribers = step.per_loop / slices
    line_rate = step.gigabits * 1e9 / 8 / step.loops
    loop = Loop([[] for _ in range(slices)], [[] for _ in range(slices)])
    # Paced slices have their turns evenly over the pace.
    due = [(index / slices * step.pace, index) for index in range(slices)]
    cursors, now = [0] * slices, 0.0
    heapq.heapify(due)
    while due:
        at, index = heapq.heappop(due)
        now = max(now, at)
        place = bisect.bisect_right(known, now)
        head = numbers[place - 1] if place else 0
        missed = head - cursors[index]
        if not missed:
            if place == len(known):
                continue
            # A rolling pass goes on when something comes; a paced slice looks again in its next turn.
            heapq.heappush(due, (known[place] if not step.pace else _next_turn(at, known[place], step.pace), index))
            continue
        seconds, frames, skips, size = visit(step, missed, subscribers)
        loop.starts[index].append(now)
        busy_until = now + max(seconds, size * subscribers / line_rate)
        loop.ends[index].append(busy_until)
        loop.busy += seconds
        loop.sends += subscribers
        loop.frames += frames * subscribers
        loop.skips += skips * subscribers
        loop.bytes += size * subscribers
        cursors[index] = head
        now = busy_until
        heapq.heappush(due, (at + step.pace * max(1, -(-(now - at) // step.pace)) if step.pace else now, index))
    return loop


def _next_turn(turn, moment, pace):
    """The first turn of the same phase at or after a moment."""
    return turn + max(1, -(-(moment - turn) // pace)) * pace


# A whole step


@dataclass(frozen=True)
class Outcome:
    """Times in seconds from the commit; rates per second while bookings come."""

    answer_p50: float
    answer_p99: float
    batch: float
    commits_per_second: float
    each_p50: float
    each_p99: float
    last_p50: float
    last_p99: float
    messages: float
    sends: float
    node_bytes: float
    core: float
    # Whether bookings are committed as fast as they come.
    keeps_up: bool


def simulate(step, samples=120):
    """One step; the same seed gives the same figures."""
    source = random.Random(step.seed)
    made, answers = commits(step, source)
    numbers = _running_sum(each.frames for each in made)
    loops, knowns = [], []
    for node in range(step.nodes):
        known = arrivals_at(step, node, made, source)
        knowns.append(known)
        loops.append(roll(step, known, numbers))
    # Only what was committed in the second half: a paced or a loaded loop needs a while to get into its stride.
    places = [place for place, each in enumerate(made) if step.seconds / 2 <= each.at <= step.seconds]
    chosen = source.sample(places, min(samples, len(places)))
    everybody, last = _latencies(made, knowns, loops, chosen)
    people = step.subscribers / step.nodes / step.loops
    committed = max(step.seconds, made[-1].at)
    duration = max(committed, max(ends[-1] for loop in loops for ends in loop.ends if ends))

    def rate(key):
        return sum(getattr(loop, key) for loop in loops) / len(loops) / duration

    return Outcome(
        answer_p50=percentile(answers, 50), answer_p99=percentile(answers, 99),
        batch=sum(each.frames for each in made) / len(made), commits_per_second=len(made) / committed,
        each_p50=percentile(everybody, 50), each_p99=percentile(everybody, 99),
        last_p50=percentile(last, 50), last_p99=percentile(last, 99),
        messages=rate("frames") / people, sends=rate("sends") / people,
        node_bytes=rate("bytes") * step.loops, core=rate("busy"), keeps_up=committed < step.seconds * 1.05,
    )


def _latencies(made, knowns, loops, chosen):
    """Of the chosen commits: the times to every slice of every node, and to the last of all."""
    everybody, last = [], []
    for place in chosen:
        latest = 0.0
        for known, loop in zip(knowns, loops):
            for starts, ends in zip(loop.starts, loop.ends):
                number = bisect.bisect_left(starts, known[place])
                if number < len(starts):
                    # A visit's subscribers are served one after the other: the middle one stands for them all.
                    everybody.append((starts[number] + ends[number]) / 2 - made[place].at)
                    latest = max(latest, ends[number] - made[place].at)
        last.append(latest)
    return everybody, last


def _running_sum(numbers):
    total, sums = 0, []
    for each in numbers:
        total += each
        sums.append(total)
    return sums


def percentile(values, percent):
    """The nearest rank; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


# A storm of reconnects


@dataclass(frozen=True)
class Storm:
    """Everybody of somewhere comes back at once, to nodes that still stand."""

    clients: float
    nodes: int
    loops: int
    # Of a core: connection, TLS, token, subscription. `share`: of the cores that is left for it.
    handshake: float
    share: float = 1.0
    # Of a core: a connection that is closed at accept. A loop gives new connections at most half of its time.
    refusal: float = 10e-6
    # Seconds over which the server has told them to come back; 0: it could not tell them, so they take full jitter.
    slot: float = 0.0


@dataclass(frozen=True)
class Recovery:
    half: float
    most: float
    last: float
    attempts: float
    peak: float


def recover(storm, tick=0.02, limit=1_800.0):
    """A fluid: clients are amounts. Per tick those whose moment has come are accepted up to the bound of handshakes under way;
    the rest is closed at accept and waits anew, for a random time up to a bound that doubles."""
    ticks = int(limit / tick)
    levels = 8
    # coming[level][t]: by how much the rate of those at their level-th attempt changes at t.
    coming = [[0.0] * (ticks + 2) for _ in range(levels)]
    _spread(coming[0], 0, storm.slot or FIRST_BACKOFF, storm.clients, tick)
    rates, queue, back, attempts, peak = [0.0] * levels, 0.0, 0.0, 0.0, 0.0
    core_time = storm.nodes * storm.loops * storm.share * tick
    room = float(HANDSHAKES_PER_LOOP * storm.loops * storm.nodes)
    marks = {}
    for now in range(ticks):
        for level in range(levels):
            rates[level] += coming[level][now]
        total = max(0.0, sum(rates))
        attempts += total
        peak = max(peak, total / tick)
        accepted = min(total, room - queue)
        for level in range(levels):
            refused = rates[level] * (1 - accepted / total) if total > 1e-9 else 0.0
            if refused > 1e-9:
                following = min(levels - 1, level + 1)
                _spread(coming[following], now + 1, min(LAST_BACKOFF, FIRST_BACKOFF * 2**following), refused, tick)
        queue += accepted
        lost = min(core_time / 2, (total - accepted) * storm.refusal)
        done = min(queue, (core_time - lost) / storm.handshake)
        queue -= done
        back += done
        for mark in (0.5, 0.99, 0.999):
            if back >= mark * storm.clients:
                marks.setdefault(mark, (now + 1) * tick)
        if 0.999 in marks:
            break
    never = float("inf")
    return Recovery(marks.get(0.5, never), marks.get(0.99, never), marks.get(0.999, never),
                    attempts / storm.clients, peak / storm.nodes)


def _spread(changes, begin, seconds, amount, tick):
    """Adds an amount evenly over so many seconds from a tick on."""
    length = max(1, round(seconds / tick))
    if begin < len(changes):
        changes[begin] += amount / length
        if begin + length < len(changes):
            changes[begin + length] -= amount / length


def with_tls(costs, factor):
    """The same costs through TLS, whose records make a send dearer."""
    return replace(costs, send=costs.send * factor, frame=costs.frame * factor)
