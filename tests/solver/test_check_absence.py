"""Rule `absence`: trainees of a unit in class on one day ≤ max_absent."""

from solver.check import violations
from solver.instance import Need
from tests.solver.tiny import FULL, RUNNING, change, march, option, seats, tiny, told


def test_as_many_as_the_unit_spares() -> None:
    assert told(change(tiny(), "units", "north", max_absent=2), RUNNING, FULL) == []


def test_one_more() -> None:
    assert told(change(tiny(), "units", "north", max_absent=1), RUNNING, FULL) == [("absence", "north")]


def test_the_days_are_told() -> None:
    (violation,) = violations(change(tiny(), "units", "north", max_absent=1), RUNNING, FULL)
    assert "2020-03-02" in violation.message
    assert "2020-03-06" in violation.message


def test_people_of_other_units_do_not_count() -> None:
    instance = change(tiny(), "units", "south", max_absent=1)
    assert told(instance, RUNNING, FULL) == []
    assert told(change(instance, "units", "south", max_absent=0), RUNNING, FULL) == [("absence", "south")]


def test_two_classes_count_together_on_a_common_day_alone() -> None:
    instance = change(tiny(), "units", "north", max_absent=1)
    given = seats("2a A-1", "1b B-1")
    assert told(option(instance, "B-1", sessions=(march(7, 8),)), RUNNING, given) == []
    assert told(option(instance, "B-1", sessions=(march(6, 8),)), RUNNING, given) == [("absence", "north")]


def test_a_person_is_absent_once() -> None:
    """Two classes on one day break `clash`, not this rule too."""
    instance = change(tiny(), "units", "north", max_absent=1)
    instance = option(instance, "B-1", sessions=(march(2, 6),))
    assert told(instance, RUNNING, seats("1a A-1", "1b B-1")) == [("clash", "t1")]


def test_weekends_count() -> None:
    instance = tiny(needs=(*tiny().needs, Need("2b", "t2", "b", 1)))
    instance = change(instance, "units", "north", max_absent=1)
    instance = option(option(instance, "A-1", sessions=(march(2, 8),)), "B-1", sessions=(march(8, 9),))
    assert told(instance, RUNNING, seats("1a A-1", "2b B-1")) == [("absence", "north")]
