"""Acts of a year in any order, from the published plan to the next round: no rule is ever broken, no seat lost or
doubled, every need has one fate, and books fit the seats.

SEAT_EXAMPLES=100 pytest -s tests/enrolments/seats/test_interleaved.py three thousand acts; prints which were done
"""

from __future__ import annotations

import os
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, run_state_machine_as_test

from tests.conftest import People, Province
from tests.enrolments import invariants
from tests.enrolments.conftest import Published
from tests.enrolments.random_acts import Clock, World, seat_acts
from tests.enrolments.random_result_acts import result_acts
from training.core import audit, i18n
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.needs.models import Round
from training.people.models import Absence
from training.results.models import CourseTest, ResultRule


def machine(world: World) -> type[RuleBasedStateMachine]:
    """The machine of all acts over a world."""

    def hold() -> None:
        invariants.no_seat_lost_or_doubled(world)
        invariants.one_fate_each(world)
        invariants.books_in_order(world)

    class Year(result_acts(world, seat_acts(world, hold), hold)):  # type: ignore[misc]  # made over a world
        @invariant()
        def rules_hold(self) -> None:
            invariants.every_rule(world)

        @invariant()
        def all_holds(self) -> None:
            hold()

    return Year


@pytest.fixture
def world(published: Published, province: Province, people: People, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(i18n, "datetime", Clock)
    monkeypatch.setattr(audit, "datetime", Clock)
    with operation(SYSTEM, "test.world"):
        province.commune_x.max_absent = 2
        who = published.wants["NV005/CV"].employee
        day = published.first.options[0].sessions[0].first
        after = Round(
            code="SAU", name="Đợt sau", year=province.year + 1,
            opens_on=province.round.opens_on + timedelta(days=1), closes_on=day + timedelta(days=700),
        )  # fmt: skip
        db.session.add_all(
            [
                Absence(employee=who, first=day, last=day),
                ResultRule(valid_from=date(2020, 1, 1), source="Quy chế đào tạo, bồi dưỡng"),
                CourseTest(course=province.basic, position=1, name="Bài kiểm tra"),
                CourseTest(course=province.advanced, position=1, name="Bài kiểm tra"),
                after,
            ]
        )
    db.session.commit()
    return World(published, people, after)


def test_any_order_of_acts(world: World) -> None:
    try:
        run_state_machine_as_test(
            machine(world),
            settings=settings(
                max_examples=int(os.environ.get("SEAT_EXAMPLES", "10")),
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        for act in sorted({name for name, _done in world.done}):
            print(f"{act}: {world.done[act, True]} done, {world.done[act, False]} refused")
