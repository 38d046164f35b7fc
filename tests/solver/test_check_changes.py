"""Rule `changes`: seats of the plan in force that are not kept ≤ max_changes."""

import pytest

from solver.instance import Instance, Policy
from tests.solver.tiny import RUNNING, seats, tiny, told

IN_FORCE = tuple(seats("1a A-1", "2a A-1", "1b B-1"))


def _limit(changes: int | None) -> Instance:
    return tiny(current=IN_FORCE, policy=Policy(max_changes=changes))


@pytest.mark.parametrize(("limit", "expected"), [(2, []), (1, [("changes", "max_changes")]), (None, [])])
def test_two_seats_are_not_kept(limit: int | None, expected: list[tuple[str, str]]) -> None:
    assert told(_limit(limit), RUNNING, seats("1a A-1", "3a A-1", "1b B-1")[1:]) == expected


def test_new_seats_are_no_changes() -> None:
    assert told(_limit(0), RUNNING, [*IN_FORCE, *seats("3a A-1")]) == []


def test_the_same_class_in_another_option_is_a_change() -> None:
    moved = seats("1a A-2", "2a A-2", "1b B-1")
    assert told(_limit(2), ["A-2", "B-1"], moved) == []
    assert told(_limit(1), ["A-2", "B-1"], moved) == [("changes", "max_changes")]
