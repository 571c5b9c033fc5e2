"""What the measurements share: processor time and memory of processes, rounds of pairs, and their table."""

import os
import pathlib
import re
import statistics
import subprocess
import sys

from parts import BUILD

TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")


def cpu_us(pid):
    """User and system time of a process with all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_US


def memory_mib(pid):
    """Resident now, and at most."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return tuple(int(re.search(name + r":\s+(\d+)", text).group(1)) / 1024 for name in ("VmRSS", "VmHWM"))


def produce(prefix, path, *rate):
    """Writes a file's records by tests/bench/produce, so many a second if told; how many, and what it took."""
    done = subprocess.run([str(BUILD / "tests/bench/produce"), os.environ["PRICEGRAPH_TEST_KAFKA"], prefix, str(path), *map(str, rate)],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise AssertionError(f"produce: {done.stderr}")
    return {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", done.stdout)}


def rounded(number):
    """Two or three digits that say something."""
    return f"{number:.3f}" if number < 0.1 else f"{number:.2f}" if number < 10 else f"{number:,.0f}"


class Pair:
    """One of our paths beside the bare part, round after round."""

    def __init__(self, name, unit, ours, bare):
        self.name, self.unit, self.ours, self.bare = name, unit, ours, bare
        self.rounds = []
        self.notes = {}

    def add(self, ours, bare, **notes):
        """Rates; the notes are numbers too. The medians are reported."""
        self.rounds.append((ours, bare))
        for key, value in notes.items():
            self.notes.setdefault(key, []).append(value)
        print(f"   {self.name}: {ours:,.0f} of {bare:,.0f} {self.unit} = {rounded(ours / bare)}", file=sys.stderr, flush=True)

    def row(self, columns):
        ratios = [ours / bare for ours, bare in self.rounds]
        ours, bare = (statistics.median(r[i] for r in self.rounds) for i in (0, 1))
        cells = [self.name]
        cells += [f"**{rounded(statistics.median(ratios))}** ({rounded(min(ratios))}-{rounded(max(ratios))})"]
        cells += [f"{ours:,.0f}", f"{bare:,.0f}"]
        for key in columns:
            values = self.notes.get(key)
            cells.append(rounded(statistics.median(values)) if values else "")
        return "| " + " | ".join(cells) + " |\n"


def table(title, pairs):
    columns = list(dict.fromkeys(key for p in pairs for key in p.notes))
    head = ["", f"ratio (of {len(pairs[0].rounds)} rounds)", f"ours, {pairs[0].unit}", f"bare, {pairs[0].unit}"]
    head += [key.replace("_", " ") for key in columns]
    text = f"## {title}\nOurs: {pairs[0].ours}. Bare: {pairs[0].bare}.\n\n"
    return text + "| " + " | ".join(head) + " |\n|" + "---|" * len(head) + "\n" + "".join(p.row(columns) for p in pairs)
