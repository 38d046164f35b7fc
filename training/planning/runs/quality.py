"""How good a result is, as far as proven; and whether two results show that two scenarios differ."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.i18n import number, percent
from ..models import OptimizerRun, RunStatus
from ..queries import UnmetNeeds

SMALL_GAP = 0.005  # up to this gap a result is called close to the best
LARGE_GAP = 0.02  # above this gap it is called far from proven


class Quality(StrEnum):
    """The quality of a run with a plan, by the gap between its score and the proven bound."""

    PROVEN = "proven"
    CLOSE = "close"
    FAIR = "fair"
    FAR = "far"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return str(_LABELS[self])

    @property
    def style(self) -> str:
        """Return the Bootstrap colour of banners and badges."""
        return _STYLES[self][0]

    @property
    def icon(self) -> str:
        """Return the Bootstrap icon next to the words, for readers who do not see the colour."""
        return _STYLES[self][1]


_LABELS = {
    Quality.PROVEN: _l("Proven to be the best"),
    Quality.CLOSE: _l("Close to the best"),
    Quality.FAIR: _l("May still be bettered"),
    Quality.FAR: _l("Not solved far enough"),
    Quality.UNKNOWN: _l("Quality not known"),
}
_STYLES = {
    Quality.PROVEN: ("success", "patch-check-fill"),
    Quality.CLOSE: ("success", "check-circle"),
    Quality.FAIR: ("warning", "exclamation-circle"),
    Quality.FAR: ("danger", "exclamation-triangle-fill"),
    Quality.UNKNOWN: ("warning", "question-circle"),
}


def quality(run: OptimizerRun) -> Quality | None:
    """Return the quality of a run; None for a run without a plan."""
    if run.score is None or "seats" not in run.summary:
        return None
    return quality_of(run.status, run.gap)


def quality_of(status: str, gap: float | None) -> Quality:
    """Return the quality of a run with a plan, by its status and its gap as a fraction."""
    if status == RunStatus.OPTIMAL:
        return Quality.PROVEN
    if gap is None:
        return Quality.UNKNOWN
    if gap <= SMALL_GAP:
        return Quality.CLOSE
    return Quality.FAIR if gap <= LARGE_GAP else Quality.FAR


def sentence(run: OptimizerRun) -> str:
    """Return what is proven about the run's plan, and what to do if that is little."""
    found = quality(run)
    if found is Quality.PROVEN:
        return str(_("No plan under this policy scores more: proven."))
    if run.score is None or run.bound is None:
        return str(_("A plan was found; how far it is from the best is not known. Give the optimizer more time."))
    more, gap = number(max(0, run.bound - run.score)), percent(run.gap, 2)
    told = _(
        "At most %(more)s more points are possible (gap %(gap)s): proven. How many of them can really be reached "
        "is not known.",
        more=more,
        gap=gap,
    )
    advice = {
        Quality.CLOSE: "",
        Quality.FAIR: _("More time may give a better plan."),
        Quality.FAR: _(
            "Do not decide on this result yet: give the optimizer more time, and run it again before publishing."
        ),
    }
    return f"{told} {advice.get(found or Quality.UNKNOWN, '')}".strip()


def in_people(run: OptimizerRun, unmet: UnmetNeeds) -> str:
    """Return what the open points mean in needs and people, as far as that is known.

    Points are not people: another plan could trade one kind of need for another. So nothing is claimed but the
    size of the gap in needs of average value, and the needs without a seat, which no plan can exceed. Needs that
    earn nothing under the policy are left out.
    """
    if quality(run) is None:
        return ""
    if not unmet.needs:
        return str(_("Every need has a seat: no plan could seat more."))
    if not unmet.valued:
        return str(_("Every need that earns points under this policy has a seat."))
    if quality(run) is Quality.PROVEN:
        return str(_("Nobody else could be seated without the plan losing at least as many points elsewhere."))
    if run.score is None or run.bound is None or not unmet.average:
        return ""
    alike = min(unmet.valued, math.floor(max(0, run.bound - run.score) / unmet.average))
    without = {"unmet": number(unmet.valued), "people": number(unmet.people)}
    if alike < 1:
        return str(
            _(
                "That is less than one need of average value among the %(unmet)s (of %(people)s people) without a "
                "seat. How many of them another plan could meet is not known.",
                **without,
            )
        )
    return str(
        _(
            "That is as much as %(count)s needs of average value among the %(unmet)s (of %(people)s people) "
            "without a seat: a measure of size, no promise. How many of them another plan could meet is not "
            "known.",
            count=number(alike),
            **without,
        )
    )


