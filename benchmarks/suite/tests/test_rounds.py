import os
import unittest
from unittest import mock

from suite import plans, rounds
from suite.servers import Measurement
from suite.system import Failure, Late
from suite.tests import fakes


class Silence:
    def __init__(self):
        self.skipped = []
        self.time_left = True

    def fits(self, case, seconds):
        return self.time_left

    def begin(self, *_): pass
    def end(self, *_): pass
    def fail(self, *_): pass

    def skip(self, case):
        self.skipped.append(case.name)


def taken(plan, answer, field=None):
    """The results and the silence of a run whose measurements come from `answer`."""
    progress = Silence()
    turns = rounds.Turns(plan, field or fakes.field(), None, progress)
    with mock.patch("suite.servers.measure", answer):
        return turns.run(), progress


class ScheduleTests(unittest.TestCase):
    def test_contestants_take_turns_within_each_round(self):
        names = [who.name for _, _, who in rounds.schedule([fakes.ONES], fakes.field())]
        self.assertEqual(names, ["floor-send", "floor-io_uring", "seatcast", "uwebsockets"] * 3)

    def test_absent_contestants_have_no_turn(self):
        schedule = rounds.schedule([fakes.ONES], fakes.field(absent=("floor-io_uring", "uwebsockets")))
        self.assertEqual([who.name for _, _, who in schedule], ["floor-send", "seatcast"] * 3)

    def test_a_case_has_its_own_number_of_rounds(self):
        short = plans.idle(10, ("seatcast",), rounds=1, seconds=1)
        long = plans.handshakes(10, ("seatcast",), rounds=2, seconds=1)
        names = [(number, case.name) for number, case, _ in rounds.schedule([short, long], fakes.field())]
        self.assertEqual(names, [(1, "idle"), (1, "handshakes"), (2, "handshakes")])


class TurnsTests(unittest.TestCase):
    def test_a_violation_of_seatcast_or_a_floor_ends_the_run(self):
        def fail(case, contestant, number, _):
            raise Failure("a frame was wrong")

        with self.assertRaises(Failure) as caught:
            taken([fakes.ONES], fail)
        self.assertIn("floor-send", str(caught.exception))

    def test_a_violation_of_a_peer_takes_it_out(self):
        def fail_peer(case, contestant, number, _):
            if contestant.name == "uwebsockets":
                raise Failure("a frame was wrong")
            return Measurement(case.name, contestant.name, number, {"x": 1.0})

        results, progress = taken([fakes.ONES], fail_peer)
        self.assertIn("a frame was wrong", results.failures["uwebsockets"])
        self.assertFalse(results.has("one-10000", "uwebsockets"))
        self.assertEqual(progress.skipped, ["one-10000"] * 2)
        self.assertEqual(results.values("one-10000", "seatcast", "x"), {1: 1.0, 2: 1.0, 3: 1.0})

    def test_who_cannot_hold_half_a_rate_is_not_asked_for_higher_ones(self):
        plan = [plans.open_loop(10, rate, 5, ("seatcast",), rounds=1, seconds=1) for rate in (10, 20, 40)]

        def hold_ninety(case, contestant, number, _):
            return Measurement(case.name, contestant.name, number, {"deliveries_per_second": 90.0})

        results, progress = taken(plan, hold_ninety)
        self.assertTrue(results.has("rate-20", "seatcast"))
        self.assertEqual(progress.skipped, ["rate-40"])

    def test_who_is_too_slow_has_no_figure_there_and_no_higher_rate(self):
        plan = [plans.open_loop(10, rate, 5, ("seatcast", "uwebsockets"), rounds=1, seconds=1) for rate in (10, 20)]

        def be_late(case, contestant, number, _):
            if contestant.name == "uwebsockets":
                raise Late("not finished in 240 s")
            return Measurement(case.name, contestant.name, number, {"deliveries_per_second": 10.0 * case.rate})

        results, progress = taken(plan, be_late)
        self.assertEqual(results.failures, {})
        self.assertEqual([name for name, _ in results.late], ["uwebsockets"])
        self.assertEqual(progress.skipped, ["rate-20"])
        self.assertTrue(results.has("rate-20", "seatcast"))

    def test_only_later_rounds_are_left_out_when_time_is_short(self):
        progress = Silence()
        progress.time_left = False
        turns = rounds.Turns([fakes.ONES], fakes.field(), None, progress, seconds=1)
        with mock.patch("suite.servers.measure", lambda case, who, number, _: Measurement(
                case.name, who.name, number, {"x": 1.0})):
            results = turns.run()
        self.assertEqual(turns.omitted, 8)
        self.assertEqual(results.values("one-10000", "seatcast", "x"), {1: 1.0})


class WatchTests(unittest.TestCase):
    def test_it_notes_when_all_were_connected_and_tells_now_and_then(self):
        moments, counts, said = iter([0.0, 1.0, 6.0, 7.0]), iter([4, 54, 104, 204]), []
        watch = rounds.Watch(100, os.getpid(), lambda: next(moments), lambda: next(counts), said.append)
        watch()
        self.assertEqual((watch.figures, said), ({}, []))
        watch()
        self.assertIn("50 connected after 6 s, about 6 s left", said.pop())
        watch()
        self.assertEqual(watch.figures, {"connected_seconds": 7.0})
        self.assertIn("all connected after 7 s", said.pop())
        # Counts of the kernel while they close again no longer matter.
        watch()
        self.assertEqual((watch.figures, said), ({"connected_seconds": 7.0}, []))
    def test_sockets_from_the_kernels_count(self):
        self.assertEqual(rounds.count_of_sockets("sockets: used 24\nTCP: inuse 42 orphan 0 tw 9\nUDP: inuse 7\n"), 42)
        self.assertEqual(rounds.count_of_sockets(""), 0)


class ProgressTests(unittest.TestCase):
    def test_the_estimate_learns_from_what_things_took(self):
        moments = iter([0.0, 2.0])
        said = []
        shown = rounds.Progress([1.0, 1.0, 2.0], clock=lambda: next(moments), output=said.append)
        self.assertEqual(shown.seconds_left, 4.0)
        shown.begin(1, fakes.ONES, fakes.field().present["seatcast"])
        shown.end(fakes.ONES, {"last_p50_ms": 1.0})
        self.assertEqual(shown.seconds_left, 6.0)
        self.assertIn("[1/3, about 4 s left] round 1", said[0])
        shown.skip(fakes.ONES)
        self.assertEqual(shown.seconds_left, 4.0)

    def test_what_fits_is_judged_by_the_pace_so_far(self):
        moments = iter([0.0, 2.0])
        shown = rounds.Progress([1.0, 1.0], clock=lambda: next(moments), output=lambda _: None)
        self.assertTrue(shown.fits(fakes.ONES, 1.0))
        shown.begin(1, fakes.ONES, fakes.field().present["seatcast"])
        shown.end(fakes.ONES, {})
        self.assertTrue(shown.fits(fakes.ONES, 4.0))
        self.assertFalse(shown.fits(fakes.ONES, 3.9))

    def test_durations_in_words(self):
        self.assertEqual([rounds.duration(each) for each in (0.2, 61, 300)], ["about 1 s", "about 61 s", "about 5 min"])
