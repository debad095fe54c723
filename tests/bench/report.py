"""What was measured, and whether it is good enough: rows and bars on the terminal, JSON, gnuplot."""

import json
import statistics
import subprocess
import tempfile

from lab import Trouble, need


class Spread:
    """What several runs gave: median (min .. max)."""

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
        self.cases.append({"case": name, "what": what, "rows": [], "bars": [], "notes": []})

    def row(self, label, digits=2, **figures):
        """figures: a name with its unit, and the values of all runs (or one value)."""
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

    def write_svg(self, path):
        """One picture a case: how far each bar's figure is from its limit; 100 % is the limit itself."""
        need("gnuplot")
        charts = [case for case in self.cases if case["bars"]]
        if not charts:
            raise Trouble("nothing to draw")
        lines = max(len(case["bars"]) for case in charts)
        height = 110 + 26 * lines
        script = [f"set terminal svg size 900,{height * len(charts)} font 'sans,12' background '#ffffff'",
                  f"set output {quoted(path)}", f"set multiplot layout {len(charts)},1",
                  "set lmargin 62", "set rmargin 4", "set style fill solid 0.8 noborder", "set boxwidth 0.6",
                  "set xlabel '% of the bar (line: the bar itself)'", "set grid x", "unset key",
                  "set xrange [0:200]", "set arrow 1 from 100, graph 0 to 100, graph 1 nohead lw 2 lc rgb '#444444' front"]
        with tempfile.TemporaryDirectory() as folder:
            for number, case in enumerate(charts):
                data = f"{folder}/{number}"
                with open(data, "w") as f:
                    for line, bar in enumerate(reversed(case["bars"])):
                        scale = 100 / bar["limit"] if bar["limit"] else 0
                        color = 0x2e7d32 if bar["met"] else 0xc62828
                        text = f"{bar['what']}: {bar['median']:.3g} ({bar['better']} {bar['limit']:g})"
                        f.write(f"{line} {min(200, bar['median'] * scale)} {min(200, bar['min'] * scale)} "
                                f"{min(200, bar['max'] * scale)} {color} {quoted(text, chr(34))}\n")
                script += [f"set title {quoted(case['case'] + ': ' + case['what'])} noenhanced",
                           f"set yrange [-0.8:{len(case['bars']) - 0.2}]",
                           f"plot {quoted(data)} using ($2/2):1:($2/2):(0.3):5:ytic(6) with boxxyerror lc rgb variable, "
                           f"{quoted(data)} using 2:1:3:4 with xerrorbars pt 0 lw 1.5 lc rgb '#000000'"]
            script.append("unset multiplot")
            done = subprocess.run(["gnuplot"], input="set ytics noenhanced\n" + "\n".join(script) + "\n", text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            if done.returncode:
                raise Trouble(f"gnuplot: {done.stdout.strip()}")


def quoted(text, mark="'"):
    return mark + text.replace(mark, "" if mark == '"' else mark * 2) + mark
