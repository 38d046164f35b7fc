"""Rule `trainee-changes`: of each trainee's seats in force at most `max_changes_per_trainee` are not kept."""

from dataclasses import replace

from solver.instance.facts import Instance, NeedClass, Policy
from solver.result import Status
from solver.solve import solve
from tests.solver.tiny import TINY, broken, messages, seats


def in_force(limit: int | None) -> Instance:
    policy = Policy(max_changes_per_trainee=limit)
    return replace(TINY, current=tuple(seats("b1:A-1 s1:B-1 b2:A-1")), policy=policy)


def test_everybody_may_lose_one() -> None:
    assert broken(in_force(1), "b1:A-1") == []
    assert broken(in_force(1), "b2:A-1") == [("trainee-changes", "t1")]
    assert "2 seats of trainee 't1' are not kept" in messages(in_force(1), "b2:A-1")


def test_another_option_of_the_same_class_is_a_change() -> None:
    assert broken(in_force(0), "b1:A-2 s1:B-1 b2:A-2") == [("trainee-changes", "t1"), ("trainee-changes", "t2")]


def test_without_a_limit_everything_may_change() -> None:
    assert broken(in_force(None), "") == []


def test_where_too_much_cannot_be_kept_the_person_is_named() -> None:
    banned = replace(in_force(0), bans=(NeedClass("s1", "B"),))
    refused = solve(banned, time_limit=30, workers=1)
    assert refused.status is Status.INFEASIBLE
    assert {(each.rule, each.where[0]) for each in refused.conflict} == {("trainee-changes", "t1"), ("ban", "s1")}
    assert solve(replace(banned, policy=Policy(max_changes_per_trainee=1)), time_limit=30).status is Status.OPTIMAL
