"""The chart of a full run: latency over throughput above, CPU per delivery and memory per subscriber below.

A line of the curve ends where a contestant no longer delivers what is offered. Bars start at zero.
"""
from dataclasses import dataclass

from suite import comparison, scales, svg, targets

CAPTION = "Latency over throughput, CPU per delivery, memory per idle subscriber"
WIDTH, HEIGHT = 1000, 860
# The name of a line stands right of its end; names at the same place one under another.
LABEL_OFFSET, LABEL_GAP = 11, 16
PLOT = (90, 95, 800, 470)  # left, top, right, bottom

STYLES = {
    "seatcast": ("#cf222e", 3.5, ""),
    "seatcast-send": ("#e5746f", 2.5, ""),
    "rolling-io_uring": ("#57606a", 2, "6 4"),
    "rolling-send": ("#8c959f", 2, "6 4"),
    "floor-io_uring": ("#57606a", 2, "2 4"),
    "floor-send": ("#8c959f", 2, "2 4"),
    "joined-send": ("#afb8c1", 2, "2 4"),
    "uwebsockets": ("#0969da", 2, ""),
    "swift-nio": ("#bf8700", 2, ""),
    "nchan": ("#1a7f37", 2, ""),
    "node-ws": ("#8250df", 2, ""),
}


@dataclass(frozen=True)
class Bars:
    """A panel of bars: which figure of which case, and where it stands."""

    title: str
    unit: str
    case: str
    key: str
    left: int


BARS = (
    Bars("CPU per delivery, one booking at a time", "s per million, 10,000 subscribers", "one-10000",
         "cpu_seconds_per_million", 30),
    Bars("CPU per delivery, 32 outstanding", "s per million, 10,000 subscribers", "outstanding-32",
         "cpu_seconds_per_million", 360),
    Bars("Memory per idle subscriber", "bytes of user space", "idle", "bytes_per_subscriber", 690),
)
BARS_TOP, BAR_HEIGHT, BAR_STEP = 580, 17, 26
BAR_NAMES, BAR_LENGTH = 122, 115


def draw(plan, results, field):
    """The whole drawing; empty when there is no curve to draw."""
    curves = _curves(plan, results)
    if not curves:
        return ""
    shapes = _curve_panel(curves, field)
    for bars in BARS:
        shapes += _bar_panel(bars, results, field)
    return svg.drawing(WIDTH, HEIGHT, CAPTION, shapes)


# The curve


def _curves(plan, results):
    """By contestant: (deliveries/s, p99 until the last subscriber) of each rate that it sustained."""
    curves = {}
    for case in sorted((case for case in plan if case.table == "rate"), key=lambda case: case.rate):
        for name in case.contestants:
            latency = results.spread(case.name, name, "last_p99_ms")
            if latency and latency.middle > 0 and comparison.keeps_up(case, name, results):
                curves.setdefault(name, []).append((case.offered, latency.middle))
    return curves


def _curve_panel(curves, field):
    left, top, right, bottom = PLOT
    points = [point for curve in curves.values() for point in curve]
    across = scales.Logarithmic(*scales.around([x for x, _ in points]), left, right)
    upward = scales.Logarithmic(*scales.around([y for _, y in points]), bottom, top)
    shapes = [
        svg.text(30, 38, "Time to the last of the subscribers over throughput", size=18, weight="600"),
        svg.text(30, 60, "Open loop: bookings at fixed times. p99 until everybody has the notice. A line ends where "
                         "the server falls behind. Lower and longer is better.", colour="#57606a"),
    ]
    shapes += _axes(across, upward)
    for name, curve in curves.items():
        shapes += _curve(name, [(across.place(x), upward.place(y)) for x, y in curve])
    return shapes + _labels(curves, across, upward, field)


def _axes(across, upward):
    left, top, right, bottom = PLOT
    shapes = []
    for value in upward.ticks():
        y = upward.place(value)
        shapes += [svg.line(left, y, right, y),
                   svg.text(left - 8, y + 4, scales.short(value), anchor="end", colour="#57606a")]
    for value in across.ticks():
        x = across.place(value)
        shapes += [svg.line(x, top, x, bottom),
                   svg.text(x, bottom + 18, scales.short(value), anchor="middle", colour="#57606a")]
    shapes.append(svg.text((left + right) / 2, bottom + 40, "deliveries per second", anchor="middle"))
    shapes.append(svg.text(38, (top + bottom) / 2, "ms", anchor="middle"))
    return shapes


def _curve(name, places):
    colour, width, dashes = STYLES[name]
    return [svg.path(places, colour=colour, width=width, dashes=dashes)] + [
        svg.dot(x, y, width + 1.5, colour) for x, y in places
    ]


def _labels(curves, across, upward, field):
    """A name beside the end of each line."""
    ends = {name: (across.place(curve[-1][0]), upward.place(curve[-1][1])) for name, curve in curves.items()}
    shapes = []
    for x in dict.fromkeys(x for x, _ in ends.values()):
        names = [name for name in ends if ends[name][0] == x]
        heights = _within_plot(scales.apart([ends[name][1] for name in names], LABEL_GAP))
        for name, height in zip(names, heights):
            shapes.append(svg.label(x + LABEL_OFFSET, height + 4, targets.plain(field.label(name)),
                                    colour=STYLES[name][0], weight=_weight(name)))
    return shapes


def _within_plot(heights):
    over = max(heights) - PLOT[3]
    return [height - over for height in heights] if over > 0 else heights


# The bars


def _bar_panel(bars, results, field):
    figures = _figures(bars, results)
    if not figures:
        return []
    largest = max(value for _, value in figures)
    shapes = [
        svg.text(bars.left, BARS_TOP - 34, bars.title, size=13, weight="600"),
        svg.text(bars.left, BARS_TOP - 16, bars.unit, colour="#57606a"),
    ]
    for number, (name, value) in enumerate(figures):
        shapes += _bar(bars.left, BARS_TOP + number * BAR_STEP, name, value, value / largest, field)
    return shapes


def _figures(bars, results):
    """The best first."""
    spreads = {name: results.spread(bars.case, name, bars.key) for name in results.contestants(bars.case)}
    figures = [(name, spread.middle) for name, spread in spreads.items() if spread and name in STYLES]
    return sorted(figures, key=lambda figure: figure[1])


def _bar(left, top, name, value, share, field):
    start, middle = left + BAR_NAMES, top + BAR_HEIGHT / 2 + 4
    length = share * BAR_LENGTH
    figure = f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
    return [
        svg.text(start - 6, middle, targets.plain(field.label(name)), size=11, anchor="end", weight=_weight(name)),
        svg.bar(start, top, length, BAR_HEIGHT, STYLES[name][0]),
        svg.text(start + length + 5, middle, figure, size=11, weight=_weight(name)),
    ]


def _weight(name):
    return "600" if name.startswith("seatcast") else "normal"
