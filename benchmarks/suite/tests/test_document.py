import datetime
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from suite import comparison, document, machine, micro, tables
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
        for words in ("`script/bench quick`", "2 x Imaginary CPU, 24 GiB, Linux 6.18.0", "0.10 0.20 0.30"):
            self.assertIn(words, text)

    def test_it_shows_targets_losses_and_tables(self):
        text = document.compose("quick", "script/bench quick", HERE, [fakes.ONES], results(), fakes.field())
        self.assertIn("| 1.10 | 4.40 against 4.00 | met |", text)
        self.assertIn("seatcast lost to floor, io_uring (x 1.10) in CPU per delivery", text)
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
        line = "piece=unmask ns_median=20.50 ns_min=20.00 ns_max=21.00 operations=9 samples=7 allocations=0.00 bytes=125"
        table = micro.table([line], ["unmask: one payload of 125 bytes"])
        self.assertIn("| unmask | 20.5 (20.0–21.0) | 0.16 | 0 | one payload of 125 bytes |", table)


class ComparisonTests(unittest.TestCase):
    def test_losses_stand_before_wins(self):
        text = comparison.paragraph([fakes.ONES], results(), fakes.field())
        self.assertEqual(text, "seatcast lost to floor, io_uring (x 1.10) in CPU per delivery with 10,000 subscribers, "
                               "one booking at a time. seatcast beat floor, send (x 1.39) and uWebSockets (x 1.25) in "
                               "CPU per delivery with 10,000 subscribers, one booking at a time.")

    def test_spreads_that_overlap_are_a_draw(self):
        made = Results(measured("one-10000", "seatcast", cpu_seconds_per_million=[4.0, 5.0])
                       + measured("one-10000", "floor-send", cpu_seconds_per_million=[4.9, 6.0]))
        text = comparison.paragraph([fakes.ONES], made, fakes.field())
        self.assertTrue(text.startswith("seatcast cannot be told apart from floor, send"))
