"""What lost to whom, in plain sentences: seatcast beside everybody who was asked the same question in the same run.

Rounds decide what is a difference: where the two spreads overlap, nobody has won.
"""
from dataclasses import dataclass

from suite import contestants, targets


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
    Measure("idle", "bytes_per_subscriber", "memory per idle subscriber"),
)
OURS = ("seatcast", "seatcast-send")


def paragraph(plan, results, field):
    """Losses first, then draws, then wins; a paragraph of its own for each contestant of ours."""
    paragraphs = [_about(who, plan, results, field) for who in OURS]
    return "\n\n".join(text for text in paragraphs if text)


def _about(who, plan, results, field):
    outcomes = [each for case in plan for each in _outcomes(who, case, results)]
    if not outcomes:
        return ""
    sentences = [
        _sentence(who, verb, [each for each in outcomes if each.verdict == verdict], field)
        for verdict, verb in ((LOST, "lost to"), (DRAW, "cannot be told apart from"), (WON, "beat"))
    ]
    return " ".join(each for each in sentences if each)


LOST, DRAW, WON = "lost", "draw", "won"


@dataclass(frozen=True)
class Outcome:
    case: object
    measure: Measure
    against: str
    verdict: str
    # Theirs beside ours, always above 1 for whoever did better.
    factor: float


def _outcomes(who, case, results):
    measure = next((each for each in MEASURES if each.table == case.table), None)
    if measure is None or not results.has(case.name, who):
        return []
    others = [name for name in results.contestants(case.name) if not name.startswith(contestants.SEATCAST)]
    made = [_outcome(who, other, case, measure, results) for other in others]
    return [each for each in made if each]


def _outcome(who, other, case, measure, results):
    ours, theirs = (results.spread(case.name, name, measure.key) for name in (who, other))
    if not ours or not theirs or not ours.middle or not theirs.middle:
        return None
    factor = theirs.middle / ours.middle if measure.less_is_better else ours.middle / theirs.middle
    if ours.overlaps(theirs):
        verdict = DRAW
    else:
        verdict = WON if factor > 1 else LOST
    return Outcome(case, measure, other, verdict, max(factor, 1 / factor))


def _sentence(who, verb, outcomes, field):
    """`**seatcast** lost to A (x 1.10) in ...; to B (x 1.30) in ...` for all outcomes of one kind."""
    if not outcomes:
        return ""
    parts = []
    for case in dict.fromkeys(each.case for each in outcomes):
        mine = [each for each in outcomes if each.case == case]
        names = [f"{targets.plain(field.label(each.against))} (x {each.factor:.2f})" for each in mine]
        parts.append(f"{_listed(names)} in {mine[0].measure.words} with {case.title}")
    return f"{targets.plain(field.label(who))} {verb} " + "; ".join(parts) + "."


def _listed(names):
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
