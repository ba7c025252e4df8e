import datetime
import os
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from suite import cases, comparison, document, machine, micro, pieces, tables
from suite.results import Results
from suite.tests import fakes
from suite.tests.fakes import measured

MOMENT = datetime.datetime(2030, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)
HERE = machine.Machine(2, "Imaginary CPU", 24.0, "6.18.0", "0.10 0.20 0.30", "abc1234", MOMENT)


def results():
    return Results(
        measured("one-10000", "floor-send", cpu_seconds_per_million=[6.0, 6.2], last_p50_ms=[60.0, 62.0])
        + measured("one-10000", "floor-io_uring", cpu_seconds_per_million=[4.0, 4.0], last_p50_ms=[50.0, 50.0])
        + measured("one-10000", "seatcast", cpu_seconds_per_million=[4.4, 4.4], last_p50_ms=[51.0, 51.0])
        + measured("one-10000", "uwebsockets", cpu_seconds_per_million=[5.5, 5.5], last_p50_ms=[60.0, 60.0])
    )


class DocumentTests(unittest.TestCase):
    def test_it_says_command_commit_machine_and_load(self):
        text = document.compose("quick", "script/bench quick", HERE, [fakes.ONES], results(), fakes.field())
        self.assertTrue(text.startswith("# 2030-01-02, quick, abc1234\n"))
        for words in ("`script/bench quick`", "the load client", "2 x Imaginary CPU, 24 GiB, Linux 6.18.0", "0.10 0.20 0.30"):
            self.assertIn(words, text)

    def test_it_shows_targets_losses_and_tables(self):
        text = document.compose("quick", "script/bench quick", HERE, [fakes.ONES], results(), fakes.field())
        self.assertIn("| 1.100 | 4.40 against 4.00 | met |", text)
        self.assertIn("- floor, io_uring: CPU per delivery (10,000 subscribers, one at a time)", text)
        self.assertIn("## 10,000 subscribers, one booking at a time", text)

    def test_it_names_who_was_absent_and_who_failed(self):
        made = results()
        made.withdraw("uwebsockets", "It lost a frame.")
        text = document.compose("quick", "x", HERE, [fakes.ONES], made, fakes.field(absent=("floor-io_uring",)))
        self.assertIn("- floor, io_uring: it is not installed.", text)
        self.assertIn("- uWebSockets, taken out after a failure: It lost a frame.", text)

    def test_files_are_kept_together_and_no_draft_is_left(self):
        with tempfile.TemporaryDirectory() as name, mock.patch("suite.places.RESULTS", Path(name)):
            document.keep({"a.md": "text", "a.svg": "drawing"})
            self.assertEqual(sorted(os.listdir(name)), ["a.md", "a.svg"])
            self.assertEqual((Path(name) / "a.md").read_text(), "text")

    def test_nothing_is_kept_when_one_file_cannot_be_written(self):
        with tempfile.TemporaryDirectory() as name, mock.patch("suite.places.RESULTS", Path(name)):
            with self.assertRaises(TypeError):
                document.keep({"a.md": "text", "a.svg": None})
            self.assertEqual(os.listdir(name), [])


class TableTests(unittest.TestCase):
    def test_medians_spreads_and_ratios(self):
        lines = tables.table(fakes.ONES, results(), fakes.field()).splitlines()
        self.assertEqual(lines[0], "| server | server CPU s per million | x floor send | x floor io_uring "
                                   "| last subscriber p50 ms |")
        self.assertEqual(lines[2], "| floor, send | 6.10 (6.00–6.20) | 1.00 | 1.52 | 61.0 (60.0–62.0) |")
        self.assertEqual(lines[4], "| **seatcast** | 4.40 | 0.72 | 1.10 | 51.0 |")

    def test_micro_lines_become_a_table(self):
        line = ("piece=unmask ns_median=20.50 ns_min=20.00 ns_max=21.00 operations=9 samples=7 "
                "allocations=0.00 bytes=125")
        table = micro.table([line], ["unmask: one payload of 125 bytes"])
        self.assertIn("| unmask | 20.5 (20.0–21.0) | 0.16 | 0 | one payload of 125 bytes |", table)


    def test_measures_of_the_floor_become_a_table(self):
        table = pieces.table(["measure=memcpy nanoseconds_per_frame=4.25", "measure=sqlite journal=wal"])
        self.assertIn("| memcpy | nanoseconds per frame | 4.25 |", table)
        self.assertIn("| sqlite | journal | wal |", table)


