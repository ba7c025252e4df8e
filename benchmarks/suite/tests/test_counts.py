import json
import unittest
from unittest import mock

from suite import contestants, counts
from suite.system import Failure

STRACE = """\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ------------------
 54.12    0.023933         747        32         1 futex
  9.45    0.004181         130        40           sendto
------ ----------- ----------- --------- --------- ------------------
100.00    0.028114                    72         1 total
"""


class TracingTests(unittest.TestCase):
    def test_two_points_tell_delivery_from_booking(self):
        # 90 per delivery, 40,000 per booking.
        delivery, booking = counts.solve((256, 40_000 + 256 * 90), (1_280, 40_000 + 1_280 * 90))
        self.assertAlmostEqual(delivery, 90)
        self.assertAlmostEqual(booking, 40_000)

    def test_calls_by_name(self):
        self.assertEqual(counts.calls_of_strace(STRACE), {"futex": 32, "sendto": 40})

    def test_the_total_of_callgrind(self):
        self.assertEqual(counts.total_of_callgrind("events: Ir\nsummary: 12\nfn=(1)\ntotals: 34\n"), 34)
        with self.assertRaises(Failure):
            counts.total_of_callgrind("events: Ir\n")


    def test_a_count_that_the_machine_has_spoilt_is_not_taken(self):
        clean = {counts.SHORT: counts.SHORT * counts.MANY, counts.LONG: counts.LONG * counts.MANY}
        spoilt = iter([0, 5_000, 70, 9_000, 0, 0])

        def counted(contestant, programs, words):
            return {"sendto": clean[words[-1]] + next(spoilt)}

        with mock.patch("suite.counts.system_calls", side_effect=counted), mock.patch("suite.counts.say"):
            values = counts._calls_per_delivery(None, counts.SEND, "send")
        self.assertEqual(values, {"system_calls_per_delivery_send": 1.0})


class CheckTests(unittest.TestCase):
    THRESHOLDS = {"a": {"what": "calls", "unit": "calls", "at_most": 1.0}}

    def test_a_value_at_its_threshold_holds(self):
        self.assertFalse(counts.judge({"a": 1.0}, self.THRESHOLDS)[0].is_exceeded)

    def test_what_is_exceeded_is_said_with_the_amount(self):
        count = counts.judge({"a": 1.25}, self.THRESHOLDS)[0]
        self.assertTrue(count.is_exceeded)
        self.assertEqual(count.sentence(), "calls: 1.25 calls, which exceeds the threshold of 1 by 0.25 (25 %).")

    def test_what_was_not_counted_is_not_judged(self):
        self.assertEqual(counts.judge({}, self.THRESHOLDS), [])

    def test_the_committed_file_has_what_a_judgement_needs(self):
        for key, entry in json.loads(contestants.THRESHOLDS.read_text()).items():
            with self.subTest(key=key):
                self.assertEqual(set(entry), {"what", "unit", "at_most"})
                self.assertGreater(entry["at_most"], 0)
