"""Rows → instance: each rule of the optimizer arrives as it was entered."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from solver.check import violations
from solver.instance.facts import Instance, NeedClass, Seat, Trainee
from solver.instance.facts import Need as InstanceNeed
from solver.instance.facts import TrainingClass as InstanceClass
from tests.conftest import People, Province
from tests.planning.conftest import Planned
from training.classes.models import ClassOption, ClassQuota, OptionSession
from training.classes.operations import save_training_class
from training.completions.models import Completion
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.courses.models import Course, CourseEquivalence, Lecturer, PrerequisiteGroup, Room
from training.enrolments.models import Enrolment
from training.needs.models import NeedState
from training.people.models import Absence, Travel
from training.planning import operations, snapshot
from training.planning.models import PlanState


def _take(planned: Planned) -> Instance:
    return snapshot.take(planned.plan).instance


def _trainee(instance: Instance, code: str) -> Trainee:
    return next(trainee for trainee in instance.trainees if trainee.id == code)


def _class(instance: Instance, code: str) -> InstanceClass:
    return next(made for made in instance.classes if made.id == code)


def test_needs_with_the_values_of_the_policy(planned: Planned, province: Province) -> None:
    taken = snapshot.take(planned.plan)
    name = f"n{planned.chi_basic.id}:NV001/CV"
    assert taken.instance.needs[0] == InstanceNeed(name, "NV001", "CV", 430)
    assert [need.value for need in taken.instance.needs] == [430, 320, 100]
    assert taken.needs[name] == planned.chi_basic.id
    assert taken.options == {
        "L001-a": province.class_basic.options[0].id,
        "L002-a": province.class_advanced.options[0].id,
    }


def test_withdrawn_needs_and_people_who_left_are_not_planned(planned: Planned, province: Province) -> None:
    with operation(SYSTEM, "test.change"):
        planned.chi_basic.state = NeedState.WITHDRAWN
        province.dung.active = False
    db.session.commit()
    instance = _take(planned)
    assert [need.course for need in instance.needs] == ["CVC"]
    assert [trainee.id for trainee in instance.trainees] == ["NV001"]


def test_class_with_money_sizes_options_and_resources(planned: Planned, province: Province) -> None:
    option = province.class_basic.options[0]
    with operation(SYSTEM, "test.change"):
        option.rooms = [Room(code="H1", name="Hội trường 1", host=province.host, seats=100)]
        option.lecturers = [Lecturer(code="GV7", name="Đỗ Thị Lan", host=province.host)]
        later = option.sessions[0].first + timedelta(days=30)
        option.sessions.append(OptionSession(first=later, last=later))
        province.class_basic.options.append(
            ClassOption(code="L001-b", place=province.place_y, sessions=[OptionSession(first=later, last=later)])
        )
    db.session.commit()
    made = _class(_take(planned), "L001")
    assert (made.course, made.min_seats, made.max_seats) == ("CV", 1, 10)
    assert (made.fund, made.fixed_cost, made.seat_cost) == (province.fund.code, 10_000_000, 500_000)
    first, second = made.options
    assert (first.id, first.place, first.resources) == ("L001-a", "X", ("room:H1", "lecturer:GV7"))
    assert [begin for begin, _end in first.sessions] == [option.sessions[0].first, later]
    assert (second.id, second.place, second.resources) == ("L001-b", "Y", ())


def test_quota_reaches_the_units_below(planned: Planned, province: Province) -> None:
    with operation(SYSTEM, "test.change"):
        province.class_basic.quotas = [
            ClassQuota(max_seats=3, units=[province.province]),
            ClassQuota(max_seats=1, units=[province.commune_x]),
        ]
    db.session.commit()
    quotas = _class(_take(planned), "L001").quotas
    assert [(quota.units, quota.max_seats) for quota in quotas] == [(("T", "XA1", "XA2"), 3), (("XA1",), 1)]


def test_limits_of_units_and_people(planned: Planned, province: Province) -> None:
    day = province.class_basic.options[0].sessions[0].first
    with operation(SYSTEM, "test.change"):
        province.commune_x.max_absent = 4
        province.chi.max_days = 12
        db.session.add_all(
            [
                Absence(employee=province.chi, first=day, last=day + timedelta(days=2)),
                Absence(employee=province.chi, first=date(2000, 1, 1), last=date(2000, 1, 2)),  # long ago
            ]
        )
        db.session.add(Travel(origin=province.place_y, destination=province.place_x, points=7))
    db.session.commit()
    instance = _take(planned)
    assert {unit.id: unit.max_absent for unit in instance.units} == {"T": None, "XA1": 4, "XA2": None}
    chi = _trainee(instance, "NV001")
    assert (chi.unit, chi.max_days, chi.busy) == ("XA1", 12, ((day, day + timedelta(days=2)),))
    assert instance.travel == {"Y": {"X": 7}}


def test_equivalents_join_prerequisites_through_several_steps(planned: Planned, province: Province) -> None:
    with operation(SYSTEM, "test.change"):
        other, further = (
            Course(code=code, name=name, kind="political_theory", days=20)
            for code, name in (("CCLL", "Cao cấp lý luận chính trị"), ("CN", "Cử nhân chính trị"))
        )
        db.session.add_all(
            [
                other,
                further,
                PrerequisiteGroup(course=province.advanced, alternatives=[province.basic]),
                CourseEquivalence(course=province.basic, substitute=other),
                CourseEquivalence(course=other, substitute=further),
                Completion(employee=province.chi, course=further, completed_on=date(2020, 5, 1)),
                Completion(employee=province.chi, course=further, completed_on=date(2021, 5, 1)),
            ]
        )
    db.session.commit()
    instance = _take(planned)
    assert {course.id: course.prerequisites for course in instance.courses}["CVC"] == (("CCLL", "CN", "CV"),)
    assert _trainee(instance, "NV001").completed == ("CN",)


def test_circle_over_equivalences_is_told_in_words(planned: Planned, province: Province, people: People) -> None:
    with operation(SYSTEM, "test.change"):
        other = Course(code="CVCC", name="Chuyên viên cao cấp", kind="state_management", days=30)
        db.session.add_all(
            [
                other,
                PrerequisiteGroup(course=province.advanced, alternatives=[province.basic]),
                PrerequisiteGroup(course=other, alternatives=[province.advanced]),
                CourseEquivalence(course=province.basic, substitute=other),
            ]
        )
    db.session.commit()
    for act in (lambda: _take(planned), lambda: operations.start_run(planned.plan, actor=people.an)):
        with pytest.raises(Refused) as refused:
            act()
        message = refused.value.faults[0].message
        assert {"CVC", "CVCC"} <= set(message.replace(":", " ").replace(".", " ").split())
        assert " → " in message


def test_pins_bans_and_policy(planned: Planned, province: Province, people: People) -> None:
    for need, made, kind in (
        (planned.chi_basic, province.class_basic, "pin"),
        (planned.chi_advanced, province.class_advanced, "ban"),
    ):
        values = {"plan_id": planned.plan.id, "need_id": need.id, "class_id": made.id, "kind": kind}
        operations.save_pin(values, actor=people.an)
    operations.save_plan({"floor_percent": 35, "max_changes": 9}, actor=people.an, row=planned.plan)
    db.session.commit()
    instance = _take(planned)
    assert instance.pins == (NeedClass(f"n{planned.chi_basic.id}:NV001/CV", "L001"),)
    assert instance.bans == (NeedClass(f"n{planned.chi_advanced.id}:NV001/CVC", "L002"),)
    policy = instance.policy
    assert (policy.floor_percent, policy.floor_penalty, policy.change_penalty, policy.max_changes) == (
        35,
        150,
        30,
        9,
    )


def test_seats_in_force_are_the_living_ones(planned: Planned, province: Province, people: People) -> None:
    run = operations.start_run(planned.plan, actor=people.an)
    operations.mark_published(planned.plan, run, actor=people.an)
    option = province.class_basic.options[0]
    with operation(SYSTEM, "test.seats"):
        for need, state in ((planned.chi_basic, "enrolled"), (planned.dung_basic, "cancelled")):
            ended = {"ended_at": utcnow(), "ended_how": "declined"} if state == "cancelled" else {}
            db.session.add(
                Enrolment(
                    plan_id=planned.plan.id, need_id=need.id, employee_id=need.employee_id, state=state,
                    class_id=province.class_basic.id, option_id=option.id, **ended,
                )
            )  # fmt: skip
    scenario = operations.save_plan(
        {"code": "KH2", "name": "Phương án 2", "round_id": planned.plan.round_id}, actor=people.an
    )
    db.session.commit()
    assert planned.plan.state == PlanState.PUBLISHED
    instance = snapshot.take(scenario).instance
    assert instance.current == (Seat(f"n{planned.chi_basic.id}:NV001/CV", "L001-a"),)
    assert instance.pins == ()


def test_a_class_that_has_begun_keeps_its_people_and_takes_nobody(
    planned: Planned, province: Province, people: People
) -> None:
    option = province.class_basic.options[0]
    with operation(SYSTEM, "test.seats"):
        option.sessions[0].first = option.sessions[0].last = today()
        db.session.add(
            Enrolment(
                plan_id=planned.plan.id, need_id=planned.chi_basic.id, employee_id=province.chi.id,
                class_id=province.class_basic.id, option_id=option.id,
            )
        )  # fmt: skip
    db.session.commit()
    instance = snapshot.take(planned.plan).instance
    assert instance.pins == (NeedClass(f"n{planned.chi_basic.id}:NV001/CV", "L001"),)
    assert instance.bans == (NeedClass(f"n{planned.dung_basic.id}:NV002/CV", "L001"),)


def test_a_class_that_has_begun_keeps_no_seats_for_anybody(
    planned: Planned, province: Province, people: People
) -> None:
    """Nobody enters it any more: what is kept there would stand against every plan."""
    option = province.class_basic.options[0]
    values = {
        "max_seats": 2,
        "reserves": [{"unit_ids": [province.commune_y.id], "min_seats": 2, "release": False}],
    }
    save_training_class(values, actor=SYSTEM, row=province.class_basic)
    with operation(SYSTEM, "test.seats"):
        option.sessions[0].first = option.sessions[0].last = today()
        db.session.add(
            Enrolment(
                plan_id=planned.plan.id, need_id=planned.chi_basic.id, employee_id=province.chi.id,
                class_id=province.class_basic.id, option_id=option.id,
            )
        )  # fmt: skip
    db.session.commit()
    instance = snapshot.take(planned.plan).instance
    begun = next(made for made in instance.classes if made.id == "L001")
    assert begun.reserves == ()
    assert not violations(instance, ["L001-a"], instance.current)
