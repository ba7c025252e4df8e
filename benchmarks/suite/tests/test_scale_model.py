import random
import unittest
from dataclasses import replace

from suite import scale_model
from suite.scale_model import BATCH_LIMIT, Costs, Step, Storm

COSTS = Costs(send=10e-6, frame=1e-6, batch=1e-3, booking=10e-6, handshake=500e-6)
# One loop of 2,560 subscribers: a pass takes 25.6 ms.
ONE = Step("one", 1, 2_560, 100, 1, COSTS, tls=False, gigabits=1e3, seconds=4)


def made(step):
    return scale_model.commits(step, random.Random(step.seed))


class CommitTests(unittest.TestCase):
    def test_each_booking_is_in_one_batch_and_is_answered_once(self):
        for step in (ONE, replace(ONE, nodes=7, writers=7, bookings=3_000, round_trip=1e-3)):
            with self.subTest(writers=step.writers):
                batches, answers = made(step)
                source = random.Random(step.seed)
                asked = sum(len(scale_model.arrivals(step.bookings / step.writers, step.seconds, source))
                            for _ in range(step.writers))
                self.assertEqual(sum(each.frames for each in batches), asked)
                self.assertEqual(len(answers), asked)
                self.assertGreater(min(answers), 0)

    def test_a_lone_booking_takes_the_time_of_its_batch(self):
        _, answers = made(replace(ONE, bookings=1))
        self.assertAlmostEqual(scale_model.percentile(answers, 50), 1.01e-3)
        _, answers = made(replace(ONE, bookings=1, round_trip=2e-3, sync=5e-3))
        # To the database, the answer to BEGIN and the way of the commit, and the answer.
        self.assertAlmostEqual(scale_model.percentile(answers, 50), 2 * 2e-3 + 5e-3 + 1.01e-3)

    def test_the_row_is_one_nodes_at_a_time(self):
        step = replace(ONE, nodes=5, writers=5, bookings=2_000, round_trip=1e-3)
        batches, _ = made(step)
        for before, after in zip(batches, batches[1:]):
            work = 1e-3 + COSTS.batch + COSTS.booking * after.frames
            self.assertGreaterEqual(after.at - before.at, work - 1e-9)

    def test_more_nodes_that_book_wait_longer_for_the_row(self):
        waits = [scale_model.percentile(made(replace(ONE, writers=count, bookings=1_000, round_trip=1e-3))[1], 50)
                 for count in (1, 5, 25)]
        self.assertEqual(waits, sorted(waits))
        self.assertGreater(waits[2], 4 * waits[1])

    def test_a_batch_is_bounded_and_what_is_too_much_falls_behind(self):
        batches, _ = made(replace(ONE, bookings=120_000, seconds=1))
        self.assertEqual(max(each.frames for each in batches), BATCH_LIMIT)
        self.assertGreater(batches[-1].at, 1.2)
        self.assertFalse(scale_model.simulate(replace(ONE, bookings=120_000, seconds=1)).keeps_up)


class PassTests(unittest.TestCase):
    def test_the_last_of_an_idle_loop_has_it_after_one_pass(self):
        loop = scale_model.roll(ONE, [1.0], [1])
        self.assertAlmostEqual(max(ends[-1] for ends in loop.ends), 1.0 + 2_560 * 10e-6)
        self.assertEqual((loop.sends, loop.frames, loop.skips), (2_560, 2_560, 0))

    def test_what_comes_during_a_pass_goes_along_with_later_slices(self):
        loop = scale_model.roll(ONE, [1.0, 1.010], [1, 2])
        self.assertEqual(loop.frames, 2 * 2_560)
        self.assertLess(loop.sends, 2 * 2_560)

    def test_what_is_behind_the_log_becomes_one_message(self):
        loop = scale_model.roll(ONE, [1.0], [scale_model.LOG_FRAMES + 1])
        self.assertEqual((loop.frames, loop.skips), (2_560, 2_560))
        loop = scale_model.roll(ONE, [1.0], [scale_model.LOG_FRAMES])
        self.assertEqual((loop.frames, loop.skips), (scale_model.LOG_FRAMES * 2_560, 0))

    def test_a_paced_slice_is_sent_one_message_a_second(self):
        known = [number / 100 for number in range(1_000)]
        loop = scale_model.roll(replace(ONE, pace=1.0), known, list(range(1, 1_001)))
        for starts in loop.starts:
            self.assertTrue(9 <= len(starts) <= 11)
            self.assertTrue(all(after - before > 0.9 for before, after in zip(starts, starts[1:])))
        self.assertEqual(loop.frames, loop.sends)

    def test_every_slice_ends_at_the_head(self):
        known = [number / 50 for number in range(100)]
        for pace in (0.0, 0.5):
            loop = scale_model.roll(replace(ONE, pace=pace), known, list(range(1, 101)))
            self.assertTrue(all(starts[-1] >= known[-1] for starts in loop.starts))

    def test_a_narrow_line_makes_a_pass_longer(self):
        step = replace(ONE, gigabits=0.001)
        loop = scale_model.roll(step, [0.0], [1])
        self.assertAlmostEqual(max(ends[-1] for ends in loop.ends), 2_560 * 92 * 8 / 1e6)

    def test_bytes_are_those_of_frames_packets_and_records(self):
        self.assertEqual(scale_model.visit(ONE, 1, 10)[3], 40 + 52)
        self.assertEqual(scale_model.visit(replace(ONE, tls=True), 1, 10)[3], 40 + 52 + 22)
        self.assertEqual(scale_model.visit(replace(ONE, pace=1.0), 5, 10)[3], 330 + 52)
        self.assertEqual(scale_model.visit(replace(ONE, pace=1.0, shared_skip=True), 5, 10)[3], 40 + 52)
        # 100 frames are three packets.
        self.assertEqual(scale_model.visit(ONE, 100, 10)[3], 4_000 + 3 * 52)


