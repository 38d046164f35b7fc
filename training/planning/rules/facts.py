"""Facts of the rules, as the optimizer's table holds them, for features that may not import the optimizer."""

from __future__ import annotations

from solver.rules.base import Scope
from solver.rules.table import CHANGES, CLASH, PIN, RULES, TOGETHER, TRAINEE_CHANGES

__all__ = ["Scope", "having_rivals", "of_scope"]

# A planner may break these knowingly, with a ground. The others are facts (a day, a seat, money).
OVERRIDABLE = frozenset(rule.name for rule in RULES if rule.overridable)
# These bind a run of the optimizer, not what is decided after it.
ONLY_OF_RUNS = frozenset({PIN.name, CHANGES.name, TRAINEE_CHANGES.name})
# A seat that is given up breaks these only for the others: nobody is kept in a class by them.
OF_SEATS_WON = frozenset({TOGETHER.name})
CLASH_NAME = CLASH.name


def of_scope(*scopes: Scope) -> frozenset[str]:
    """Names of the rules that look at one of these."""
    return frozenset(rule.name for rule in RULES if rule.scope in scopes)


def having_rivals(*scopes: Scope) -> frozenset[str]:
    """Names of the rules that one more seat may keep once a seat of the same class, unit… has given way."""
    return frozenset(rule.name for rule in RULES if rule.rivals in scopes)