class ConditionsTests(unittest.TestCase):
    def conditions(self, loops, available):
        plan = [replace(fakes.ONES, loops=each) for each in loops]
        with mock.patch("os.sched_getaffinity", return_value=available):
            return document.compose("quick", "x", HERE, plan, Results(), fakes.field())

    def test_it_says_who_has_which_core(self):
        self.assertIn("the server has core 0, the load client 1.", self.conditions([1], {0, 1}))
        self.assertIn("the only core", self.conditions([1], {0}))

    def test_it_says_when_several_loops_are_not_pinned(self):
        self.assertIn("for want of cores", self.conditions([1, 2], {0, 1}))
        self.assertNotIn("for want of cores", self.conditions([1, 2], {0, 1, 2, 3}))

    def test_less_than_a_million_meets_no_target_of_the_million(self):
        for subscribers, words in ((40_000, "fewer meet nothing"), (1_000_000, "not measured")):
            plan = [replace(fakes.ONES, subscribers=subscribers)]
            text = document.compose("million", "x", HERE, plan, Results(), fakes.field())
            self.assertIn(words, text)

    def test_a_million_is_pinned_nowhere(self):
        text = self.conditions([60], {0, 1})
        self.assertIn("as it likes", text)
        self.assertNotIn("has core", text)


class ComparisonTests(unittest.TestCase):
    def text(self, case, *series):
        return comparison.text([case], Results([each for part in series for each in part]), fakes.field())

    def test_losses_stand_before_wins(self):
        text = self.text(
            fakes.ONES,
            measured("one-10000", "seatcast", cpu_seconds_per_million=[4.4, 4.4, 4.4]),
            measured("one-10000", "floor-io_uring", cpu_seconds_per_million=[4.0, 4.0, 4.0]),
            measured("one-10000", "uwebsockets", cpu_seconds_per_million=[5.5, 5.5, 5.5]),
        )
        self.assertEqual(text, "\n\n".join([
            "**seatcast** lost to",
            "- floor, io_uring: CPU per delivery (10,000 subscribers, one at a time x 1.10)",
            "**seatcast** beat",
            "- uWebSockets: CPU per delivery (10,000 subscribers, one at a time x 1.25)",
        ]))

    def test_who_is_ahead_in_one_round_and_behind_in_another_has_not_won(self):
        text = self.text(
            fakes.ONES,
            measured("one-10000", "seatcast", cpu_seconds_per_million=[4.0, 4.5, 5.0]),
            measured("one-10000", "floor-send", cpu_seconds_per_million=[3.9, 6.0, 7.0]),
        )
        self.assertTrue(text.startswith("**seatcast** cannot be told apart from\n\n- floor, send"))

    def test_a_slow_round_that_both_had_is_no_draw(self):
        text = self.text(
            fakes.ONES,
            measured("one-10000", "seatcast", cpu_seconds_per_million=[4.0, 4.5, 8.0]),
            measured("one-10000", "floor-send", cpu_seconds_per_million=[4.4, 5.0, 9.0]),
        )
        self.assertTrue(text.startswith("**seatcast** beat"))

    def test_a_single_round_decides_nothing_small(self):
        def single(ours, theirs):
            return self.text(fakes.ONES, measured("one-10000", "seatcast", cpu_seconds_per_million=[ours]),
                             measured("one-10000", "floor-send", cpu_seconds_per_million=[theirs]))

        self.assertIn("cannot be told apart", single(4.0, 4.4))
        self.assertIn("beat", single(4.0, 4.8))

    def test_who_falls_behind_has_lost_without_a_factor(self):
        case = cases.open_loop(10_000, 20, 40, ("seatcast", "uwebsockets"), rounds=1, seconds=1)
        text = self.text(
            case,
            measured("rate-20", "seatcast", deliveries_per_second=[199_000.0], last_p50_ms=[80.0]),
            measured("rate-20", "uwebsockets", deliveries_per_second=[120_000.0], last_p50_ms=[9_000.0]),
        )
        self.assertIn("- uWebSockets: time to the last subscriber (p50) (20 bookings/s not kept up with)", text)
