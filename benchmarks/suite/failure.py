"""What ends a run: one sentence for the person at the terminal, and the exit status that goes with it."""

USAGE = 64  # the command line was wrong (EX_USAGE)
UNAVAILABLE = 69  # something that the run needs is not there (EX_UNAVAILABLE)


class Failure(Exception):
    """Ends the run with this sentence."""

    def __init__(self, sentence, status=1):
        super().__init__(sentence)
        self.status = status


class Late(Failure):
    """A server was right but too slow to finish."""


class Interrupted(Exception):
    """Somebody sent a signal; everything that was started must be stopped on the way out."""

    def __init__(self, number):
        super().__init__(number)
        self.status = 128 + number
