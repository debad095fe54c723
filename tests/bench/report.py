"""The results and whether they reach their bars: rows on the terminal, JSON, gnuplot."""

import json
import re
import statistics
import subprocess
import tempfile

from lab import Trouble, need


class Spread:
    """The results of several runs: median (min .. max)."""

    def __init__(self, values):
        self.values = list(values)
        self.median, self.min, self.max = statistics.median(self.values), min(self.values), max(self.values)

    def __format__(self, digits):
        def short(value):
            return f"{value:.{digits or 2}f}"
        if len(self.values) == 1:
            return short(self.median)
        return f"{short(self.median)} ({short(self.min)} .. {short(self.max)})"

    def json(self):
        return {"median": self.median, "min": self.min, "max": self.max, "values": self.values}


class Report:
    def __init__(self):
        self.cases = []
        self.missed = 0

    def case(self, name, what):
        print(f"\n{name}: {what}", flush=True)
        self.cases.append({"case": name, "what": what, "rows": [], "bars": [], "charts": [],
                           "notes": []})

    def row(self, label, digits=2, **figures):
        """figures: names with units, and the values of all runs (or one value)."""
        spreads = {name: Spread(v if isinstance(v, list) else [v]) for name, v in figures.items() if v is not None}
        print(f"  {label:34} " + "  ".join(f"{name} {spread:{digits}}" for name, spread in spreads.items()),
              flush=True)
        self.cases[-1]["rows"].append({"label": label, **{name: s.json() for name, s in spreads.items()}})

    def bar(self, what, values, limit, better="<="):
        """The median counts."""
        spread = Spread(values if isinstance(values, list) else [values])
        met = {"<=": spread.median <= limit, ">=": spread.median >= limit, "<": spread.median < limit,
               ">": spread.median > limit}[better]
        self.missed += not met
        print(f"  {'met   ' if met else 'MISSED'} {what}: {spread} {better} {limit:g}", flush=True)
        self.cases[-1]["bars"].append({"what": what, **spread.json(), "better": better, "limit": limit, "met": met})

    def chart(self, unit, groups, log=False):
        """groups: labels, each with the values of all systems."""
        self.cases[-1]["charts"].append({"unit": unit, "log": log, "groups": {
            label: {name: Spread(v).json() for name, v in group.items()} for label, group in groups.items()}})

    def note(self, text):
        print(f"  note: {text}", flush=True)
        self.cases[-1]["notes"].append(text)

    def end(self):
        bars = [bar for case in self.cases for bar in case["bars"]]
        print(f"\n{len(bars) - self.missed} of {len(bars)} bars met")

    def write_json(self, path):
        with open(path, "w") as f:
            json.dump({"cases": self.cases}, f, indent=1)
            f.write("\n")

    def read_json(self, path, match):
        try:
            with open(path) as f:
                self.cases = [case for case in json.load(f)["cases"] if match in case["case"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Trouble(f"{path} is not what --json writes: {error}") from error

    def write_svg(self, path):
        """The charts of each case, and the distance of each bar's figure from its limit."""
        need("gnuplot")
        with tempfile.TemporaryDirectory() as folder:
            plots, heights = [], []
            for case in self.cases:
                for chart in case["charts"]:
                    plots.append(plot_chart(f"{folder}/{len(plots)}", case, chart))
                    heights.append(320)
                if case["bars"]:
                    plots.append(plot_bars(f"{folder}/{len(plots)}", case))
                    heights.append(90 + 26 * len(case["bars"]))
            if not plots:
                raise Trouble("nothing to draw")
            total, bottom = sum(heights), 1.0
            script = [f"set terminal svg size 1000,{total} font 'sans,12' background '#ffffff'",
                      f"set output {quoted(path)}", "set multiplot", "set style fill solid 0.8 noborder", "set grid"]
            for plot, height in zip(plots, heights):
                bottom -= height / total
                script += [f"set origin 0,{max(0, bottom)}", f"set size 1,{height / total}", *plot]
            script.append("unset multiplot")
            done = subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=60)
            if done.returncode:
                raise Trouble(f"gnuplot: {done.stdout.strip()}")
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(re.sub(r"<g [^>]*>\s*</g>\n?", "", text))  # a third of it draws nothing


def plot_chart(data, case, chart):
    """A group of columns per label, one column per system."""
    systems = list(dict.fromkeys(name for group in chart["groups"].values() for name in group))
    with open(data, "w") as f:
        for label, group in chart["groups"].items():
            columns = [group[name] if name in group else {"median": "?", "min": "?", "max": "?"} for name in systems]
            f.write(quoted(label, '"') + "".join(f" {c['median']} {c['min']} {c['max']}" for c in columns) + "\n")
    return [f"set title {quoted(case['case'])} noenhanced", f"set ylabel {quoted(chart['unit'])} noenhanced",
            "unset xlabel", "unset arrow 1", "set lmargin 10", "set rmargin 22", "set key outside right noenhanced",
            "set style data histograms", "set style histogram errorbars gap 1 lw 1", "set boxwidth 0.9",
            "set xrange [*:*]", "set yrange [*:*]" if chart["log"] else "set yrange [0:*]", "set xtics noenhanced",
            "set ytics auto", "set logscale y" if chart["log"] else "unset logscale",
            "plot " + ", ".join(f"{quoted(data)} using {2 + 3 * n}:{3 + 3 * n}:{4 + 3 * n}:xtic(1) "
                                f"title {quoted(name)}" for n, name in enumerate(systems)), "unset logscale"]


def plot_bars(data, case):
    """100 % is the limit itself."""
    with open(data, "w") as f:
        for line, bar in enumerate(reversed(case["bars"])):
            scale = 100 / bar["limit"] if bar["limit"] else 0
            median, low, high = (max(0, min(200, bar[name] * scale)) for name in ("median", "min", "max"))
            text = f"{bar['what']}: {bar['median']:.3g} ({bar['better']} {bar['limit']:g})"
            f.write(f"{line} {median} {low} {high} {0x2e7d32 if bar['met'] else 0xc62828} {quoted(text, chr(34))}\n")
    return [f"set title {quoted(case['case'] + ': % of the bar (green: met)')} noenhanced", "unset xlabel",
            "unset ylabel", "set lmargin 60", "set rmargin 4", "set boxwidth 0.6", "set xrange [0:200]",
            "set xtics auto noenhanced", "set ytics noenhanced", f"set yrange [-0.8:{len(case['bars']) - 0.2}]",
            "set arrow 1 from 100, graph 0 to 100, graph 1 nohead lw 2 lc rgb '#444444' front",
            f"plot {quoted(data)} using ($2/2):1:($2/2):(0.3):5:ytic(6) with boxxyerror lc rgb variable notitle, "
            f"{quoted(data)} using 2:1:3:4 with xerrorbars pt 0 lw 1.5 lc rgb '#000000' notitle"]


def quoted(text, mark="'"):
    return mark + text.replace(mark, "" if mark == '"' else mark * 2) + mark
