import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from suite import contestants, plans, servers, system
from suite.contestants import FLOOR, Contestant
from suite.system import Failure, Late
from suite.tests import fakes

FAKE = Contestant("fake", "fake", FLOOR)
IDLE = plans.idle(12, ("fake",), rounds=1, seconds=1)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class MeasurementTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_figures_of_a_measurement(self):
        made = servers.measure(IDLE, FAKE, 2, fakes.programs(self.folder))
        self.assertEqual((made.case, made.contestant, made.round), ("idle", "fake", 2))
        self.assertEqual((made.figures["mode"], made.figures["subscribers"]), ("idle", 12.0))
        self.assertGreater(made.figures["rss_megabytes"], 1)

    def test_a_violation_is_a_failure_with_its_sentence(self):
        with self.assertRaisesRegex(Failure, "subscriber 7 got seq 9 after seq 7"):
            servers.measure(IDLE, FAKE, 1, fakes.programs(self.folder, load=fakes.BROKEN_LOAD))

    def test_a_server_that_does_not_start_says_why(self):
        broken = "\nimport sys\nsys.exit('no port left')\n"
        with self.assertRaisesRegex(Failure, "fake did not start: no port left"):
            servers.measure(IDLE, FAKE, 1, fakes.programs(self.folder, server=broken))

    def test_no_process_is_left_behind(self):
        with servers.running(FAKE, fakes.programs(self.folder)) as server:
            self.assertTrue(is_running(server.pid))
        self.assertFalse(is_running(server.pid))

    def test_not_even_one_that_ignores_being_asked(self):
        source = "\nimport signal, sys\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)" + fakes.SERVER.replace("\n    ", "\n")
        with mock.patch.object(system, "PATIENCE", 0.2):
            with servers.running(FAKE, fakes.programs(self.folder, server=source)) as server:
                server.child.stop(0.2)
            self.assertFalse(is_running(server.pid))

    def test_children_end_with_a_suite_that_is_killed(self):
        script = (
            "import os, signal, subprocess; from suite import system; "
            "child = system.Child(['sleep', '60'], output=subprocess.DEVNULL, errors=subprocess.DEVNULL); "
            "print(child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
        )
        environment = os.environ | {"PYTHONPATH": str(contestants.BENCHMARKS)}
        made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
        pid = int(made.stdout)
        deadline = time.monotonic() + 5
        while is_running(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertFalse(is_running(pid))

    def test_two_clients_may_load_a_server_at_once(self):
        made = fakes.programs(self.folder)
        two, three = (["idle", "--subscribers", number] for number in ("2", "3"))
        with servers.running(FAKE, made) as server, servers.loading(made, server, three) as other:
            figures = servers.load(made, server, two)
        self.assertEqual((figures["subscribers"], other["subscribers"]), (2.0, 3.0))

    def test_a_setting_of_another_seatcast_does_not_get_in(self):
        with mock.patch.dict(os.environ, {"SEATCAST_LOOPS": "7", "LANG": "C"}):
            made = servers.environment(FAKE)
        self.assertNotIn("SEATCAST_LOOPS", made)
        self.assertEqual(made["LANG"], "C")


class ParseTests(unittest.TestCase):
    def test_numbers_become_numbers(self):
        self.assertEqual(servers.parse("mode=closed seconds=1.5\n"), {"mode": "closed", "seconds": 1.5})

    def test_a_complaint_is_one_line_without_its_teller(self):
        made = servers.complaint("LoadGenerator: an answer is wrong: HTTP/1.1 201\r\n\r\n{}\n", 1)
        self.assertEqual((type(made), str(made)), (Failure, "an answer is wrong: HTTP/1.1 201 {}"))
        self.assertEqual(str(servers.complaint("", 9)), "LoadGenerator ended with status 9.")

    def test_being_slow_is_no_violation(self):
        self.assertIsInstance(servers.complaint("LoadGenerator: not finished in 240 s: 7 sent", 1), Late)

    def test_anything_else_is_a_failure(self):
        for text in ("", "a=1\nb=2\n", "hello", "=1"):
            with self.subTest(text=text), self.assertRaises(Failure):
                servers.parse(text)


class BuildTests(unittest.TestCase):
    def built(self, **options):
        """The products that are built, and the programs that must be there then."""
        products = []
        with mock.patch("suite.contestants._run", lambda words: products.append(words[-1])), \
                mock.patch("suite.contestants.find") as find:
            contestants.build(lambda _: None, **options)
        return products, find.call_args.args[0]

    def test_only_the_mode_that_runs_micro_builds_it(self):
        self.assertEqual(self.built(), (["seatcast", "SpeedOfLight", "LoadGenerator"], ("seatcast", "floor", "load")))
        self.assertEqual(self.built(only_micro=True), (["Micro"], ("micro",)))
