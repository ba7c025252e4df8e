"""Builds the server and the measuring tools in release; the compiler's output goes to standard error."""
import subprocess
import sys

from suite import lock, places, processes
from suite.failure import UNAVAILABLE, Failure


def build(say):
    """Everything a run starts, newly built. A Failure when it does not compile."""
    say("building seatcast and the measuring tools in release ...")
    for words in (places.SERVER_BUILD + ["--product", "seatcast"], places.TOOLS_BUILD):
        with lock.held():
            _run(words)
    return places.find()


def _run(words):
    try:
        compiler = processes.Child(words, output=sys.stderr, errors=sys.stderr, folder=places.PROJECT)
    except FileNotFoundError:
        raise Failure("swift was not found; script/bootstrap says where to get it.", UNAVAILABLE)
    with compiler:
        if compiler.wait() != 0:
            raise Failure(f"'{' '.join(words)}' failed; its messages are above.")
