"""Checks the models by SPIN. script/model is the way in; README.md in this folder explains the modes.

Each search is exhaustive in its bounds: SPIN's verifier visits every reachable state once, with partial-order reduction,
and exact storage of states (COLLAPSE compresses them without loss). A search that reaches its limit of depth or memory
is a failure, because it proves nothing.
"""

import dataclasses
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from searches import FAULTS, FULL, QUICK

FOLDER = pathlib.Path(__file__).resolve().parent
RESULTS = FOLDER / "RESULTS.md"


@dataclasses.dataclass
class Outcome:
    """What the verifier says."""

    errors: int
    violation: str
    states: int
    transitions: int
    depth: int
    megabytes: float
    seconds: float
    unreached: list
    isTruncated: bool


def build(folder, model, bounds, formula, is_fault, is_fast):
    """Makes the verifier of a model in `folder`; a fast one takes the compiler longer than a small search takes."""
    defines = [f"-D{name}={value}" for name, value in sorted(bounds.items())]
    if formula:
        defines.append(f"-D{formula}")
    source = FOLDER / f"{model}.pml"
    command = ["spin", "-a", "-o3", *defines, str(source)]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if made.returncode != 0 or not (folder / "pan.c").exists():
        sys.exit(f"spin does not take {source.name}:\n{made.stdout}{made.stderr}")
    flags = ["-O2" if is_fast else "-O0", "-w", "-DVECTORSZ=4096", "-DMEMLIM=16384", "-DCOLLAPSE"]
    flags += ["-DNFAIR=3"] if formula else ["-DSAFETY", "-DNOCLAIM"]
    if is_fault and not formula and model == "sale":
        flags += ["-DBFS"]  # the shortest counterexample; the states of a broadcast are too deep for it
        flags.remove("-DCOLLAPSE")
    subprocess.run(["gcc", *flags, "-o", "pan", "pan.c"], cwd=folder, check=True)


def search(folder, formula, is_fault):
    """Runs the verifier that `build` made."""
    flags = ["-m4000000", "-w20" if is_fault else "-w24"]
    if formula:
        flags += ["-a", "-f"]
    begun = time.monotonic()
    text = subprocess.run(["./pan", *flags], cwd=folder, capture_output=True, text=True, check=False).stdout
    outcome = read(text, time.monotonic() - begun)
    if not formula and not is_fault:
        table = subprocess.run(["./pan", "-d"], cwd=folder, capture_output=True, text=True, check=False).stdout
        outcome.unreached = unreached_lines(text, table)
    return outcome


def unreached_lines(report, table):
    """Lines of which no statement is reached. A line of an inline stands in several places; one of them is enough."""
    states = {}
    for part in re.split(r"^proctype ", table, flags=re.M)[1:]:
        name = part.split()[0]
        for number, line in re.findall(r"\[id\s+(\d+) tp.*?:(\d+) =>", part):
            states.setdefault((name, line), set()).add(number)
    missed, places = {}, {}
    for part in re.split(r"^unreached in proctype ", report, flags=re.M)[1:]:
        name = part.split()[0]
        for file, line, number, code in re.findall(r"^\s+(?:\S*/)?(\w+\.pml):(\d+), state (\d+), \"(.*)\"", part, re.M):
            if code != "-end-":
                missed.setdefault((name, line), set()).add(number)
                places[(name, line)] = f"{file}:{line}"
    reached = {places[key] for key in places if states.get(key, set()) - missed[key]}
    return sorted(set(places.values()) - reached)


def read(text, seconds):
    """Takes the numbers out of the verifier's report."""

    def number(pattern, default="0"):
        found = re.search(pattern, text)
        return float(found.group(1) if found else default)

    violation = re.search(r"pan:\d+: (.*?) \(at depth", text)
    return Outcome(
        errors=int(number(r"errors: (\d+)", "1")),
        violation=violation.group(1) if violation else "",
        states=int(number(r"(\d+(?:\.\d+)?(?:e\+\d+)?) states, stored")),
        transitions=int(number(r"(\d+(?:\.\d+)?(?:e\+\d+)?) transitions")),
        depth=int(number(r"depth reached (\d+)")),
        megabytes=number(r"([\d.]+)\s+total actual memory usage"),
        seconds=seconds,
        unreached=[],
        isTruncated="max search depth too small" in text or "Search not completed" in text,
    )


def run(model, bounds, formula="", is_fault=False, is_fast=False):
    with tempfile.TemporaryDirectory(prefix="seatcast-model-") as name:
        folder = pathlib.Path(name)
        build(folder, model, bounds, formula, is_fault, is_fast)
        outcome = search(folder, formula, is_fault)
        if outcome.errors:
            outcome.violation = sentence(replay(folder, model, bounds, formula), outcome.violation)
        return outcome


