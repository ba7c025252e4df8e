"""The document of a run: the command, the machine, the target table, what lost to whom, and every figure.

It is written under another name first and then renamed, so there is never half a result.
"""
import os

from suite import comparison, cores, lock, machine, places, tables, targets


def compose(mode, command, before, plan, results, field, charts=(), notes=(), extra=""):
    """The whole text. `charts` are pairs of caption and file name; `extra` stands behind the tables."""
    parts = [
        heading(mode, command, before) + "\n" + "\n".join(f"- {line}" for line in _conditions(plan, notes)),
        "## Targets\n\n" + _targets(mode, plan, results, field),
        "## What lost to whom\n\n" + (comparison.text(plan, results, field) or "Nobody to compare with."),
        *[f"![{caption}]({name})" for caption, name in charts],
        *[f"## {_capital(case.title)}\n\n{tables.table(case, results, field)}" for case in plan],
        extra,
        _absentees(results, field),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def heading(mode, command, before):
    """What a reader must know of the machine and the moment."""
    load = f"load average before: {before.load}, after: {machine.load_average()}"
    if os.environ.get(lock.VARIABLE):
        load += "; each measurement held a lock that others on this machine take, too"
    return "\n".join([
        f"# {before.moment:%Y-%m-%d}, {mode}, {before.commit}",
        "",
        f"- Command: `{command}`",
        f"- Machine: {before.describe()}; {load}",
    ])


def target_table(judged):
    head = ["what", "target", "measured (spread)", "the two figures", "verdict"]
    rows = [[each.what, each.wanted, each.measured, each.beside, each.verdict] for each in judged]
    lines = ["| " + " | ".join(head) + " |", "|---|---|--:|--:|---|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _targets(mode, plan, results, field):
    rows = targets.TARGETS
    if mode == "million":
        if plan[0].subscribers < 1_000_000:
            return "They are for 1,000,000 subscribers; fewer meet nothing."
        rows = [each for each in rows if each.of[0] == "million"]
    return target_table(targets.judge(results, field, rows))


def _conditions(plan, notes):
    rounds = sorted({case.rounds for case in plan})
    counts = str(rounds[0]) if len(rounds) == 1 else f"{rounds[0]} to {rounds[-1]}"
    yield f"Rounds: {counts}, contestants in turn, a fresh process each; medians (smallest–largest)."
    yield "Loopback; " + _division(plan)
    yield from notes


def _division(plan):
    """How server and load client share the cores, in words."""
    one = cores.divide(1)
    if all(case.loops > 1 for case in plan):
        return "the scheduler gives cores to server and load client as it likes."
    if not one.server:
        return "server and load client share the only core."
    words = f"the server has core {_numbers(one.server)}, the load client {_numbers(one.client)}"
    if any(case.loops > 1 and not cores.divide(case.loops).server for case in plan):
        words += "; several loops are not pinned, for want of cores"
    return words + "."


def _numbers(cores_of_one):
    return ", ".join(str(core) for core in sorted(cores_of_one))


def _absentees(results, field):
    lines = [f"- {targets.plain(field.label(name))}: {why}." for name, why in field.absent.items()]
    lines += [f"- {targets.plain(field.label(name))}, taken out after a failure: {why}"
              for name, why in results.failures.items()]
    lines += [f"- {targets.plain(field.label(name))}, too slow for {why}" for name, why in results.late]
    return "## No figures\n\n" + "\n".join(lines) if lines else ""


def _capital(text):
    return text[:1].upper() + text[1:]


def stem(moment, mode):
    return f"{moment:%Y-%m-%dT%H%M}-{mode}"


def keep(files):
    """Writes a result's files, by name: all of them or none."""
    places.RESULTS.mkdir(exist_ok=True)
    drafts = {name: places.RESULTS / f".{name}.draft" for name in files}
    try:
        for name, text in files.items():
            drafts[name].write_text(text)
        for name, draft in drafts.items():
            os.replace(draft, places.RESULTS / name)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
