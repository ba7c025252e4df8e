"""`script/bench quick` and `full`: gathers who can run, lets them take turns, and keeps the document."""
from dataclasses import replace

from suite import builds, chart, contestants, document, machine, places, plans, progress, rounds, targets
from suite.failure import USAGE, Failure


def run(options):
    """The exit status; a missed target is a result, not an error."""
    _check_names(options.only)
    programs = builds.build(progress.say) if options.build else places.find()
    before = machine.look()
    field = contestants.gather(programs)
    for name, why in field.absent.items():
        progress.say(f"{targets.plain(field.label(name))} does not take part: {why}")
    plan = shaped(plans.quick() if options.mode == "quick" else plans.full(), options)
    schedule = rounds.schedule(plan, field)
    turns = rounds.Turns(plan, field, programs, progress.Progress(plans.expected_seconds(schedule)))
    results = turns.run()
    files = _files(options, before, plan, results, field)
    document.keep(files)
    print(next(iter(files.values())), end="")
    progress.say("kept in " + ", ".join(f"benchmarks/results/{name}" for name in files))
    return 0


def _files(options, before, plan, results, field):
    """The document, and behind it the chart of a full run, by name."""
    stem = document.stem(before.moment, options.mode)
    drawing = chart.draw(plan, results, field) if options.mode == "full" else ""
    charts = ((chart.CAPTION, stem + ".svg"),) if drawing else ()
    text = document.compose(options.mode, options.command, before, plan, results, field, charts)
    return {stem + ".md": text} | ({stem + ".svg": drawing} if drawing else {})


def _check_names(names):
    unknown = [name for name in names if name not in contestants.LABELS]
    if unknown:
        raise Failure(f"There is no contestant '{unknown[0]}'; there are {', '.join(contestants.LABELS)}.", USAGE)


def shaped(plan, options):
    """The plan with the rounds and the contestants that the command line asks for."""
    if options.rounds:
        plan = [replace(case, rounds=options.rounds) for case in plan]
    if not options.only:
        return plan
    kept = [replace(case, contestants=tuple(name for name in case.contestants if name in options.only)) for case in plan]
    return [case for case in kept if case.contestants]
