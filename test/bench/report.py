# SPDX-License-Identifier: BSD-2-Clause
"""The table on the terminal, in Markdown and as an SVG bar chart, from the measurements in bench.json."""
from html import escape


class Row:
    """One figure that may have a peer and may have a target."""

    def __init__(self, key, title, ours, target=None, kvm=None, unit="instructions"):
        self.key, self.title, self.ours, self.target, self.kvm, self.unit = key, title, ours, target, kvm, unit

    @property
    def missed(self):
        return self.target is not None and self.ours > self.target

    @property
    def verdict(self):
        return "" if self.target is None else "MISSED" if self.missed else "ok"

    def cells(self):
        ratio = f"{self.ours / self.kvm:.2f}" if self.kvm else ""
        return [self.title, *(show(value) for value in (self.kvm, self.ours)), ratio, show(self.target), self.verdict]


def show(value):
    return "" if value is None else f"{value:.2f}" if isinstance(value, float) else f"{value:,}"


HEADINGS = ["", "KVM", "ours", "ratio", "target", ""]


def text_table(title, rows):
    lines = [[title, *HEADINGS[1:]]] + [row.cells() for row in rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEADINGS))]
    return "\n".join("  ".join([line[0].ljust(widths[0])] + [cell.rjust(width) for cell, width
                                                             in zip(line[1:], widths[1:])]).rstrip() for line in lines)


def markdown_table(title, rows):
    lines = [f"| {title} | KVM | ours | ratio | target | |", "|---|---:|---:|---:|---:|---|"]
    return "\n".join(lines + ["| " + " | ".join(row.cells()) + " |" for row in rows])


def bar_chart(rows):
    """Ours against KVM, in instructions; the mark is the target. Bars that would leave the chart are cut, with their figure."""
    rows = [row for row in rows if row.kvm]
    left, width, height, step = 330, 440, 12, 34
    most = max(max(row.kvm, row.ours) for row in rows)
    limit = min(most, 8000)
    total = len(rows) * step + 50

    def bar(y, value, colour):
        length = max(1, round(width * min(value, limit) / limit))
        return (f'<rect x="{left}" y="{y}" width="{length}" height="{height}" fill="{colour}"/>'
                f'<text x="{left + length + 4}" y="{y + 10}">{value:,}</text>')

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 70}" height="{total}" '
             'font-family="sans-serif" font-size="11">', '<rect width="100%" height="100%" fill="white"/>',
             f'<rect x="{left}" y="8" width="12" height="10" fill="#b8b8b8"/><text x="{left + 17}" y="17">KVM</text>',
             f'<rect x="{left + 60}" y="8" width="12" height="10" fill="#1f6fb4"/>'
             f'<text x="{left + 77}" y="17">bhyve-armv8</text>',
             f'<path d="M{left + 162} 8v10" stroke="#d62728" stroke-width="2"/>'
             f'<text x="{left + 168}" y="17">target</text>',
             '<text x="8" y="17">instructions, all software together</text>']
    for n, row in enumerate(rows):
        y = 30 + n * step
        parts.append(f'<text x="{left - 8}" y="{y + 17}" text-anchor="end">{escape(row.title)}</text>')
        parts += [bar(y, row.kvm, "#b8b8b8"), bar(y + height + 1, row.ours, "#1f6fb4")]
        if row.target is not None:
            x = left + width * min(row.target, limit) / limit
            parts.append(f'<path d="M{x:.1f} {y - 2}v{2 * height + 5}" stroke="#d62728" stroke-width="2"/>')
    return "\n".join([*parts, "</svg>", ""])
