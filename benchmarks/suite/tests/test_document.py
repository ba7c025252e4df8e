import datetime
import importlib.util
import os
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock
from xml.dom import minidom

from suite import document, plans, system
from suite.results import Results
from suite.system import UNAVAILABLE, Failure
from suite.tests import fakes
from suite.tests.fakes import measured

MOMENT = datetime.datetime(2030, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)
HERE = system.Machine(2, "Imaginary CPU", 24.0, "6.18.0", "0.10 0.20 0.30", "abc1234", MOMENT)


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
        with tempfile.TemporaryDirectory() as name, mock.patch("suite.contestants.RESULTS", Path(name)):
            document.keep({"a.md": "text", "a.svg": "drawing"})
            self.assertEqual(sorted(os.listdir(name)), ["a.md", "a.svg"])
            self.assertEqual((Path(name) / "a.md").read_text(), "text")

    def test_nothing_is_kept_when_one_file_cannot_be_written(self):
        with tempfile.TemporaryDirectory() as name, mock.patch("suite.contestants.RESULTS", Path(name)):
            with self.assertRaises(TypeError):
                document.keep({"a.md": "text", "a.svg": None})
            self.assertEqual(os.listdir(name), [])


class TableTests(unittest.TestCase):
    def test_medians_spreads_and_ratios(self):
        lines = document.table(fakes.ONES, results(), fakes.field()).splitlines()
        self.assertEqual(lines[0], "| server | server CPU s per million | x floor send | x floor io_uring "
                                   "| last subscriber p50 ms |")
        self.assertEqual(lines[2], "| floor, send | 6.10 (6.00–6.20) | 1.00 | 1.52 | 61.0 (60.0–62.0) |")
        self.assertEqual(lines[4], "| **seatcast** | 4.40 | 0.72 | 1.10 | 51.0 |")

    def test_a_case_without_figures_has_no_table(self):
        made = Results(measured("one-10000", "seatcast", remark=["x"]))
        self.assertEqual(document.table(fakes.ONES, made, fakes.field()), "No figures.")

    def test_micro_lines_become_a_table(self):
        line = ("piece=unmask ns_median=20.50 ns_min=20.00 ns_max=21.00 operations=9 samples=7 "
                "allocations=0.00 bytes=125")
        table = document.micro_table([line], ["unmask: one payload of 125 bytes"])
        self.assertIn("| unmask | 20.5 (20.0–21.0) | 0.16 | 0 | one payload of 125 bytes |", table)


    def test_measures_of_the_floor_become_a_table(self):
        table = document.bare_costs_table(["measure=memcpy nanoseconds_per_frame=4.25", "measure=sqlite journal=wal"])
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

    def test_it_says_when_both_have_all_cores(self):
        requests = plans.reads("livez", "/livez", rounds=1, seconds=1)
        plans_and_words = (([requests], "client both have all cores."), ([requests, fakes.ONES], "reads both have all"))
        for plan, words in plans_and_words:
            with mock.patch("os.sched_getaffinity", return_value={0, 1}):
                self.assertIn(words, document.compose("bookings", "x", HERE, plan, Results(), fakes.field()))

    def test_a_mode_shows_the_targets_that_it_measures(self):
        plan = [plans.reads("read", "/api/events/1", rounds=1, seconds=1)]
        text = document.compose("bookings", "x", HERE, plan, Results(), fakes.field())
        self.assertIn("| reads of an event/s |", text)
        self.assertNotIn("refusals/s", text)
        self.assertIn("refusals/s", document.compose("full", "x", HERE, plan, Results(), fakes.field()))

    def test_it_says_when_several_loops_are_not_pinned(self):
        self.assertIn("for want of cores", self.conditions([1, 2], {0, 1}))
        self.assertNotIn("for want of cores", self.conditions([1, 2], {0, 1, 2, 3}))

    def test_less_than_a_million_meets_no_target_of_the_million(self):
        for subscribers, words in ((40_000, "fewer meet nothing"), (1_000_000, "not measured")):
            plan = [replace(fakes.ONES, name="million", subscribers=subscribers,
                            contestants=("floor-million", "seatcast-million"))]
            text = document.compose("million", "x", HERE, plan, Results(), fakes.field())
            self.assertIn(words, text)

    def test_a_million_is_pinned_nowhere(self):
        text = self.conditions([60], {0, 1})
        self.assertIn("as it likes", text)
        self.assertNotIn("has core", text)


PLAN = [plans.open_loop(10_000, rate, 10, ("seatcast", "uwebsockets"), rounds=1, seconds=1) for rate in (5, 20, 200)]


def rate(number, who, served, latency):
    return measured(f"rate-{number}", who, deliveries_per_second=[served], last_p99_ms=[latency])


class ChartTests(unittest.TestCase):
    def results(self):
        return Results(
            rate(5, "seatcast", 50_000, 40.0) + rate(20, "seatcast", 200_000, 60.0)
            + rate(200, "seatcast", 1_990_000, 100.0) + rate(5, "uwebsockets", 50_000, 70.0)
            + rate(20, "uwebsockets", 120_000, 4_000.0)
            + measured("one-10000", "seatcast", cpu_seconds_per_million=[4.8])
        )

    @unittest.skipUnless(importlib.util.find_spec("matplotlib"), "matplotlib is not installed")
    def test_it_is_well_formed(self):
        drawing = document.draw(PLAN, self.results(), fakes.field())
        minidom.parseString(drawing)
        self.assertTrue(drawing.lstrip().startswith("<?xml"))

    def test_without_matplotlib_there_is_a_sentence(self):
        with mock.patch("importlib.util.find_spec", return_value=None), self.assertRaises(Failure) as caught:
            document.require_matplotlib()
        self.assertEqual(caught.exception.status, UNAVAILABLE)
        self.assertIn("python3-matplotlib", str(caught.exception))

    def test_a_line_ends_where_the_server_falls_behind(self):
        curves = document.curves(PLAN, self.results())
        self.assertEqual(curves["seatcast"], [(50_000, 40.0), (200_000, 60.0), (2_000_000, 100.0)])
        self.assertEqual(curves["uwebsockets"], [(50_000, 70.0)])

    def test_without_rates_there_is_no_chart(self):
        self.assertEqual(document.draw([fakes.ONES], Results(), fakes.field()), "")

    def test_every_contestant_of_the_plan_has_a_colour(self):
        named = {who for case in plans.full() if case.table == "rate" for who in case.contestants}
        self.assertLessEqual(named, set(document.COLOURS))
