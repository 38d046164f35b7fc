"""Rule `budget`: per fund, fixed and seat costs of its running classes stay within the budget."""

from solver.instance.facts import Instance
from tests.solver.tiny import TINY, bent, broken, messages

THREE_SEATS = "b1:A-1 b2:A-1 s1:B-1"  # 2 × 1000 đ for the classes, 3 × 10 đ for the seats


def fund(budget: int) -> Instance:
    return bent(TINY, "funds", "province", budget=budget)


def test_the_last_dong_may_be_spent() -> None:
    assert broken(fund(2030), THREE_SEATS) == []


def test_one_dong_too_much() -> None:
    assert broken(fund(2029), THREE_SEATS) == [("budget", "province")]
    assert "pays 2030 đ; its budget is 2029 đ" in messages(fund(2029), THREE_SEATS)


def test_a_class_that_does_not_run_costs_nothing() -> None:
    assert broken(fund(1010), "s1:B-1") == []
    assert broken(fund(0), "") == []


def test_a_running_class_without_seats_costs_its_fixed_part() -> None:
    empty = bent(fund(1000), "classes", "A", min_seats=0)
    assert broken(empty, "", "A-1") == []
    assert broken(bent(empty, "funds", "province", budget=999), "", "A-1") == [("budget", "province")]


def test_each_fund_pays_its_own_classes() -> None:
    split = bent(bent(fund(1020), "classes", "B", fund="other"), "funds", "other", budget=1010)
    assert broken(split, THREE_SEATS) == []
    assert broken(bent(split, "funds", "other", budget=1009), THREE_SEATS) == [("budget", "other")]
    assert broken(bent(split, "funds", "province", budget=1019), THREE_SEATS) == [("budget", "province")]
