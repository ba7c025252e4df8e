import os
import unittest

from suite import capacity, cores, machine, million, progress
from suite.capacity import Capacity
from suite.failure import UNAVAILABLE, Failure
from suite.tests import fakes

PLENTY = Capacity(available_bytes=64 << 30, descriptors=20_000, files=3_000_000)


class MachineTests(unittest.TestCase):
    def test_facts_from_the_kernels_tables(self):
        self.assertEqual(machine.processor("processor\t: 0\nmodel name\t: Imaginary CPU\n"), "Imaginary CPU")
        self.assertEqual(machine.processor("processor\t: 0\n"), "")
        self.assertEqual(machine.kibibytes("VmHWM:\t  512 kB\nVmRSS:\t  256 kB\n", "VmRSS"), 256)
        self.assertEqual(machine.kibibytes("", "VmRSS"), 0)

    def test_this_machine_can_be_described(self):
        self.assertRegex(machine.look().describe(), r"^\d+ x .+, \d+ GiB, Linux \d+")


class CoresTests(unittest.TestCase):
    def test_server_and_client_never_share_a_core_when_there_are_two(self):
        for count in range(2, 9):
            for loops in (1, 2):
                division = cores.divide(loops, range(count))
                if division.server:
                    self.assertFalse(division.server & division.client)
                    self.assertEqual(len(division.server), loops)
                self.assertGreaterEqual(division.client_threads, 1)

    def test_two_loops_are_pinned_from_four_cores_on(self):
        self.assertIsNone(cores.divide(2, range(3)).server)
        self.assertEqual(cores.divide(2, range(4)).server, {0, 1})

    def test_one_core_is_shared(self):
        self.assertEqual(cores.divide(1, [0]), cores.Division(None, None, 1))


class CapacityTests(unittest.TestCase):
    def refusal(self, subscribers, loops, offer):
        with self.assertRaises(Failure) as caught:
            capacity.require(subscribers, loops, offer)
        self.assertEqual(caught.exception.status, UNAVAILABLE)
        return str(caught.exception)

    def test_a_million_fits_into_sixty_tables(self):
        capacity.require(1_000_000, 60, PLENTY)

    def test_too_few_tables_name_how_many_would_do(self):
        sentence = self.refusal(1_000_000, 20, PLENTY)
        self.assertIn("--loops 54 would do", sentence)
        capacity.require(1_000_000, 54, PLENTY)

    def test_too_little_memory_names_both_amounts(self):
        sentence = self.refusal(1_000_000, 60, Capacity(4_000_000_000, 20_000, 3_000_000))
        self.assertIn("10.0 GB", sentence)
        self.assertIn("4.0 GB", sentence)

    def test_too_few_files_of_the_system(self):
        self.assertIn("fs.file-max", self.refusal(1_000_000, 60, Capacity(64 << 30, 20_000, 100_000)))

    def test_sockets_from_the_kernels_count(self):
        self.assertEqual(million.count_of_sockets("sockets: used 24\nTCP: inuse 42 orphan 0 tw 9\nUDP: inuse 7\n"), 42)
        self.assertEqual(million.count_of_sockets(""), 0)


class WatchTests(unittest.TestCase):
    def test_it_notes_when_all_were_connected_and_tells_now_and_then(self):
        moments, counts, said = iter([0.0, 1.0, 6.0, 7.0]), iter([4, 54, 104, 204]), []
        watch = million.Watch(100, os.getpid(), lambda: next(moments), lambda: next(counts), said.append)
        watch()
        self.assertEqual((watch.figures, said), ({}, []))
        watch()
        self.assertIn("50 connected after 6 s, about 6 s left", said.pop())
        watch()
        self.assertEqual(watch.figures, {"connected_seconds": 7.0})
        self.assertIn("all connected after 7 s", said.pop())
        # Whatever the kernel counts while they leave again.
        watch()
        self.assertEqual((watch.figures, said), ({"connected_seconds": 7.0}, []))


class ProgressTests(unittest.TestCase):
    def test_the_estimate_learns_from_what_things_took(self):
        moments = iter([0.0, 2.0])
        said = []
        shown = progress.Progress([1.0, 1.0, 2.0], clock=lambda: next(moments), output=said.append)
        self.assertEqual(shown.seconds_left, 4.0)
        shown.begin(1, fakes.ONES, fakes.field().present["seatcast"])
        shown.end(fakes.ONES, {"last_p50_ms": 1.0})
        self.assertEqual(shown.seconds_left, 6.0)
        self.assertIn("[1/3, about 4 s left] round 1", said[0])
        shown.skip(fakes.ONES)
        self.assertEqual(shown.seconds_left, 4.0)

    def test_what_fits_is_judged_by_the_pace_so_far(self):
        moments = iter([0.0, 2.0])
        shown = progress.Progress([1.0, 1.0], clock=lambda: next(moments), output=lambda _: None)
        self.assertTrue(shown.fits(fakes.ONES, 1.0))
        shown.begin(1, fakes.ONES, fakes.field().present["seatcast"])
        shown.end(fakes.ONES, {})
        self.assertTrue(shown.fits(fakes.ONES, 4.0))
        self.assertFalse(shown.fits(fakes.ONES, 3.9))

    def test_durations_in_words(self):
        self.assertEqual([progress.duration(each) for each in (0.2, 61, 300)], ["about 1 s", "about 61 s", "about 5 min"])
