"""Rule `quota`: seats of trainees of a quota's units ≤ its max_seats, per class."""

from solver.instance import Quota
from tests.solver.tiny import FULL, RUNNING, change, tiny, told


def _quotas(*quotas: Quota) -> list[tuple[str, str]]:
    return told(change(tiny(), "classes", "A", quotas=quotas), RUNNING, FULL)


def test_filled_and_overfilled() -> None:
    assert _quotas(Quota(("north",), 2)) == []
    assert _quotas(Quota(("north",), 1)) == [("quota", "A")]


def test_units_of_a_quota_count_together() -> None:
    assert _quotas(Quota(("north", "south"), 3)) == []
    assert _quotas(Quota(("north", "south"), 2)) == [("quota", "A")]


def test_every_quota_holds_for_itself() -> None:
    assert _quotas(Quota(("north",), 2), Quota(("south",), 0)) == [("quota", "A")]


def test_a_quota_binds_its_own_class_alone() -> None:
    assert told(change(tiny(), "classes", "B", quotas=(Quota(("south",), 0),)), RUNNING, FULL) == []
