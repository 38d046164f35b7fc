"""What the bench measured, for readers: Markdown tables, put between markers of a page, and JSON."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psutil

from solver.instance.facts import Instance
from solver.result import relative_gap
from solver.versions import versions
from tests.bench.comparison import METHODS, OURS, Outcome, marks_within
from tests.bench.peers.fair_division import PYTHON


@dataclass(frozen=True, slots=True)
class Compared:
    """One instance and what each method did on it."""

    name: str
    size: str
    limit: float
    outcomes: list[Outcome]

    @property
    def bound(self) -> int | None:
        """The lowest proven bound of all methods."""
        known = [outcome.bound for outcome in self.outcomes if outcome.bound is not None]
        return min(known) if known else None


def size_of(instance: Instance) -> str:
    """The size in words."""
    options = sum(len(each.options) for each in instance.classes)
    calendars = "" if options == len(instance.classes) else f" with {options:,} calendars"
    return (
        f"{len(instance.trainees):,} trainees, {len(instance.needs):,} needs, "
        f"{len(instance.classes):,} classes{calendars}"
    )


def machine() -> str:
    """Cores, processor, memory and system of this machine, and how busy it was."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line for line in cpuinfo.read_text(encoding="utf-8").splitlines() if line.startswith("model name")
        ]
        model = names[0].partition(":")[2].strip() if names else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = psutil.virtual_memory().total / 2**30
    busy = os.getloadavg()[0]
    return f"{cores} cores of {model}, {memory:.0f} GiB, {platform.system()}; load at the end {busy:.1f}"


def used_versions() -> dict[str, str]:
    """Of Python and of everything that was compared."""
    from solver.model import highs

    found = {**versions(), "HiGHS": str(highs.core._Highs().version())}
    if PYTHON.exists():
        code = "import importlib.metadata as m; print(m.version('fairpyx'))"
        asked = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False)
        found["fairpyx"] = asked.stdout.strip() or "broken"
    return found


def made() -> str:
    """A line that tells where and with what the figures were made."""
    told = ", ".join(f"{name} {version}" for name, version in used_versions().items())
    return f"Made on {date.today().isoformat()} on {machine()}; {told}."


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def table(compared: Compared) -> list[str]:
    """The Markdown table of one instance, and below it where this optimizer was behind a peer, if anywhere."""
    marks = marks_within(compared.limit) or (round(compared.limit),)
    head = [
        "method",
        "first plan, s",
        *(f"score at {mark} s" for mark in marks),
        "its bound",
        "gap",
        "peak MB",
        "s",
        "end",
    ]
    lines = [
        f"**{compared.name}**: {compared.size}; {compared.limit:.0f} s for each method",
        "",
        "| " + " | ".join(head) + " |",
        "|---|" + "---:|" * (len(head) - 2) + "---|",
    ]
    for outcome in compared.outcomes:
        gap = relative_gap(outcome.score, compared.bound)
        cells = [
            METHODS[outcome.method],
            "–" if outcome.first is None else f"{outcome.first:.1f}",
            *(_number(outcome.scores.get(mark, outcome.score)) for mark in marks),
            _number(outcome.bound),
            "–" if gap is None else f"{100 * gap:.2f} %",
            f"{outcome.peak_mb:,.0f}",
            f"{outcome.seconds:.0f}",
            "; ".join(text for text in (outcome.status, outcome.note) if text),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    if not any(outcome.method == OURS for outcome in compared.outcomes):
        return [*lines, ""]
    behind = behind_of(compared)
    words = "; ".join(behind) if behind else "at every one of these times at least as good as each peer"
    return [*lines, "", f"This optimizer: {words}.", ""]


def behind_of(compared: Compared) -> list[str]:
    """Where a peer had a better plan: one text for each peer and mark."""
    ours = next((outcome for outcome in compared.outcomes if outcome.method == OURS), None)
    found = []
    for outcome in compared.outcomes:
        for mark, points in outcome.scores.items() if ours is not None and outcome is not ours else ():
            mine = ours.scores.get(mark) if ours is not None else None
            if points is not None and (mine is None or points > mine):
                found.append(f"behind {METHODS[outcome.method]} at {mark} s ({_number(mine)} against {points:,})")
    return found


def report(compared: Sequence[Compared]) -> str:
    """All tables, with the machine and the versions."""
    lines = [line for each in compared for line in table(each)]
    return "\n".join([made(), "", *lines]).rstrip() + "\n"


def as_json(compared: Sequence[Compared]) -> dict[str, Any]:
    """The same for machines."""
    return {
        "machine": machine(),
        "versions": used_versions(),
        "instances": [
            {
                "name": each.name,
                "size": each.size,
                "time_limit": each.limit,
                "bound": each.bound,
                "methods": [asdict(outcome) for outcome in each.outcomes],
            }
            for each in compared
        ],
    }


def put_between(page: Path, marker: str, text: str) -> None:
    """Replace what stands between `<!-- marker -->` and `<!-- /marker -->`; ValueError where they are missing."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(f"<!-- {marker} -->\n")
    _, end, after = rest.partition(f"<!-- /{marker} -->")
    if not begin or not end:
        raise ValueError(f"{page} lacks the markers <!-- {marker} --> and <!-- /{marker} -->")
    page.write_text(f"{before}{begin}{text.rstrip()}\n{end}{after}", encoding="utf-8")
