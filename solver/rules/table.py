"""All rules, in the order of the format's table, and the order in which reasons are determined."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solver.instance.columns import Bools, Ints
from solver.rules.base import Rule
from solver.rules.classes.one_option import OneOption
from solver.rules.classes.quota import QuotaRule
from solver.rules.classes.reserve import ReserveRule
from solver.rules.classes.size import Size
from solver.rules.groups.apart import ApartRule
from solver.rules.groups.together import TogetherRule
from solver.rules.plan.absence import Absence
from solver.rules.plan.budget import Budget
from solver.rules.plan.changes import Changes
from solver.rules.plan.floor import Floor
from solver.rules.plan.resource import Resource
from solver.rules.seats.ban import Ban
from solver.rules.seats.eligible import Eligible
from solver.rules.seats.one_seat import OneSeat
from solver.rules.seats.pin import Pin
from solver.rules.trainees.clash import Clash
from solver.rules.trainees.load import Load
from solver.rules.trainees.prerequisite import Prerequisite
from solver.rules.trainees.trainee_changes import TraineeChanges

ONE_OPTION, ELIGIBLE, ONE_SEAT, SIZE, BUDGET = OneOption(), Eligible(), OneSeat(), Size(), Budget()
CLASH, PREREQUISITE, ABSENCE, RESOURCE, QUOTA = Clash(), Prerequisite(), Absence(), Resource(), QuotaRule()
TOGETHER, APART, TRAINEE_CHANGES = TogetherRule(), ApartRule(), TraineeChanges()
RESERVE, LOAD, PIN, BAN, CHANGES, FLOOR = ReserveRule(), Load(), Pin(), Ban(), Changes(), Floor()

RULES: tuple[Rule, ...] = (
    ONE_OPTION,
    ELIGIBLE,
    ONE_SEAT,
    SIZE,
    BUDGET,
    CLASH,
    PREREQUISITE,
    ABSENCE,
    RESOURCE,
    QUOTA,
    RESERVE,
    TOGETHER,
    APART,
    LOAD,
    PIN,
    BAN,
    CHANGES,
    TRAINEE_CHANGES,
    FLOOR,
)

# The first rule of this order that keeps somebody out of a class is the reason.
REASON_ORDER: tuple[Rule, ...] = (
    BAN,
    PREREQUISITE,
    CLASH,
    LOAD,
    ABSENCE,
    QUOTA,
    RESERVE,
    SIZE,
    RESOURCE,
    BUDGET,
    APART,
    TOGETHER,
)

BY_NAME: dict[str, Rule] = {rule.name: rule for rule in RULES}
_POSITION = {rule.name: position for position, rule in enumerate(RULES)}


def position(rule: Rule) -> int:
    """Return the position of the rule in RULES, as `Model.rule` holds it for each of its rows."""
    return _POSITION[rule.name]


def rows_where(rule: Ints, fact: Callable[[Rule], bool]) -> Bools:
    """Return [rows] whether the predicate holds for the rule of each row. rule: [rows] positions in RULES."""
    chosen = np.array([fact(each) for each in RULES], dtype=np.bool_)
    found: Bools = chosen[rule]
    return found
