import os
import subprocess
import tempfile
import unittest
from unittest import mock

from suite import system
from suite.system import UNAVAILABLE, Capacity, Failure

PLENTY = Capacity(available_bytes=64 << 30, descriptors=20_000, files=3_000_000)


class MachineTests(unittest.TestCase):
    def test_facts_from_the_kernels_tables(self):
        self.assertEqual(system.processor("processor\t: 0\nmodel name\t: Imaginary CPU\n"), "Imaginary CPU")
        self.assertEqual(system.processor("processor\t: 0\n"), "")
        self.assertEqual(system.kibibytes("VmHWM:\t  512 kB\nVmRSS:\t  256 kB\n", "VmRSS"), 256)
        self.assertEqual(system.kibibytes("", "VmRSS"), 0)

    def test_this_machine_can_be_described(self):
        self.assertRegex(system.machine_now().describe(), r"^\d+ x .+, \d+ GiB, Linux \d+")


class CoresTests(unittest.TestCase):
    def test_server_and_client_never_share_a_core_when_there_are_two(self):
        for count in range(2, 9):
            for loops in (1, 2):
                division = system.divide(loops, range(count))
                if division.server:
                    self.assertFalse(division.server & division.client)
                    self.assertEqual(len(division.server), loops)
                self.assertGreaterEqual(division.client_threads, 1)

    def test_two_loops_are_pinned_from_four_cores_on(self):
        self.assertIsNone(system.divide(2, range(3)).server)
        self.assertEqual(system.divide(2, range(4)).server, {0, 1})

    def test_one_core_is_shared(self):
        self.assertEqual(system.divide(1, [0]), system.Division(None, None, 1))


class CapacityTests(unittest.TestCase):
    def refusal(self, subscribers, loops, offer):
        with self.assertRaises(Failure) as caught:
            system.require_capacity(subscribers, loops, offer)
        self.assertEqual(caught.exception.status, UNAVAILABLE)
        return str(caught.exception)

    def test_a_million_fits_into_sixty_tables(self):
        system.require_capacity(1_000_000, 60, PLENTY)

    def test_too_few_tables_name_how_many_would_do(self):
        sentence = self.refusal(1_000_000, 20, PLENTY)
        self.assertIn("--loops 54 would do", sentence)
        system.require_capacity(1_000_000, 54, PLENTY)

    def test_too_little_memory_names_both_amounts(self):
        sentence = self.refusal(1_000_000, 60, Capacity(4_000_000_000, 20_000, 3_000_000))
        self.assertIn("10.0 GB", sentence)
        self.assertIn("4.0 GB", sentence)

    def test_too_few_files_of_the_system(self):
        self.assertIn("fs.file-max", self.refusal(1_000_000, 60, Capacity(64 << 30, 20_000, 100_000)))


class LockTests(unittest.TestCase):
    def test_a_measurement_waits_for_whoever_holds_the_lock(self):
        with tempfile.NamedTemporaryFile() as file, mock.patch.dict(os.environ, {system.LOCK: file.name}):
            try_it = ["flock", "-n", file.name, "true"]
            with system.locked():
                self.assertEqual(subprocess.run(try_it).returncode, 1)
            self.assertEqual(subprocess.run(try_it).returncode, 0)

    def test_without_the_variable_there_is_none(self):
        with mock.patch.dict(os.environ):
            os.environ.pop(system.LOCK, None)
            with system.locked():
                pass
