"""Rule `quota`: per class and quota, seats of trainees of those units ≤ `max_seats`."""

from solver.instance.facts import Instance, Quota
from tests.solver.tiny import TINY, bent, broken, messages


def quotas(*of_a: Quota) -> Instance:
    return bent(TINY, "classes", "A", quotas=of_a)


def test_exactly_the_quota() -> None:
    assert broken(quotas(Quota(("u1",), 2)), "b1:A-1 b2:A-1 b3:A-1") == []


def test_one_seat_above_the_quota() -> None:
    assert broken(quotas(Quota(("u1",), 1)), "b1:A-1 b2:A-1") == [("quota", "A")]
    assert "2 seats of units [u1]" in messages(quotas(Quota(("u1",), 1)), "b1:A-1 b2:A-1")


def test_units_of_a_quota_count_together() -> None:
    assert broken(quotas(Quota(("u1", "u2"), 2)), "b1:A-1 b3:A-1") == []
    assert broken(quotas(Quota(("u1", "u2"), 1)), "b1:A-1 b3:A-1") == [("quota", "A")]


def test_other_units_are_free() -> None:
    assert broken(quotas(Quota(("u2",), 0)), "b1:A-1 b2:A-1") == []


def test_each_quota_of_a_class_holds() -> None:
    both = quotas(Quota(("u1",), 2), Quota(("u1", "u2"), 2), Quota(("u2",), 0))
    assert broken(both, "b1:A-1 b2:A-1") == []
    assert broken(both, "b1:A-1 b2:A-1 b3:A-1") == [("quota", "A"), ("quota", "A")]


def test_a_quota_binds_its_own_class_alone() -> None:
    assert broken(quotas(Quota(("u1",), 0)), "s1:B-1 s2:B-1") == []


def test_a_quota_of_no_units_binds_nobody() -> None:
    assert broken(quotas(Quota((), 0)), "b1:A-1 b3:A-1") == []
