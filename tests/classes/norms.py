"""A small set of norms for tests of costs, with prices that make sums easy to see."""

from __future__ import annotations

from datetime import date
from typing import Any

from training.budgets.models import CostNorm
from training.budgets.operations import save_cost_norm, save_lecturer_tier
from training.core.audit import SYSTEM
from training.core.db import db

SOURCE = "Nghị quyết thử"


def make_norms(**more: dict[str, Any]) -> dict[str, CostNorm]:
    """Lecturers 1,000,000 a half-day of 4 lessons; travel 300,000 a trip; hall 500,000 a day; tea 20,000 a person
    and half-day; materials 50,000 a person; meals 60 % of 100,000 a person and day; rewards of 200,000 to 10 %
    of the people; management 10 % at most; lodging 80,000 a person and day, paid by the unit.

    Args:
        **more: kind → further values of its norm.
    """
    usual = save_lecturer_tier({"code": "T3", "name": "Bậc 3"}, actor=SYSTEM)
    best = save_lecturer_tier({"code": "T1", "name": "Bậc 1"}, actor=SYSTEM)
    db.session.flush()
    declared: dict[str, dict[str, Any]] = {
        "lecturer": {"amount": 1_000_000, "lessons": 4, "tier_id": usual.id},
        "best": {"kind": "lecturer", "amount": 2_000_000, "lessons": 4, "tier_id": best.id, "automatic": False},
        "lecturer_travel": {"amount": 300_000},
        "hall": {"amount": 500_000},
        "tea": {"amount": 20_000, "lessons": 4, "ceiling": True},
        "materials": {"amount": 50_000},
        "trainee_meals": {"amount": 100_000, "share": 60},
        "trainee_lodging": {"amount": 80_000, "payer": "unit"},
        "reward": {"amount": 200_000, "share": 10, "ceiling": True},
        "management": {"amount": 10, "ceiling": True},
    }
    made = {}
    for name, values in declared.items():
        made[name] = save_cost_norm(
            {"kind": name, "valid_from": date(2020, 1, 1), "source": SOURCE, **values, **more.get(name, {})},
            actor=SYSTEM,
        )
    db.session.commit()
    return made
