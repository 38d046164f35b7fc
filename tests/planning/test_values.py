"""The value of a need: what the policy says, added up, told, and seen before anything runs."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.planning.conftest import Planned
from training.completions.models import Completion
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.gaps.queries import Ground, GroundKind
from training.needs.models import Priority
from training.planning import need_facts, snapshot
from training.planning.checks.policy_effect import effect
from training.planning.models import Plan
from training.planning.scoring import NeedFacts, Points, explained, total, worth
from training.standards.levels import RequirementKind
from training.standards.models import Requirement, Standard

_POINTS = Points()


def _ground(kind: GroundKind, until: date | None = None) -> Ground:
    return Ground(kind, 1, RequirementKind.COURSE, 1, "Trưởng phòng", "position", until, (1,))


@pytest.mark.parametrize(
    ("grounds", "priority", "years", "value"),
    [
        ((_ground(GroundKind.MISSING),), Priority.WISH, 0, 300),
        ((_ground(GroundKind.EXPIRING, date(2027, 3, 1)),), Priority.WISH, 0, 250),
        ((_ground(GroundKind.PLANNED),), Priority.PLANNED_TITLE, 0, 200 + 10),
        ((_ground(GroundKind.MISSING), _ground(GroundKind.PLANNED)), Priority.WISH, 0, 300),  # the strongest alone
        ((), Priority.STANDARD, 0, 100 + 20),  # the unit says «standard», but no standard asks for it
        (None, Priority.STANDARD, 0, 300 + 20),  # no standard is known: the unit's word counts
        ((), Priority.MANDATORY, 0, 400 + 30),  # before an appointment the unit's word counts
        ((), Priority.WISH, 2, 100 + 200),
        ((), Priority.WISH, 9, 100 + 300),  # three years count at most
    ],
)
def test_value_is_one_base_and_what_is_added(
    grounds: tuple[Ground, ...] | None, priority: Priority, years: int, value: int
) -> None:
    assert total(worth(_POINTS, NeedFacts(priority, grounds, years))) == value


def test_value_is_explained_in_words(app: Flask) -> None:
    parts = worth(_POINTS, NeedFacts(Priority.WISH, (_ground(GroundKind.MISSING),), 1))
    with app.test_request_context("/"):
        told = explained(parts)
        assert told.startswith("400 = 300 ")
        assert "Trưởng phòng" in told
        assert told.endswith("+ 100 đã chờ 1 năm")
        assert explained([part.as_json() for part in parts]) == told  # as it was stored with a run


def _standard(province: Province, people: People) -> None:
    """Chi's position asks for the basic course."""
    assert province.chi.position_id is not None
    with operation(SYSTEM, "test.standard") as session:
        asked = Requirement(number=1, kind=RequirementKind.COURSE, courses=[province.basic])
        standard = Standard(
            code="TC1", name="Tiêu chuẩn", position_id=province.chi.position_id, valid_from=date(2020, 1, 1)
        )
        standard.requirements = [asked]
        # She has a record of certificates: what is not in it is missing, not unknown.
        session.add_all(
            [standard, Completion(employee=province.chi, course=province.advanced, completed_on=date(2021, 1, 1))]
        )
    db.session.commit()


def test_values_come_from_the_gaps_of_each_person(planned: Planned, province: Province, people: People) -> None:
    _standard(province, people)
    facts = {row.need_id: row.facts for row in need_facts.of_plan(planned.plan)}
    assert [ground.kind for ground in facts[planned.chi_basic.id].grounds or ()] == [GroundKind.MISSING]
    assert facts[planned.chi_advanced.id].grounds == ()  # no standard asks for it
    assert facts[planned.dung_basic.id].grounds is None or province.dung.position_id == province.chi.position_id
    assert snapshot.take(planned.plan).worths[planned.chi_advanced.id][0].points == 100


def test_effect_of_other_points_on_the_order_within_a_course(planned: Planned) -> None:
    needs = need_facts.of_plan(planned.plan)
    same = effect(needs, _POINTS, _POINTS)
    assert (same.risen, same.fallen, same.examples) == (0, 0, [])
    wishes_first = effect(needs, _POINTS, Points(value_wish=1000))
    assert (wishes_first.risen, wishes_first.fallen, wishes_first.unmoved) == (1, 1, 1)
    best = wishes_first.examples[0]
    assert (best.need.need_id, best.rank_before, best.rank_after) == (planned.dung_basic.id, 2, 1)


def test_planner_sees_the_effect_before_anything_is_saved(
    client: FlaskClient, people: People, planned: Planned, province: Province
) -> None:
    login(client, people.an)
    form = {
        "code": "KH1", "name": "Phương án 1", "value_mandatory": "400", "value_standard": "300",
        "value_expiring": "250", "value_planned_title": "200", "value_wish": "1.000", "value_unit_step": "10",
        "value_year_waiting": "100", "most_years_waiting": "3", "floor_percent": "60", "floor_penalty": "150",
        "change_penalty": "30", "max_changes": "", "time_limit": "20", "seed": "1",
        "version": str(planned.plan.version),
    }  # fmt: skip
    page = client.post(f"/plans/{planned.plan.id}/policy-effect", data=form)
    assert page.status_code == 200
    assert "chưa lưu gì" in page.text
    assert province.dung.name in page.text
    assert db.session.scalar(sa.select(Plan.value_wish)) == 100
    client.post(f"/plans/{planned.plan.id}/edit", data=form)
    assert db.session.scalar(sa.select(Plan.value_wish)) == 1000
