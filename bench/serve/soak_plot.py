"""Line charts as SVG, one below the other over the same minutes: what the soak draws."""
import html

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BETWEEN = 900, 170, 70, 20, 30, 46
COLOURS = ("#2a6fb0", "#c2571a", "#3f8f4f", "#8a4fa3")


def nice(top):
    """The smallest of 1, 2, 5 times a power of ten that is not below `top`."""
    if top <= 0:
        return 1.0
    power = 10.0 ** (len(str(int(top))) - 1) if top >= 1 else 0.01
    while True:
        for factor in (1, 2, 5):
            if factor * power >= top:
                return factor * power
        power *= 10


def chart(number, title, unit, lines, minutes, marks):
    """lines: {name: [(minute, value)]}; marks: [(name, from minute, to minute)]."""
    y0 = TOP + number * (HEIGHT + BETWEEN)
    top = nice(max((value for points in lines.values() for _, value in points), default=1))
    x = lambda minute: LEFT + minute / minutes * (WIDTH - LEFT - RIGHT)
    y = lambda value: y0 + HEIGHT - value / top * HEIGHT
    out = [f'<text x="{LEFT}" y="{y0 - 8}" class="title">{html.escape(title)}, {html.escape(unit)}</text>']
    for name, begin, end in marks:
        out.append(f'<rect x="{x(begin):.1f}" y="{y0}" width="{max(1.0, x(end) - x(begin)):.1f}" height="{HEIGHT}" class="{html.escape(name)}"/>')
    for part in range(5):
        value = top * part / 4
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" class="grid"/>'
                   f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" class="tick">{value:g}</text>')
    for (name, points), colour in zip(lines.items(), COLOURS):
        path = " ".join(f"{x(minute):.1f},{y(value):.1f}" for minute, value in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    for place, (name, colour) in enumerate(zip(lines, COLOURS)):
        out.append(f'<text x="{WIDTH - RIGHT - 120 * (len(lines) - 1 - place)}" y="{y0 - 8}" fill="{colour}" text-anchor="end">{html.escape(name)}</text>')
    return "\n".join(out)


def svg(charts, minutes, marks):
    """charts: [(title, unit, lines)]. Marked times are shaded: train blue, backup orange."""
    height = TOP + len(charts) * (HEIGHT + BETWEEN)
    body = "\n".join(chart(number, title, unit, lines, minutes, marks) for number, (title, unit, lines) in enumerate(charts))
    step = max(1, round(minutes / 10))
    ticks = "".join(f'<text x="{LEFT + minute / minutes * (WIDTH - LEFT - RIGHT):.1f}" y="{height - 24}" text-anchor="middle">{minute} min</text>'
                    for minute in range(0, int(minutes) + 1, step))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">
<style>.title{{font-weight:bold}} .tick{{text-anchor:end;fill:#666}} .grid{{stroke:#ddd}} .train{{fill:#2a6fb0;opacity:.15}} .backup{{fill:#c2571a;opacity:.2}}</style>
<rect width="{WIDTH}" height="{height}" fill="#fff"/>
{body}
{ticks}
</svg>
"""
