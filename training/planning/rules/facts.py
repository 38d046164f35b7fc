"""Facts about the rules from the optimizer's table, for features that may not import the optimizer."""

from __future__ import annotations

from solver.rules.base import Scope
from solver.rules.table import CHANGES, CLASH, PIN, RULES, TOGETHER, TRAINEE_CHANGES

__all__ = ["Scope", "having_rivals", "of_scope"]

# A planner may override these. The others are facts (a day, a seat, money).
OVERRIDABLE = frozenset(rule.name for rule in RULES if rule.overridable)
# These bind only a run of the optimizer, not later changes.
ONLY_OF_RUNS = frozenset({PIN.name, CHANGES.name, TRAINEE_CHANGES.name})
# Giving up a seat breaks these only for the other members: they must not keep anybody in a class.
OF_SEATS_WON = frozenset({TOGETHER.name})
CLASH_NAME = CLASH.name


def of_scope(*scopes: Scope) -> frozenset[str]:
    """Return the names of the rules with one of these scopes."""
    return frozenset(rule.name for rule in RULES if rule.scope in scopes)


def having_rivals(*scopes: Scope) -> frozenset[str]:
    """Return the names of the rules that a seat may satisfy once one of the same class, unit… is given up."""
    return frozenset(rule.name for rule in RULES if rule.rivals in scopes)
