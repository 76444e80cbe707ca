# SPDX-License-Identifier: MIT
"""svg.py - the two kinds of pictures that the benchmark draws: bars of ratios, and curves on logarithmic axes."""
import math
from xml.sax.saxutils import escape

COLOURS = ["#1f5fa8", "#c2571a", "#3a7d34", "#8a3a8f", "#a88a1f", "#3a8a8a", "#7a4a3a", "#555555"]
FONT = 'font-family="Helvetica, Arial, sans-serif"'


def text(x, y, content, anchor="start", size=12, colour="#222"):
    return '<text x="%.1f" y="%.1f" %s font-size="%d" text-anchor="%s" fill="%s">%s</text>' % (
        x, y, FONT, size, anchor, colour, escape(content))


def line(x1, y1, x2, y2, colour="#ddd", width=1.0):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%.1f"/>' % (
        x1, y1, x2, y2, colour, width)


def rectangle(x, y, width, height, colour):
    return '<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>' % (x, y, width, height, colour)


def document(width, height, parts):
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">' % (
        width, height, width, height)
    return "\n".join([head, rectangle(0, 0, width, height, "#ffffff")] + parts + ["</svg>"]) + "\n"


class Log:
    """Log maps numbers to places along a logarithmic axis."""

    def __init__(self, low, high, start, end):
        self.low, self.span = math.log(low), math.log(high) - math.log(low)
        self.start, self.length = start, end - start

    def __call__(self, value):
        return self.start + self.length * (math.log(value) - self.low) / self.span


def ratios(rows, names, title):
    """ratios draws one group of bars per row: (label, [ratio or None per name], must, stretch)."""
    left, right, top, step = 250, 30, 70, 12 * len(names) + 10
    values = [v for r in rows for v in r[1] + [r[2], r[3]] if v]
    low, high = min(values + [0.1]) * 0.8, max(values + [2]) * 1.25
    width, height = 860, top + step * len(rows) + 40
    place = Log(low, high, left, width - right)
    parts = [text(20, 26, title, size=16)]
    for i, name in enumerate(names):
        parts += [rectangle(20 + 170 * i, 40, 12, 12, COLOURS[i]), text(38 + 170 * i, 50, name)]
    parts += [text(30 + 170 * len(names), 50, "| must   ", colour="#b00"),
              text(100 + 170 * len(names), 50, "| stretch", colour="#080")]
    for tick in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20):
        if low < tick < high:
            parts += [line(place(tick), top - 6, place(tick), height - 30, "#999" if tick == 1 else "#e4e4e4"),
                      text(place(tick), height - 14, "%gx" % tick, "middle", 11)]
    for i, (label, bars, must, stretch) in enumerate(rows):
        y = top + i * step
        parts.append(text(left - 8, y + step / 2, label, "end"))
        for k, bar in enumerate(bars):
            if bar:
                parts.append(rectangle(left, y + 12 * k, place(bar) - left, 10, COLOURS[k]))
        for target, colour in ((must, "#b00"), (stretch, "#080")):
            if target:
                parts.append(line(place(target), y - 3, place(target), y + 12 * len(names) + 1, colour, 2.0))
    return document(width, height, parts)


def ticks(low, high, factor):
    value = 1.0
    while value < low:
        value *= factor
    while value <= high:
        yield value
        value *= factor


def curves(all_curves, x_name):
    """curves draws nanoseconds over sizes, both logarithmic; with a thin line that is linear growth."""
    xs = [x for c in all_curves for x, _ in c["points"]]
    ys = [y for c in all_curves for _, y in c["points"]]
    width, left, right, top = 860, 70, 20, 40 + 18 * len(all_curves)
    height = top + 380
    low, high = min(ys) / 1.5, max(ys) * 1.5
    across, up = Log(min(xs) / 1.1, max(xs) * 1.1, left, width - right), Log(low, high, height - 40, top)
    parts = [text(20, 24, "nanoseconds over %s (grey: grows as the size does)" % x_name, size=15)]
    factor = 4 if max(xs) > 10000 else 2
    for x in ticks(min(xs), max(xs), factor):
        parts += [line(across(x), top, across(x), height - 40), text(across(x), height - 22, "%d" % x, "middle", 11)]
    for y in ticks(low, high, 10 if high / low > 50 else 2):
        parts += [line(left, up(y), width - right, up(y)), text(left - 6, up(y) + 4, "%g" % y, "end", 11)]
    end = min(max(xs), min(xs) * high / (low * 1.5))
    parts.append(line(across(min(xs)), up(low * 1.5), across(end), up(low * 1.5 * end / min(xs)), "#888", 1.0))
    for i, curve in enumerate(all_curves):
        colour = COLOURS[i % len(COLOURS)]
        path = " ".join("%.1f,%.1f" % (across(x), up(y)) for x, y in curve["points"])
        parts.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' % (path, colour))
        parts += [rectangle(left, 36 + 18 * i, 18, 4, colour), text(left + 26, 42 + 18 * i, curve["name"])]
    return document(width, height, parts)
