"""The policy that a run was made under, next to the plan's present one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.i18n import number
from ..models import OptimizerRun, Plan
from .presets import Preset, recognised

_LABELS = {
    "value_mandatory": _l("Mandatory before appointment"),
    "value_standard": _l("Missing for the standard"),
    "value_expiring": _l("Expires before the end of the plan's year"),
    "value_planned_title": _l("Planned title"),
    "value_wish": _l("Above the standard"),
    "value_unit_step": _l("Each step of the unit's own priority"),
    "value_year_waiting": _l("Points for each year of waiting"),
    "most_years_waiting": _l("Most years of waiting that count"),
    "floor_percent": _l("Floor of each unit (per cent)"),
    "floor_penalty": _l("Points lost for each need below the floor"),
    "change_penalty": _l("Points lost for each seat in force that is not kept"),
    "max_changes": _l("Most seats in force that may change"),
    "max_changes_per_trainee": _l("Most seats in force that may change for one person"),
}
_LIMITS = frozenset({"max_changes", "max_changes_per_trainee"})  # empty: no limit
_POINTS = frozenset(key for key in _LABELS if key.startswith("value_"))


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """One number of the policy. `now`: that of the plan today, if it is another."""

    label: str
    used: str
    now: str | None


def policy_of(plan: Plan) -> dict[str, int | None]:
    """Return the plan's policy as a run stores it."""
    return {key: getattr(plan, key) for key in _LABELS}


def lines(run: OptimizerRun) -> list[PolicyLine]:
    """Return the policy that the run was made under; empty for runs that stored none."""
    used: dict[str, Any] = run.summary.get("policy") or {}
    today = policy_of(run.plan)
    return [
        PolicyLine(
            str(label), _shown(key, used[key]), None if used[key] == today[key] else _shown(key, today[key])
        )
        for key, label in _LABELS.items()
        if key in used
    ]


def preset_of(run: OptimizerRun) -> Preset | None:
    """Return the preset that the run was made under; None for runs that stored no policy."""
    used: dict[str, Any] = run.summary.get("policy") or {}
    return recognised(used) if used else None


def _shown(key: str, value: int | None) -> str:
    if value is None:
        return str(_("no limit")) if key in _LIMITS else "–"
    return str(_("%(count)s points", count=number(value))) if key in _POINTS else number(value)


_BY_HAND = {
    "pins": _l("Needs held to a class"),
    "bans": _l("Needs kept out of a class"),
    "together": _l("Sets of people in one class"),
    "apart": _l("Sets of people not in one class"),
}


def by_hand(run: OptimizerRun) -> list[PolicyLine]:
    """Return what the optimizer did not decide in this run; empty for runs that stored none of it."""
    counted: dict[str, int] = run.summary.get("by_hand") or {}
    return [
        PolicyLine(str(label), number(counted[key]), None) for key, label in _BY_HAND.items() if counted.get(key)
    ]
