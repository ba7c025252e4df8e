import os
import socket
import threading
import unittest

from suite import cluster
from suite.system import Failure


class ClusterTests(unittest.TestCase):
    def test_the_newest_version_is_taken(self):
        class Folder:
            def glob(self, _):
                from pathlib import Path
                return [Path("9/bin"), Path("15/bin"), Path("14/bin")]

        self.assertEqual(str(cluster._newest(Folder())), "15/bin")

    def test_each_word_is_timed_when_its_socket_has_it(self):
        pairs = [socket.socketpair() for _ in range(2)]
        wanted = {pairs[0][0]: b"one", pairs[1][0]: b"two"}

        def send():
            pairs[0][1].sendall(b"..on")
            pairs[1][1].sendall(b"two")
            pairs[0][1].sendall(b"e..")

        thread = threading.Thread(target=send)
        thread.start()
        seen = cluster._await(0, wanted)
        thread.join()
        self.assertEqual(set(seen), set(wanted))
        self.assertTrue(all(value > 0 for value in seen.values()))
        pairs[0][1].close()
        with self.assertRaises(Failure):
            cluster._await(0, {pairs[0][0]: b"never"})
        for each in (pairs[0][0], *pairs[1]):
            each.close()

    def test_the_first_fault_of_several_is_told(self):
        def fault():
            raise Failure("no")

        self.assertEqual(cluster._at_once([lambda: 1, lambda: 2]), [1, 2])
        with self.assertRaises(Failure):
            cluster._at_once([lambda: 1, fault])

    def test_targets_are_judged_by_their_medians(self):
        bus = {"difference_p50_ms": 1.0}
        rounds = [{"hot": {"per_second": number}, "loop": {"per_second": 100}, "many": {"per_second": 300},
                   "one many": {"per_second": 100}, "bus": bus, "wake-up": {"difference_p50_ms": 9.0},
                   "unwatched": {"messages": 5, "messages_idle": 5}} for number in (70, 90, 95)]
        class Options:
            command = "script/bench cluster"

        from suite import system

        text = cluster._document(Options, system.machine_now(), rounds)
        self.assertIn("| ≥ 0.8 | 0.90 x (0.70–0.95) | met |", text)
        self.assertIn("| ≥ 1.5 | 3.00 x | met |", text)
        self.assertIn("| ≤ 5 ms | 9.00 ms | **missed** |", text)
        self.assertIn("| 0 | 0.00 | met |", text)

    @unittest.skipUnless(os.access("/usr/sbin/nats-server", os.X_OK), "nats-server is not installed")
    def test_services_are_found_where_only_roots_path_leads(self):
        self.assertTrue(cluster._which("nats-server"))
        self.assertIsNone(cluster._which("no-such-program"))
