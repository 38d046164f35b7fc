"""Rule `together`: the needs of a set sit in the same class, or none of them has a seat."""

from dataclasses import replace

from solver.instance.facts import Instance, NeedClass, NeedSet
from solver.result import Status
from solver.solve import solve
from tests.solver.tiny import TINY, bent, broken, messages

PAIR = replace(TINY, together=(NeedSet(("b1", "b3")),))


def test_both_in_one_class_or_neither() -> None:
    assert broken(PAIR, "b1:A-1 b3:A-1") == []
    assert broken(PAIR, "b2:A-1") == []


def test_one_alone() -> None:
    assert broken(PAIR, "b1:A-1") == [("together", "together[0]")]
    assert "'b3' in none" in messages(PAIR, "b1:A-1")


def _solved(instance: Instance) -> list[str]:
    result = solve(instance, time_limit=30, workers=1)
    assert result.status is Status.OPTIMAL
    assert result.solution is not None
    return sorted(seat.need for seat in result.solution.seats)


def test_nobody_sits_where_the_other_cannot() -> None:
    assert "b1" in _solved(PAIR)
    assert "b3" in _solved(PAIR)
    alone = _solved(replace(PAIR, bans=(NeedClass("b3", "A"),)))
    assert "b1" not in alone
    assert "b3" not in alone
    assert "b2" in alone


def test_a_pin_brings_the_other_along_and_a_contradiction_names_the_set() -> None:
    dear = bent(bent(PAIR, "needs", "b1", value=0), "needs", "b3", value=0)
    pinned = replace(dear, pins=(NeedClass("b1", "A"),))
    assert {"b1", "b3"} <= set(_solved(pinned))
    refused = solve(replace(pinned, bans=(NeedClass("b3", "A"),)), time_limit=30, workers=1)
    assert refused.status is Status.INFEASIBLE
    assert {each.rule for each in refused.conflict} == {"pin", "together", "ban"}
