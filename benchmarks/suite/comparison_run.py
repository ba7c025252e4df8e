"""`script/bench quick` and `full`: gathers who can run, lets them take turns, and keeps the document."""
from dataclasses import replace

from suite import builds, chart, contestants, document, machine, pieces, places, plans, progress, rounds, targets
from suite.failure import USAGE, Failure


def run(options):
    """The exit status; a missed target is a result, not an error."""
    _check_names(options.only)
    programs = builds.build(progress.say) if options.build else places.find()
    before = machine.look()
    field = contestants.gather(programs)
    for name, why in field.absent.items():
        progress.say(f"{targets.plain(field.label(name))} does not take part: {why}")
    plan = shaped(plans.full() if options.mode == "full" else plans.quick(), options)
    schedule = rounds.schedule(plan, field)
    shown = progress.Progress(plans.expected_seconds(schedule))
    turns = rounds.Turns(plan, field, programs, shown, plans.budget(options.mode, options.rounds))
    results = turns.run()
    files = _files(options, before, plan, results, field, _notes(turns, schedule), programs)
    document.keep(files)
    print(next(iter(files.values())), end="")
    progress.say("kept in " + ", ".join(f"benchmarks/results/{name}" for name in files))
    return 0


def _notes(turns, schedule):
    if not turns.omitted:
        return ()
    return (f"This machine had time for {len(schedule) - turns.omitted} of {len(schedule)} measurements; "
            "later rounds have fewer.",)


def _files(options, before, plan, results, field, notes, programs):
    """The document, and behind it the chart of a full run, by name."""
    stem = document.stem(before.moment, options.mode)
    is_full = options.mode == "full"
    drawing = chart.draw(plan, results, field) if is_full else ""
    charts = ((chart.CAPTION, stem + ".svg"),) if drawing else ()
    extra = pieces.section(programs) if is_full else ""
    text = document.compose(options.mode, options.command, before, plan, results, field, charts, notes, extra)
    return {stem + ".md": text} | ({stem + ".svg": drawing} if drawing else {})


def _check_names(names):
    unknown = [name for name in names if name not in contestants.LABELS]
    if unknown:
        known = ", ".join(contestants.LABELS)
        raise Failure(f"There is no contestant '{unknown[0]}'; there are {known}.", USAGE)


def shaped(plan, options):
    """The plan with the rounds and the contestants that the command line asks for."""
    if options.rounds:
        plan = [replace(case, rounds=options.rounds) for case in plan]
    if not options.only:
        return plan
    kept = [replace(case, contestants=_wanted(case, options.only)) for case in plan]
    return [case for case in kept if case.contestants]


def _wanted(case, names):
    return tuple(name for name in case.contestants if name in names)
