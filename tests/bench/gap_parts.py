"""Where the gap comes from: a long run tells how much better the plan, and how much lower the bound, still became.

At any moment: gap = what the plan still gained later + what the bound still lost later + what nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.comparison import Moment

MOMENTS = (30, 60, 120, 300, 600)


def stages(moments: Sequence[Moment]) -> list[Moment]:
    """The last moment of each stage's first stretch, in the order in which the stages began."""
    found: dict[str, Moment] = {}
    previous = ""
    for moment in moments:
        if moment.stage not in found or moment.stage == previous:
            found[moment.stage] = moment
        previous = moment.stage
    return list(found.values())


def table(name: str, moments: Sequence[Moment]) -> str:
    """Two Markdown tables: the moments with the gap and its parts, and the bounds stage after stage."""
    last = moments[-1]
    if last.score is None or last.bound is None:
        return f"**{name}**: no plan or no bound in {last.seconds:.0f} s\n"
    base = max(1, abs(last.bound))

    def percent(points: int) -> str:
        return f"{100 * points / base:.3f} %"

    lines = [
        f"**{name}**: one run of {last.seconds:.0f} s; unknown to the end: {percent(last.bound - last.score)}",
        "",
        "| s | score | bound | gap | the plan's part | the bound's part |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for mark in (mark for mark in MOMENTS if mark <= last.seconds + 1):
        known = [moment for moment in moments if moment.seconds <= mark]
        if known and known[-1].score is not None and known[-1].bound is not None:
            score, bound = known[-1].score, known[-1].bound
            parts = [percent(bound - score), percent(last.score - score), percent(bound - last.bound)]
            lines.append(f"| {mark} | {score:,} | {bound:,} | " + " | ".join(parts) + " |")
    lines += [
        "",
        "| stage | ended first at, s | score | bound | above the last bound |",
        "|---|---:|---:|---:|---:|",
    ]
    for moment in stages(moments):
        if moment.score is not None and moment.bound is not None:
            above = percent(moment.bound - last.bound)
            cells = [moment.stage, f"{moment.seconds:.1f}", f"{moment.score:,}", f"{moment.bound:,}", above]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])