class StepTests(unittest.TestCase):
    def test_the_same_seed_gives_the_same_figures(self):
        step = replace(ONE, nodes=3, writers=3, hops=(1e-3, 1e-3), round_trip=1e-3)
        self.assertEqual(scale_model.simulate(step), scale_model.simulate(step))
        self.assertNotEqual(scale_model.simulate(step), scale_model.simulate(replace(step, seed=2)))

    def test_the_last_subscriber_is_not_earlier_than_the_others(self):
        out = scale_model.simulate(ONE)
        self.assertLessEqual(out.each_p50, out.last_p50)
        self.assertLessEqual(out.last_p50, out.last_p99)
        self.assertAlmostEqual(out.messages, 100, delta=10)

    def test_a_way_between_regions_is_added(self):
        near = replace(ONE, nodes=2, subscribers=5_120, bookings=5, hops=(1e-3,))
        far = replace(near, hops=(1e-3, 100e-3))
        self.assertGreater(scale_model.simulate(far).last_p50, scale_model.simulate(near).last_p50 + 60e-3)

    def test_a_node_that_is_woken_reads_first(self):
        step = replace(ONE, nodes=2, round_trip=4e-3)
        source = random.Random(1)
        batch = [scale_model.Commit(1.0, 0, 1)]
        self.assertAlmostEqual(scale_model.arrivals_at(step, 0, batch, source)[0], 1.002)
        self.assertAlmostEqual(scale_model.arrivals_at(replace(step, read=1e-3), 1, batch, source)[0], 1.015)

    def test_percentiles(self):
        self.assertEqual(scale_model.percentile([], 50), 0)
        self.assertEqual([scale_model.percentile(range(100), each) for each in (0, 50, 99, 100)], [0, 50, 99, 99])


class StormTests(unittest.TestCase):
    def test_few_are_back_within_the_first_bound(self):
        back = scale_model.recover(Storm(100, 1, 4, 500e-6))
        self.assertLess(back.last, scale_model.FIRST_BACKOFF + 0.1)
        self.assertAlmostEqual(back.attempts, 1, places=3)

    def test_nobody_is_served_faster_than_the_cores_can(self):
        for slot in (0, 5, 200):
            back = scale_model.recover(Storm(1_000_000, 1, 4, 500e-6, slot=slot))
            self.assertGreaterEqual(back.last, 0.998 * 1_000_000 * 500e-6 / 4)

    def test_a_slot_that_is_long_enough_needs_one_attempt_each(self):
        back = scale_model.recover(Storm(1_000_000, 1, 4, 500e-6, slot=150))
        self.assertAlmostEqual(back.attempts, 1, delta=0.01)
        self.assertAlmostEqual(back.last, 150, delta=1)

    def test_attempts_that_are_refused_cost_time(self):
        crowd = Storm(1_000_000, 1, 4, 500e-6)
        free = scale_model.recover(replace(crowd, refusal=0))
        self.assertGreater(scale_model.recover(crowd).last, free.last)
        self.assertGreater(free.attempts, 2)

    def test_what_takes_too_long_is_told_as_endless(self):
        back = scale_model.recover(Storm(1e9, 1, 1, 500e-6), limit=20)
        self.assertEqual(back.half, float("inf"))