def ended_by(run: OptimizerRun) -> str:
    """Return what ended a run with a plan; empty for one without."""
    found = quality(run)
    if found is None:
        return ""
    if found is Quality.PROVEN:
        return str(_("the proof that no plan is better"))
    if run.status == RunStatus.STOPPED:
        return str(_("a person who stopped it"))
    target = run.parameters.get("gap")
    if target and run.gap is not None and run.gap <= target:
        return str(_("the target gap, which was reached"))
    return str(_("the time limit"))


def thresholds() -> str:
    """Return the limits by which results are called close or far, in words."""
    return str(
        _(
            "Green, close to the best: a gap of at most %(small)s. Yellow: at most %(large)s. Red, not solved far "
            "enough: more.",
            small=percent(SMALL_GAP, 1),
            large=percent(LARGE_GAP, 0),
        )
    )


# -- two results ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ComparisonVerdict:
    """Whether two results show that two scenarios differ; `style` is a Bootstrap colour."""

    style: str
    sentences: list[str]


def _read(packed: bytes | None) -> dict[str, Any]:
    found = json.loads(gzip.decompress(packed)) if packed else {}
    return found if isinstance(found, dict) else {}


def _seats(run: OptimizerRun) -> tuple[set[str], set[tuple[str, str]]]:
    told = _read(run.solution)
    return set(told.get("options", ())), {(seat["need"], seat["option"]) for seat in told.get("seats", ())}


def tell_apart(first: OptimizerRun, second: OptimizerRun) -> ComparisonVerdict:
    """Return what may be concluded from two results over needs of one round.

    A difference says something about the scenarios only if it is larger than the gaps that both searches left:
    otherwise more time could reverse it.
    """
    asked = [_read(run.instance) for run in (first, second)]
    scoring = [(one.get("policy"), one.get("needs"), one.get("travel")) for one in asked]
    data = [
        {k: v for k, v in one.items() if k not in {"policy", "name", "needs", "pins", "bans", "current"}}
        for one in asked
    ]
    same_scoring, same_data = scoring[0] == scoring[1], data[0] == data[1]
    open_points = [max(0, (run.bound or 0) - (run.score or 0)) for run in (first, second)]
    settled = all(quality(run) is Quality.PROVEN for run in (first, second))
    told: list[str] = []
    style = "info"
    if _seats(first) == _seats(second):
        told.append(_("Both results are the same plan: the same classes, and everybody in the same seat."))
        if settled:
            told.append(_("Both are proven to be the best, so the two scenarios indeed lead to the same plan."))
        else:
            style = "warning"
            told.append(
                _(
                    "That does not mean that the scenarios are alike: they were not solved far enough to tell "
                    "them apart (gaps %(first)s and %(second)s). Give both more time.",
                    first=percent(first.gap, 2),
                    second=percent(second.gap, 2),
                )
            )
    elif same_scoring:
        difference = abs((first.score or 0) - (second.score or 0))
        behind = 0 if (first.score or 0) < (second.score or 0) else 1
        if difference < open_points[behind] or (difference == 0 and not settled):
            style = "warning"
            told.append(
                _(
                    "They were not solved far enough to say which is better: they differ by %(points)s points, "
                    "while up to %(open)s more are still possible for the one that is behind.",
                    points=number(difference),
                    open=number(max(open_points)),
                )
            )
        else:
            told.append(
                _(
                    "The difference of %(points)s points is real: the one that is behind cannot make it up.",
                    points=number(difference),
                )
            )
    else:
        told.append(_("Their policies give other points, so the scores cannot be compared; compare the seats."))
        if not settled:
            far = max((run.gap or 0) for run in (first, second)) > SMALL_GAP
            style = "warning" if far else style
            told.append(
                _(
                    "Neither more nor less than this is proven: up to %(first)s more points are possible in the "
                    "first and up to %(second)s in the second. Differences may come from the time given, not from "
                    "the policy.",
                    first=number(open_points[0]),
                    second=number(open_points[1]),
                )
            )
    if not same_data:
        told.append(_("The data changed between the two runs (classes, funds, people or days)."))
    return ComparisonVerdict(style, [str(one) for one in told])
