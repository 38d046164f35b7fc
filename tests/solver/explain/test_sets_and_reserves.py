"""What is said of a class that does not run, where people sit together and seats are kept."""

from dataclasses import replace

from solver.explain.candidates import Explainer
from solver.instance.facts import Instance, NeedSet, Reserve
from solver.rules.plan_state import PlanState
from tests.solver.tiny import TINY, bent


def _codes(instance: Instance, need_id: str) -> set[str]:
    state = PlanState(instance, (), ())
    need = state.needs[need_id]
    (first, *_others) = Explainer(state).candidates(need)
    return {each.code for each in first.obstacles}


def test_people_of_one_set_are_company_for_one_another() -> None:
    """A class that needs two would have two: the set's."""
    pair = replace(bent(TINY, "classes", "A", min_seats=2), together=(NeedSet(("b1", "b3")),), needs=TINY.needs)
    alone = replace(pair, needs=tuple(need for need in TINY.needs if need.id != "b2"))
    assert "size.minimum" not in _codes(alone, "b1")


def test_seats_that_are_kept_are_no_seats_for_others() -> None:
    """Three seats, two of them for people of a unit that has one need: two could come, not three."""
    kept = bent(TINY, "classes", "A", min_seats=3, reserves=(Reserve(("u2",), 2),))
    assert "size.minimum" in _codes(kept, "b1")
