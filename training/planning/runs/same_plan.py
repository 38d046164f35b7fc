"""Whether a result is a plan that is known already: that in force, or that of another run of the round."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager

from solver.instance.facts import Instance, Seat

from ...core.db import db
from ...core.i18n import number, percent
from ..models import OptimizerRun, Plan
from .quality import Quality, quality


def fingerprint(options: Sequence[str], seats: Sequence[Seat]) -> str:
    """Return a hash that two results share exactly if the same options run and everybody has the same seat."""
    told = ["\n".join(sorted(options)), "\n".join(sorted(f"{seat.need}\t{seat.option}" for seat in seats))]
    return hashlib.sha256("\n\n".join(told).encode()).hexdigest()


def facts(instance: Instance, options: Sequence[str], seats: Sequence[Seat]) -> dict[str, Any]:
    """Return what a run stores of it in its summary.

    Returns:
        plan_hash: see `fingerprint`; by_hand: how many pins, bans and sets of people there were; with a plan in
        force also changes: how many of its seats there are
        (`in_force`), are `kept`, `moved` to another class or days, or `lost`, and how many needs get a seat that
        had none (`new`).
    """
    by_hand = {key: len(getattr(instance, key)) for key in ("pins", "bans", "together", "apart")}
    found: dict[str, Any] = {"plan_hash": fingerprint(options, seats), "by_hand": by_hand}
    if instance.current:
        before = {seat.need: seat.option for seat in instance.current}
        after = {seat.need: seat.option for seat in seats}
        kept = sum(1 for need, option in before.items() if after.get(need) == option)
        lost = sum(1 for need in before if need not in after)
        found["changes"] = {
            "in_force": len(before),
            "kept": kept,
            "moved": len(before) - kept - lost,
            "lost": lost,
            "new": sum(1 for need in after if need not in before),
        }
    return found


def is_the_one_in_force(run: OptimizerRun) -> bool:
    """Whether the run's plan is merely the one that was in force when it was made."""
    changes = run.summary.get("changes") or {}
    return bool(changes) and not (changes["moved"] or changes["lost"] or changes["new"])


def why_in_force(run: OptimizerRun) -> str:
    """Return what a result shows that is merely the plan in force; empty if it is another plan."""
    if not is_the_one_in_force(run):
        return ""
    if quality(run) is Quality.PROVEN:
        return str(_("No change is worth its points under this policy and its limits: proven."))
    if run.score is None or run.bound is None:
        return str(
            _("That does not mean that none is better: the run ended before it could find one or rule it out.")
        )
    return str(
        _(
            "That does not mean that none is better: the run ended before it could find one or rule it out. Up to "
            "%(more)s more points (gap %(gap)s) are still possible.",
            more=number(max(0, run.bound - run.score)),
            gap=percent(run.gap, 2),
        )
    )


def what_it_shows(run: OptimizerRun, alike: Sequence[OptimizerRun]) -> str:
    """Return what may be concluded from runs that came out as the same plan; empty without other scenarios.

    Args:
        alike: as `others` returns them.
    """
    scenarios = [other for other in alike if other.plan_id != run.plan_id]
    if not scenarios:
        return ""
    if all(quality(one) is Quality.PROVEN for one in (run, *scenarios)):
        return str(_("All are proven to be the best: the scenarios indeed lead to the same plan."))
    widest = max((one.gap for one in (run, *scenarios) if one.gap is not None), default=None)
    return str(
        _(
            "That does not mean that the scenarios are alike: the runs ended before they could tell them apart "
            "(gap up to %(gap)s). Give each more time before you compare them.",
            gap=percent(widest, 2),
        )
    )


def others(run: OptimizerRun) -> Sequence[OptimizerRun]:
    """Return the runs of the round that came out as the same plan, other scenarios first, then the newest."""
    told = run.summary.get("plan_hash")
    if not told:
        return ()
    return db.session.scalars(
        sa.select(OptimizerRun)
        .join(OptimizerRun.plan)
        .options(contains_eager(OptimizerRun.plan))
        .where(
            Plan.round_id == run.plan.round_id,
            OptimizerRun.id != run.id,
            OptimizerRun.summary["plan_hash"].astext == told,
        )
        .order_by(OptimizerRun.plan_id == run.plan_id, OptimizerRun.id.desc())
        .limit(10)
    ).all()
