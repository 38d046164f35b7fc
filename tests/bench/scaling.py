"""How time and memory grow with the size: the same province once, twice, five and ten times in one plan."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from solver.generate.province import CLASSES_PER_PROVINCE
from solver.result import relative_gap
from tests.bench.comparison import run_ours

TRAINEES = 12_200
GAPS = (0.05, 0.02, 0.01)  # of which the times are told; the run ends at the last
STRAIGHT = 1.3  # the time to the last gap is to grow no faster than size to this power


@dataclass(frozen=True, slots=True)
class Grown:
    """One size. first, reached: seconds from the start of the process; None where it did not happen in time."""

    size: int
    first: float | None
    reached: dict[float, float | None]
    gap: float | None
    seconds: float
    peak_mb: float
    status: str


def scaling(sizes: Sequence[int], limit: float, workers: int, seed: int) -> Iterator[Grown]:
    """Each size in turn, on a generated province of that many times the usual trainees and classes."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "instance.json"
            numbers = {"--trainees": size * TRAINEES, "--classes": size * CLASSES_PER_PROVINCE, "--seed": seed}
            options = [text for name, number in numbers.items() for text in (name, str(number))]
            command = [sys.executable, "-m", "solver", "generate", *options, "-o", str(path)]
            subprocess.run(command, check=True, capture_output=True)
            outcome, history = run_ours(path, None, limit, workers, "--gap", str(GAPS[-1]))
        reached: dict[float, float | None] = dict.fromkeys(GAPS)
        for moment in history:
            gap = relative_gap(moment.score, moment.bound)
            for wanted in GAPS:
                if reached[wanted] is None and gap is not None and gap <= wanted:
                    reached[wanted] = moment.seconds
        gap = relative_gap(outcome.score, outcome.bound)
        if gap is not None and gap <= GAPS[-1] and reached[GAPS[-1]] is None:
            reached[GAPS[-1]] = outcome.seconds
        yield Grown(
            size, outcome.first, reached, gap, outcome.seconds, outcome.peak_mb, outcome.status or outcome.note
        )


def exponent(grown: Sequence[Grown]) -> float | None:
    """k of the time to the last gap ~ size^k, by least squares of the logarithms; None below two sizes."""
    points = [(math.log(each.size), math.log(at)) for each in grown if (at := each.reached[GAPS[-1]]) is not None]
    if len(points) < 2:
        return None
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((a - x) ** 2 for a, _ in points)
    return sum((a - x) * (b - y) for a, b in points) / spread if spread else None


def table(grown: Sequence[Grown]) -> str:
    """The Markdown table, with the exponent below."""

    def seconds(value: float | None) -> str:
        return "–" if value is None else f"{value:.1f}"

    head = ["size", "trainees", "classes", "first plan, s", *(f"s to {100 * gap:g} %" for gap in GAPS)]
    head += ["gap at the end", "peak MB", "s", "end"]
    lines = ["| " + " | ".join(head) + " |", "|---:|" + "---:|" * (len(head) - 2) + "---|"]
    for each in grown:
        cells = [
            f"{each.size}×",
            f"{each.size * TRAINEES:,}",
            f"{each.size * CLASSES_PER_PROVINCE:,}",
            seconds(each.first),
            *(seconds(each.reached[gap]) for gap in GAPS),
            "–" if each.gap is None else f"{100 * each.gap:.2f} %",
            f"{each.peak_mb:,.0f}",
            f"{each.seconds:.0f}",
            each.status,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    power = exponent(grown)
    grows = "too few sizes reached it" if power is None else f"as size^{power:.2f}"
    return "\n".join([*lines, "", f"Time to a gap of {100 * GAPS[-1]:g} %: {grows}.", ""])


def draw(grown: Sequence[Grown], path: Path) -> None:
    """Time to the last gap and peak memory against the size, both axes logarithmic, as SVG."""
    import altair as alt

    def data(rows: list[dict[str, float]]) -> alt.InlineData:
        return alt.InlineData(values=rows)

    times: list[dict[str, float]] = [
        {"size": each.size, "seconds": at} for each in grown if (at := each.reached[GAPS[-1]]) is not None
    ]
    first = times[0] if times else {"size": 1, "seconds": 1.0}
    allowed: list[dict[str, float]] = [
        {"size": each.size, "seconds": first["seconds"] * (each.size / first["size"]) ** STRAIGHT}
        for each in grown
    ]
    memory: list[dict[str, float]] = [{"size": each.size, "MB": each.peak_mb} for each in grown]
    sizes = [each.size for each in grown]
    across = alt.X("size:Q", title="size (provinces)", scale=alt.Scale(type="log"), axis=alt.Axis(values=sizes))
    up = alt.Y("seconds:Q", title=f"seconds to a gap of {100 * GAPS[-1]:g} %", scale=alt.Scale(type="log"))
    line = alt.Chart(data(times)).mark_line(point=True).encode(across, up)
    limit = alt.Chart(data(allowed)).mark_line(strokeDash=[4, 4], color="grey").encode(across, up)
    megabytes = alt.Y("MB:Q", title="peak MB of all processes", scale=alt.Scale(type="log"))
    used = alt.Chart(data(memory)).mark_line(point=True, color="darkorange").encode(across, megabytes)
    both = alt.hconcat(
        (limit + line).properties(width=300, height=240, title=f"time (dashed: size^{STRAIGHT})"),
        used.properties(width=300, height=240, title="memory"),
    )
    both.save(str(path))
