"""What the runs of a comparison show: tables and pictures."""
import statistics

from kinds import LOADS, takes

COLOURS = {"Sluice": "#1b6ca8", "Netty": "#d1822f", "C": "#3c3c3c", "JDK": "#7a7a7a",
           "Virtual": "#7a7a7a", "Python": "#5b8c5a"}


def values(runs, load, server, name):
    return [r[name] for r in runs if r["load"] == load and r["server"] == server]


def ratios(runs, load, server):
    """Lower quartile, median and upper quartile of the ratios to the reference in the same round."""
    rounds = {}
    for run in runs:
        if run["load"] == load:
            rounds.setdefault(run["round"], {})[run["server"]] = run["microsPerMessage"]
    reference = LOADS[load].reference()
    found = [r[server] / r[reference] for r in rounds.values() if server in r]
    return found * 3 if len(found) == 1 else statistics.quantiles(found, n=4, method="inclusive")


def cost(runs, load, server):
    low, middle, high = ratios(runs, load, server)
    micros = statistics.median(values(runs, load, server, "microsPerMessage"))
    return f"{middle:.2f} ({low:.2f}-{high:.2f}), {micros:.2f} us"


def user_share(runs, load, server):
    return f"{statistics.median(values(runs, load, server, 'userShare')):.0%}"


def table(runs, loads, servers, cell):
    lines = ["| server | " + " | ".join(f"{l} {LOADS[l].label}" for l in loads) + " |",
             "|---|" + "---:|" * len(loads)]
    for server in servers:
        cells = [cell(runs, l, server) if takes(server, l) else "-" for l in loads]
        lines.append(f"| {server} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plot(runs, loads, servers, title):
    """One group of bars for each load, from 0, with the middle half of the rounds as a line. What is
    far beyond the others is cut, and says so by its figure."""
    width, left, row, gap = 860, 150, 16, 26
    bars = {(l, s): ratios(runs, l, s) for l in loads for s in servers if takes(s, l)}
    most = min(max(high for _, _, high in bars.values()), 2.5)
    scale = (width - left - 60) / most
    y = 46
    out = []
    for load in loads:
        out.append(f'<text x="8" y="{y}" font-weight="bold">{load}: {LOADS[load].label}</text>')
        y += 8
        for server in servers:
            out.append(f'<text x="{left - 6}" y="{y + 11}" text-anchor="end">{server}</text>')
            if (load, server) not in bars:
                out.append(f'<text x="{left + 5}" y="{y + 11}" fill="#777">cannot take it</text>')
                y += row
                continue
            low, middle, high = bars[load, server]
            low_x, x, high_x = (left + min(value, most) * scale for value in (low, middle, high))
            out.append(f'<rect x="{left}" y="{y + 2}" width="{x - left:.1f}" height="{row - 5}"'
                       f' fill="{COLOURS[server.split(" ")[0]]}"/>')
            out.append(f'<path d="M{low_x:.1f} {y + row / 2}H{high_x:.1f}" stroke="#000"'
                       ' stroke-width="1.5"/>')
            out.append(f'<text x="{high_x + 5:.1f}" y="{y + 11}">{middle:.2f}'
                       f'{" &#8594;" if high > most else ""}</text>')
            y += row
        y += gap
    bottom = y - gap + 4
    for tick in (0, 0.5, 1, 1.5, 2, 2.5):
        if tick <= most:
            x = left + tick * scale
            out.append(f'<path d="M{x:.1f} 30V{bottom}" stroke="#999" stroke-dasharray="2 3"/>')
            out.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{tick:g}</text>')
    out.append(f'<text x="{left}" y="{bottom + 32}">server CPU per message, as a ratio to'
               f' {LOADS[loads[0]].reference()} in the same round; the line is the middle half of'
               ' the rounds</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom + 44}"'
            ' font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>'
            f'<text x="8" y="18" font-size="14">{title}</text>' + "".join(out) + "</svg>\n")
