"""The rules together: those of the table, all of them asked."""

from solver.check import RULES
from tests.solver.tiny import TINY, bent, broken


def test_the_rules_are_those_of_the_table_in_its_order() -> None:
    assert [name for name, _ in RULES] == [
        "one-option", "eligible", "one-seat", "size", "budget", "clash", "prerequisite",
        "absence", "resource", "quota", "reserve", "together", "apart", "load", "pin", "ban", "changes",
        "trainee-changes",
    ]  # fmt: skip


def test_all_violations_are_told_at_once() -> None:
    instance = bent(bent(TINY, "units", "u2", max_absent=0), "funds", "province", budget=0)
    assert broken(instance, "b1:A-1 b3:A-1") == [("budget", "province"), ("absence", "u2")]
