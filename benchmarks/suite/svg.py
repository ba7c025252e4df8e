"""A few shapes of SVG as text. Colours and sizes are the caller's; text is escaped here and nowhere else."""
from xml.sax.saxutils import escape

FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"


def drawing(width, height, title, shapes):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="{FONT}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *shapes,
        "</svg>",
        "",
    ])


def text(x, y, words, *, size=12, colour="#24292f", anchor="start", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{escape(words)}</text>')


def label(x, y, words, *, colour, weight="normal"):
    """Text that stays legible across lines: it has a white seam."""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" fill="{colour}" font-weight="{weight}" '
            f'stroke="#ffffff" stroke-width="4" stroke-linejoin="round" paint-order="stroke">{escape(words)}</text>')


def line(x1, y1, x2, y2, *, colour="#d8dee4", width=1, dashes=""):
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"{dashed}/>')


def path(points, *, colour, width=2, dashes=""):
    steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (f'<polyline points="{steps}" fill="none" stroke="{colour}" stroke-width="{width}" '
            f'stroke-linejoin="round" stroke-linecap="round"{dashed}/>')


def dot(x, y, radius, colour):
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}" stroke="#ffffff" stroke-width="1"/>'


def bar(x, y, width, height, colour):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height:.1f}" rx="2" '
            f'fill="{colour}"/>')
