"""`script/bench selftest`: the unit tests of the suite's own parts; nothing is built or measured."""
import unittest

from suite import places


def run(_):
    tests = unittest.defaultTestLoader.discover(
        str(places.BENCHMARKS / "suite" / "tests"), top_level_dir=str(places.BENCHMARKS)
    )
    return 0 if unittest.TextTestRunner(verbosity=1).run(tests).wasSuccessful() else 1
