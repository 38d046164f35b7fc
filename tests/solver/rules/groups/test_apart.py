"""Rule `apart`: at most `max_seats` of the needs of a set sit in one class."""

from dataclasses import replace

from solver.instance.facts import ApartSet, NeedClass
from solver.result import Status
from solver.solve import solve
from tests.solver.tiny import TINY, broken, messages

DEPUTIES = replace(TINY, apart=(ApartSet(("b1", "b2"), 1),))


def test_no_more_than_allowed_in_one_class() -> None:
    assert broken(DEPUTIES, "b1:A-1 b3:A-1") == []
    assert broken(DEPUTIES, "b1:A-1 b2:A-1") == [("apart", "apart[0]")]
    assert "2 of the needs [b1, b2] sit in class 'A'" in messages(DEPUTIES, "b1:A-1 b2:A-1")


def test_the_optimizer_seats_one_of_them_and_names_the_set_where_pins_ask_for_both() -> None:
    result = solve(DEPUTIES, time_limit=30, workers=1)
    assert result.status is Status.OPTIMAL
    assert result.solution is not None
    assert len({"b1", "b2"} & {seat.need for seat in result.solution.seats}) == 1
    both = replace(DEPUTIES, pins=(NeedClass("b1", "A"), NeedClass("b2", "A")))
    refused = solve(both, time_limit=30, workers=1)
    assert refused.status is Status.INFEASIBLE
    assert {each.rule for each in refused.conflict} == {"pin", "apart"}
