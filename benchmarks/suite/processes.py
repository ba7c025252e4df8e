"""Child processes that are pinned to cores and never left behind.

Each child leads a session of its own, so a Ctrl-C at the terminal reaches only the suite, which then stops its
children in order. Should the suite itself be killed, the kernel kills each child (PR_SET_PDEATHSIG).
"""
import ctypes
import os
import signal
import subprocess

from suite.failure import Interrupted

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

PATIENCE = 20.0  # seconds between SIGTERM and SIGKILL


class Child:
    """A process with all that it starts; a context manager that stops it."""

    def __init__(self, words, *, output, errors, cores=None, environment=None, folder=None):
        self.words = [str(word) for word in words]
        self._process = subprocess.Popen(
            self.words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=environment,
            cwd=folder,
            start_new_session=True,
            preexec_fn=_preparation(cores),
        )

    @property
    def pid(self):
        return self._process.pid

    def has_ended(self):
        return self._process.poll() is not None

    def wait(self, seconds=None):
        """The exit status; TimeoutError when it has not ended by then."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError from None

    def stop(self, patience=PATIENCE):
        """Asks it to end, and ends it and everything of its session when it does not."""
        if not self.has_ended():
            self._signal(signal.SIGTERM)
            try:
                self.wait(patience)
            except TimeoutError:
                pass
        self._signal(signal.SIGKILL)
        return self._process.wait()

    def _signal(self, number):
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _preparation(cores):
    def in_the_child():
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if cores:
            os.sched_setaffinity(0, cores)

    return in_the_child


def interrupt_on_signals():
    """Makes SIGINT, SIGTERM and SIGHUP an Interrupted, once: cleaning up is not interrupted again."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def raise_once(number, _):
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    for each in numbers:
        signal.signal(each, raise_once)
