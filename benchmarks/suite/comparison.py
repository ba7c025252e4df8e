"""What lost to whom, plainly: seatcast beside everybody who was asked the same question in the same run.

Rounds decide what is a difference: whoever is ahead in one round and behind in another has not won. With fewer
than three rounds that says little, and 15 % are wanted besides.
"""
from dataclasses import dataclass

from suite import contestants, targets

SUSTAINED = 0.95  # of what is offered
FEW_ROUNDS, NOISE = 3, 1.15


@dataclass(frozen=True)
class Measure:
    """A figure that two contestants are compared by."""

    table: str
    key: str
    words: str
    less_is_better: bool = True


MEASURES = (
    Measure("closed", "cpu_seconds_per_million", "CPU per delivery"),
    Measure("rate", "last_p50_ms", "time to the last subscriber (p50)"),
    Measure("connect", "connect_p99_ms", "time to connect (p99)"),
    Measure("handshakes", "handshakes_per_second", "handshakes per second", less_is_better=False),
    Measure("idle", "bytes_per_subscriber", "memory per subscriber"),
    Measure("million", "last_p50_ms", "time to the last subscriber (p50)"),
)
OURS = ("seatcast", "seatcast-send", "seatcast-tls", "seatcast-million")
LOST, DRAW, WON = "lost to", "cannot be told apart from", "beat"


@dataclass(frozen=True)
class Outcome:
    case: object
    measure: Measure
    against: str
    verdict: str
    # The worse figure divided by the better one; None: one of the two fell behind, which no factor describes.
    factor: float | None


def text(plan, results, field):
    """Losses first, then draws, then wins, for each contestant of ours; a line for each of the others."""
    parts = []
    for who in OURS:
        outcomes = [each for case in plan for each in _outcomes(who, case, results)]
        for verdict in (LOST, DRAW, WON):
            lines = _lines([each for each in outcomes if each.verdict == verdict], field)
            if lines:
                parts.append(f"{field.label(who)} {verdict}\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _outcomes(who, case, results):
    measure = next((each for each in MEASURES if each.table == case.table), None)
    if measure is None or not results.has(case.name, who):
        return []
    others = [name for name in results.contestants(case.name) if not name.startswith(contestants.SEATCAST)]
    made = [_outcome(who, other, case, measure, results) for other in others]
    return [each for each in made if each]


def _outcome(who, other, case, measure, results):
    mine, theirs = (case.name, who), (case.name, other)
    # Above 1 where ours is better.
    pair = (theirs, mine) if measure.less_is_better else (mine, theirs)
    ratio = results.ratio(measure.key, *pair)
    if not ratio or not ratio.low:
        return None
    standing = [keeps_up(case, name, results) for name in (who, other)]
    if standing != [True, True]:
        # Two that fall behind have nothing to compare.
        verdict = {(True, False): WON, (False, True): LOST}.get(tuple(standing))
        return Outcome(case, measure, other, verdict, None) if verdict else None
    factor = max(ratio.middle, 1 / ratio.middle)
    few = len(results.values(*mine, measure.key)) < FEW_ROUNDS
    if ratio.low <= 1 <= ratio.high or (few and factor < NOISE):
        return Outcome(case, measure, other, DRAW, factor)
    return Outcome(case, measure, other, WON if ratio.middle > 1 else LOST, factor)


def keeps_up(case, name, results):
    """Whether a contestant delivers what is offered, where the pace is fixed."""
    if case.table != "rate":
        return True
    served = results.spread(case.name, name, "deliveries_per_second")
    return bool(served) and served.middle >= SUSTAINED * case.offered


def _lines(outcomes, field):
    """`- uWebSockets: CPU per delivery (32 outstanding: x 1.78), ...` for each rival."""
    lines = []
    for rival in dict.fromkeys(each.against for each in outcomes):
        mine = [each for each in outcomes if each.against == rival]
        measures = dict.fromkeys(each.measure for each in mine)
        parts = [_part(measure, [each for each in mine if each.measure == measure]) for measure in measures]
        lines.append(f"- {targets.plain(field.label(rival))}: " + "; ".join(parts))
    return lines


def _part(measure, outcomes):
    cases = ", ".join(f"{each.case.brief} {_amount(each)}".strip() for each in outcomes)
    return f"{measure.words} ({cases})"


def _amount(outcome):
    if outcome.verdict == DRAW:
        return ""
    return f"x {outcome.factor:.2f}" if outcome.factor else "not kept up with"
