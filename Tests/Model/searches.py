"""What is searched, and which faults are planted. Bounds are macros of the models; what is not named has its default."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Search:
    """One search: a model, its bounds and what is looked for."""

    model: str
    name: str
    bounds: dict
    formula: str = ""  # the macro that brings in the temporal formula; empty: assertions and deadlocks


@dataclasses.dataclass(frozen=True)
class Fault:
    """A fault that can be put into a model, and bounds in which it must be found."""

    model: str
    number: int
    sentence: str
    bounds: dict
    formula: str = ""


# What the sale may do, switched off.
PLAIN = {"HOLDS": 0, "EXTENDS": 0, "CANCELS": 0, "BACKS": 0, "FAILURES": 0, "PATIENCE": 0, "RETRIES": 1}

QUICK = [
    Search("sale", "keys", PLAIN | {"BUYERS": 3, "SEATS": 2, "CRASHES": 1, "CANCELS": 1}),
    Search("sale", "a failing disk", PLAIN | {"BUYERS": 2, "SEATS": 1, "CRASHES": 2, "FAILURES": 1}),
    Search("sale", "holds", PLAIN | {"BUYERS": 2, "SEATS": 1, "CRASHES": 1, "HOLDS": 1, "EXTENDS": 1, "RETRIES": 0}),
    Search("sale", "answers", PLAIN | {"BUYERS": 2, "SEATS": 1, "CRASHES": 1, "FAILURES": 1}, "LTL_ANSWERED"),
    Search("broadcast", "one viewer", {"VIEWERS": 1, "CRASHES": 1, "CHANGES": 3, "BREAKS": 1}),
    Search("broadcast", "coming to rest", {"VIEWERS": 1, "CRASHES": 1, "CHANGES": 2, "BREAKS": 0}, "LTL_SETTLED"),
]

# Together: one event, two seats, three buyers, two viewers, two crashes.
FULL = [
    Search("sale", "keys", PLAIN | {"BUYERS": 3, "SEATS": 2, "CRASHES": 2, "PATIENCE": 1}),
    Search("sale", "a failing disk", PLAIN | {"BUYERS": 3, "SEATS": 2, "CRASHES": 2, "FAILURES": 1, "CANCELS": 1}),
    Search("sale", "holds", PLAIN | {"BUYERS": 3, "SEATS": 2, "CRASHES": 2, "HOLDS": 1, "RETRIES": 0}),
    Search(
        "sale",
        "holds, extended and cancelled, and a clock that is set back",
        PLAIN | {"BUYERS": 2, "SEATS": 1, "CRASHES": 2, "HOLDS": 1, "EXTENDS": 1, "CANCELS": 1, "BACKS": 1, "RETRIES": 0},
    ),
    Search(
        "sale",
        "holds on a failing disk",
        PLAIN | {"BUYERS": 2, "SEATS": 1, "CRASHES": 1, "HOLDS": 1, "FAILURES": 1},
    ),
    Search("sale", "answers", PLAIN | {"BUYERS": 3, "SEATS": 2, "CRASHES": 2, "FAILURES": 1}, "LTL_ANSWERED"),
    Search("broadcast", "one viewer", {"VIEWERS": 1, "CRASHES": 2, "CHANGES": 4, "BREAKS": 1}),
    Search("broadcast", "two viewers", {"VIEWERS": 2, "CRASHES": 1, "CHANGES": 2, "BREAKS": 1}),
    Search("broadcast", "two viewers that come back", {"VIEWERS": 2, "CRASHES": 0, "CHANGES": 2, "BREAKS": 1}),
    Search("broadcast", "two viewers, two crashes", {"VIEWERS": 2, "CRASHES": 2, "CHANGES": 2, "BREAKS": 0}),
    Search("broadcast", "coming to rest", {"VIEWERS": 1, "CRASHES": 1, "CHANGES": 2, "BREAKS": 1}, "LTL_SETTLED"),
]

SMALL = PLAIN | {"BUYERS": 2, "SEATS": 1, "CRASHES": 1}
HOLDS = SMALL | {"HOLDS": 1, "RETRIES": 0, "CRASHES": 0}
ONE = {"VIEWERS": 1, "CRASHES": 0, "CHANGES": 3, "BREAKS": 1}
CRASH = {"VIEWERS": 1, "CRASHES": 1, "CHANGES": 2, "BREAKS": 0}
TWO = {"VIEWERS": 2, "CRASHES": 0, "CHANGES": 2, "BREAKS": 1}

FAULTS = [
    Fault("sale", 1, "a change is announced before its commit", SMALL),
    Fault("sale", 2, "a commit is confirmed without a sync (synchronous = NORMAL)", SMALL),
    Fault("sale", 3, "a failed commit is not undone in memory", SMALL | {"FAILURES": 1}),
    Fault("sale", 4, "one seat too many is sold", SMALL),
    Fault("sale", 5, "a hold is ended by its note, and its row is not asked", HOLDS),
    Fault("sale", 6, "a hold whose time is over is refused and not ended", HOLDS),
    Fault("sale", 7, "idempotency keys are kept in memory alone", SMALL | {"SEATS": 2}),
    Fault("sale", 8, "the notes of holds are not restored after a failed commit", HOLDS | {"FAILURES": 1}),
    Fault("sale", 9, "held seats are told as free", HOLDS),
    Fault("sale", 10, "a failed batch is answered as it was decided", SMALL | {"FAILURES": 1}),
    Fault("sale", 11, "a start serves what a killed process had not synced", SMALL | {"CRASHES": 2}),
    Fault("sale", 12, "a seq is given again after a restart", SMALL),
    Fault("sale", 13, "an answer goes to whoever has the connection's slot now", HOLDS | {"EXTENDS": 1, "PATIENCE": 1}),
    Fault("sale", 14, "a start syncs the log, and does not write it anew", SMALL | {"CRASHES": 2, "FAILURES": 1}),
    Fault("sale", 15, "a failed batch is answered to nobody", SMALL | {"FAILURES": 1, "CRASHES": 0}, "LTL_ANSWERED"),
    Fault("broadcast", 1, "a message that was begun is sent again", ONE),
    Fault("broadcast", 2, "a skip is not declared", ONE),
    Fault("broadcast", 3, "a conflated message has another change's count", ONE),
    Fault("broadcast", 4, "a position of another epoch is resumed", CRASH),
    Fault("broadcast", 5, "a loop is granted the state before the batch", ONE),
    Fault("broadcast", 6, "a subscriber joins a cohort that stands elsewhere", TWO | {"SOCKET": 2}),
    Fault("broadcast", 7, "a reader whose socket is free again is not brought to the head", ONE | {"CHANGES": 2, "BREAKS": 0}, "LTL_SETTLED"),
    Fault("broadcast", 8, "the recall of an earlier connection is taken for this one's", ONE | {"CRASHES": 1}),
    Fault("broadcast", 9, "a seq is given again after a crash, in the same epoch", CRASH),
    Fault("broadcast", 10, "a loop's commands overtake each other on the way to the ledger", ONE),
    Fault("broadcast", 11, "recalled notices are not compared with what was asked for", ONE),
    Fault("broadcast", 12, "cohorts are merged wherever they stand", TWO),
    Fault("broadcast", 13, "a viewer that is ahead of its loop is greeted at once", TWO),
]
