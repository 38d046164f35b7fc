"""Rule `budget`: a fund pays the fixed cost and the seats of its running classes."""

from solver.instance import Fund
from tests.solver.tiny import FULL, RUNNING, change, tiny, told

# A: 100 + 3 × 10, B: 200 + 1 × 20
COST = 350


def test_spent_to_the_last_dong() -> None:
    assert told(tiny(funds=(Fund("province", COST),)), RUNNING, FULL) == []


def test_one_dong_short() -> None:
    assert told(tiny(funds=(Fund("province", COST - 1),)), RUNNING, FULL) == [("budget", "province")]


def test_every_fund_pays_its_own_classes() -> None:
    instance = change(tiny(funds=(Fund("province", 220), Fund("party", 130))), "classes", "A", fund="party")
    assert told(instance, RUNNING, FULL) == []
    instance = change(instance, "funds", "party", budget=129)
    assert told(instance, RUNNING, FULL) == [("budget", "party")]


def test_a_class_that_does_not_run_costs_nothing() -> None:
    assert told(tiny(funds=(Fund("province", 0),)), [], []) == []