def replay(folder, model, bounds, formula):
    """The counterexample, step by step."""
    defines = [f"-D{key}={value}" for key, value in bounds.items()] + ([f"-D{formula}"] if formula else [])
    trail = next(iter(sorted(folder.glob("*.trail"))))
    command = ["spin", "-k", str(trail), "-p", "-g", *defines, str(FOLDER / f"{model}.pml")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def sentence(steps, violation):
    """The promise that is broken: the comment beside the assertion."""
    if "acceptance cycle" in violation:
        return "a promise about the end never comes true"
    if "invalid end state" in violation:
        return "nothing goes on"
    found = re.search(r"(\w+\.pml):(\d+), Error: assertion violated", steps)
    if not found:
        return violation
    line = (FOLDER / found.group(1)).read_text(encoding="utf-8").splitlines()[int(found.group(2)) - 1]
    comment = re.search(r"/\* (.*?) \*/", line)
    return comment.group(1) if comment else violation


def told(bounds):
    """Bounds in words; what may not happen is not named."""
    first = ["BUYERS", "SEATS", "VIEWERS", "CHANGES", "CRASHES"]
    names = [name for name in first if name in bounds] + [name for name in bounds if name not in first]
    return ", ".join(f"{name.lower()} {bounds[name]}" for name in names if bounds[name])


def prove(searches, is_fast=False):
    """Every search must end without an error. Returns rows of a table."""
    rows = []
    for one in searches:
        outcome = run(one.model, one.bounds, one.formula, is_fast=is_fast)
        print(
            f"{one.model}: {one.name} ({told(one.bounds)}): {outcome.states:,} states, depth {outcome.depth:,}, "
            f"{outcome.megabytes:,.0f} MiB, {outcome.seconds:.0f} s",
            flush=True,
        )
        if outcome.errors or outcome.isTruncated:
            sys.exit(
                f"{one.model}: {one.name}: "
                + (outcome.violation or "the search was not completed, so it proves nothing")
                + f"\nscript/model trail {one.model} {one.formula} "
                + f"{' '.join(f'{name}={value}' for name, value in one.bounds.items())} shows it."
            )
        rows.append((one, outcome))
    return rows


def plant(faults):
    """Every fault must be found. Returns rows of a table."""
    rows = []
    for fault in faults:
        outcome = run(fault.model, fault.bounds | {"FAULT": fault.number}, fault.formula, is_fault=True)
        print(
            f"{fault.model}: fault {fault.number}, {fault.sentence}: "
            + (f"found after {outcome.states:,} states: {outcome.violation}" if outcome.errors else "not found"),
            flush=True,
        )
        if not outcome.errors:
            sys.exit(f"{fault.model}: fault {fault.number} was not found, so the model proves too little.")
        rows.append((fault, outcome))
    return rows


def unreached(rows, model):
    """Lines of a model that none of its searches reaches."""
    lists = [set(outcome.unreached) for one, outcome in rows if one.model == model and not one.formula]
    return sorted(set.intersection(*lists), key=lambda place: (place.split(":")[0], int(place.split(":")[1]))) if lists else []


def write(proofs, finds):
    lines = [
        "# Results",
        "",
        "Written by `script/model full`. [README.md](README.md) says what the models hold.",
        "",
        "## Searches",
        "",
        "Every reachable state in these bounds, with partial-order reduction. No error was found. What is not named among the",
        "bounds does not happen in that search, or has the default of its model.",
        "",
        "| model | what | bounds | states | transitions | depth | memory, MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for one, outcome in proofs:
        lines.append(
            f"| {one.model} | {one.name} | {told(one.bounds)} | {outcome.states:,} | {outcome.transitions:,} "
            f"| {outcome.depth:,} | {outcome.megabytes:,.0f} |"
        )
    lines += ["", "Lines that no search of their model reaches (besides the ends of processes that do not end):", ""]
    for model in dict.fromkeys(one.model for one, _ in proofs):
        places = unreached(proofs, model)
        lines.append(f"- {model}: " + (", ".join(places) if places else "none"))
    lines += [
        "",
        "## Faults",
        "",
        "Each was put into its model; the verifier must find a counterexample, and did. Steps are told where states were",
        "searched by breadth, so that the counterexample is a shortest one.",
        "",
        "| model | fault | what is wrong | what is broken | states until then | steps |",
        "|---|---|---|---|---|---|",
    ]
    for fault, outcome in finds:
        steps = outcome.depth if fault.model == "sale" and not fault.formula else ""
        lines.append(
            f"| {fault.model} | {fault.number} | {fault.sentence} | {outcome.violation} | {outcome.states:,} | {steps} |"
        )
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"Written: {RESULTS.relative_to(FOLDER.parent.parent)}")


def trail(model, bounds, formula):
    """Prints the counterexample, step by step."""
    with tempfile.TemporaryDirectory(prefix="seatcast-model-") as name:
        folder = pathlib.Path(name)
        build(folder, model, bounds, formula, is_fault=True, is_fast=False)
        outcome = search(folder, formula, is_fault=True)
        if not outcome.errors:
            sys.exit(f"{model}: no counterexample in {outcome.states:,} states.")
        steps = replay(folder, model, bounds, formula)
        print(f"{steps}\n{model}: broken after these steps: {sentence(steps, outcome.violation)}")


def main(arguments):
    mode = arguments[0] if arguments else "quick"
    if mode == "quick":
        prove(QUICK)
        plant([fault for fault in FAULTS if fault.number in (1, 2)])
        print("The models hold in these bounds. 'script/model full' goes further.")
    elif mode == "full":
        write(prove(FULL, is_fast=True), plant(FAULTS))
    elif mode == "faults":
        plant([fault for fault in FAULTS if len(arguments) < 2 or fault.model == arguments[1] and fault.number >= int((arguments + ["0"])[2])])
    elif mode == "trail" and len(arguments) > 1:
        pairs = [word.split("=", 1) for word in arguments[2:] if "=" in word]
        trail(arguments[1], dict(pairs), next((word for word in arguments[2:] if "=" not in word), ""))
    else:
        sys.exit("script/model takes: nothing (a bounded run), full, faults [MODEL], trail MODEL NAME=VALUE...")


if __name__ == "__main__":
    main(sys.argv[1:])
