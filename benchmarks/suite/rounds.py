"""The order of a run: within each round the contestants take turns, case by case.

A contestant that sends a wrong frame is judged by its kind: a floor or seatcast ends the run, a peer is taken out
and named. Who is only too slow has no figure for that case, and is not asked for higher rates. After the first
round the run keeps within its time: what does not fit any more is left out.
"""
import math

from suite import contestants, lock, measurement
from suite.failure import Failure, Late
from suite.results import Results

# Below this share of what is offered a higher rate shows nothing new.
HOPELESS = 0.5


class Turns:
    """Goes through a plan; results grow as it goes."""

    def __init__(self, plan, field, programs, progress, seconds=math.inf):
        """`seconds`: how long all measurements together may take."""
        self._plan = plan
        self._field = field
        self._programs = programs
        self._progress = progress
        self._seconds = seconds
        self._hopeless = {}
        # Measurements that no time was left for.
        self.omitted = 0
        self.results = Results()

    def run(self):
        for number, case, contestant in schedule(self._plan, self._field):
            if contestant.name in self.results.failures or self._is_hopeless(case, contestant):
                self._progress.skip(case)
            elif number > 1 and not self._progress.fits(case, self._seconds):
                self.omitted += 1
                self._progress.skip(case)
            else:
                self._take(number, case, contestant)
        return self.results

    def _take(self, number, case, contestant):
        with lock.held():
            self._progress.begin(number, case, contestant)
            try:
                made = measurement.measure(case, contestant, number, self._programs)
            except Failure as failure:
                self._judge(case, contestant, failure)
            else:
                self.results.add(made)
                self._note_rate(case, contestant, made.figures.get("deliveries_per_second", 0))
                self._progress.end(case, made.figures)

    def _judge(self, case, contestant, failure):
        sentence = f"{case.title}: {failure}"
        if isinstance(failure, Late):
            self.results.note_late(contestant.name, sentence)
            self._note_rate(case, contestant, 0)
        elif contestant.kind == contestants.PEER:
            self.results.withdraw(contestant.name, sentence)
        else:
            raise Failure(f"{contestant.name}, {sentence}") from failure
        self._progress.fail(case, sentence)

    def _is_hopeless(self, case, contestant):
        return case.table == "rate" and case.rate > self._hopeless.get(contestant.name, case.rate)

    def _note_rate(self, case, contestant, served):
        if case.table == "rate" and served < HOPELESS * case.offered:
            known = self._hopeless.get(contestant.name, case.rate)
            self._hopeless[contestant.name] = min(known, case.rate)


def schedule(plan, field):
    """Round, case and contestant of each measurement in order: A B C, A B C; absent ones are left out."""
    most = max((case.rounds for case in plan), default=0)
    return [
        (number, case, field.present[name])
        for number in range(1, most + 1)
        for case in plan
        if number <= case.rounds
        for name in case.contestants
        if name in field.present
    ]
