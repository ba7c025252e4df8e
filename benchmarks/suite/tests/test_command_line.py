import contextlib
import io
import unittest

from suite import command_line, plans, rounds
from suite.system import USAGE, Failure


class CommandLineTests(unittest.TestCase):
    def test_a_mode_with_its_options(self):
        options = command_line.read(["quick", "--rounds", "5", "--only", "seatcast,floor-send", "--no-build"])
        self.assertEqual((options.mode, options.rounds, options.build), ("quick", 5, False))
        self.assertEqual(options.only, ("seatcast", "floor-send"))
        self.assertEqual(options.command, "script/bench quick --rounds 5 --only seatcast,floor-send --no-build")

    def test_the_check_is_a_mode_with_and_without_dashes(self):
        self.assertEqual(command_line.read(["--check"]).mode, "check")
        self.assertEqual(command_line.read(["check"]).mode, "check")

    def test_every_mistake_is_a_sentence_that_lists_the_modes(self):
        mistakes = (
            [], ["fast"], ["quick", "--fast"], ["quick", "--rounds"], ["quick", "--rounds", "0"],
            ["quick", "--rounds", "x"], ["quick", "--rounds", "-1"], ["million", "--only", "seatcast"],
            ["selftest", "--no-build"],
        )
        for words in mistakes:
            with self.subTest(words=words), self.assertRaises(Failure) as caught:
                command_line.read(words)
            self.assertEqual(caught.exception.status, USAGE)
            for mode in command_line.MODES:
                self.assertIn(mode, str(caught.exception))

    def test_a_mistake_ends_with_64_and_prints_nothing_to_standard_output(self):
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            status = command_line.main(["fast"])
        self.assertEqual((status, output.getvalue()), (64, ""))
        self.assertTrue(errors.getvalue().startswith("script/bench: script/bench has no mode 'fast'."))

    def test_help_is_no_mistake(self):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            self.assertEqual(command_line.main(["--help"]), 0)
        self.assertIn("script/bench million", output.getvalue())

    def test_an_unknown_contestant_is_a_mistake_before_anything_is_built(self):
        with self.assertRaises(Failure) as caught:
            rounds.run(command_line.read(["quick", "--only", "apache"]))
        self.assertEqual(caught.exception.status, USAGE)

    def test_rounds_and_contestants_shape_the_plan(self):
        options = command_line.read(["quick", "--rounds", "7", "--only", "seatcast"])
        plan = rounds.shaped(plans.quick(), options)
        self.assertEqual({case.rounds for case in plan}, {7})
        self.assertEqual({case.contestants for case in plan}, {("seatcast",)})
