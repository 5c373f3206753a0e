"""The curve of a day's memory as a picture."""

import math
from collections.abc import Sequence

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 34, 40
HOURS_PER_MARK = 4
ALLOWED = 1.05
"""Of the first hour, the most at the end of the day."""
STEPS_MIB = (10, 20, 50, 100, 200)
MOST_LINES = 6
STYLE = """\
<style>
text { font: 12px sans-serif; fill: #444 }
.title { font-size: 14px; fill: #111 }
.grid { stroke: #ddd }
.allowed { stroke: #b58900; stroke-dasharray: 5 4 }
.curve { fill: none; stroke: #1f6feb; stroke-width: 2 }
.rest { fill: none; stroke: #1f6feb; stroke-dasharray: 2 3 }
</style>"""


def picture(resident: Sequence[float], rest: Sequence[float]) -> str:
    """An SVG of what is resident in each hour, in MiB, and what of it is no log of deletions."""
    allowed = ALLOWED * rest[1]
    most = max(*resident, allowed)
    step = next((s for s in STEPS_MIB if most / s < MOST_LINES), STEPS_MIB[-1])
    top = step * (math.floor(most / step) + 1)
    last = len(resident) - 1

    def x(hour: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * hour / last

    def y(mib: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * mib / top

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Resident memory over a day</title>",
        STYLE,
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text class="title" x="{LEFT}" y="20">Resident memory over a day [MiB]</text>',
    ]
    for mib in range(0, top + 1, step):
        lines.append(_line("grid", (LEFT, y(mib)), (WIDTH - RIGHT, y(mib))))
        lines.append(_text(mib, LEFT - 8, y(mib) + 4, "end"))
    marks = range(0, last + 1, HOURS_PER_MARK)
    lines += [_text(hour, x(hour), HEIGHT - BOTTOM + 18, "middle") for hour in marks]
    lines.append(_text("hour of the day", x(last / 2), HEIGHT - 6, "middle"))
    lines.append(_line("allowed", (x(0), y(allowed)), (x(last), y(allowed))))
    lines.append(_text("5 % above the first hour", x(last), y(allowed) + 16, "end"))
    lines.append(_text("dotted: without the log of deletions", x(last), y(allowed) + 32, "end"))
    for kind, curve in (("curve", resident), ("rest", rest)):
        points = " ".join(f"{x(hour):.1f},{y(mib):.1f}" for hour, mib in enumerate(curve))
        lines.append(f'<polyline class="{kind}" points="{points}"/>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _line(kind: str, start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(words: object, x: float, y: float, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'
