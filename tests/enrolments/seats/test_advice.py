"""What somebody without a seat is told to do: each act is done, and the seat must be within reach then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from tests.enrolments.seats.test_no_seat import account
from training.classes.models import ClassQuota, ClassReserve
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.courses.models import Course, PrerequisiteGroup
from training.enrolments.models import Enrolment, EnrolmentState, How
from training.enrolments.rearranging import manual, requests, responses
from training.enrolments.seats import changes
from training.enrolments.seats.advice import Advice, AdviceKind, advise
from training.enrolments.seats.changes import SeatChange
from training.enrolments.seats.obstacles import Situation
from training.enrolments.waiting_list.queue import places
from training.needs.models import Need, NeedState
from training.people.models import Absence
from training.planning.models import NeedSet, NeedSetMember, Pin, RunNeed
from training.standards.models import CourseLevel, EligibilityRule

# What may still be in the way of somebody who is told to wait for a seat that comes free.
_COMES_FREE = {"size", "quota", "absence", "reserve", "apart"}


def without_seat(published: Published) -> list[Need]:
    seated = published.seats()
    return [need for name, need in published.wants.items() if name not in seated]


def broken(need: Need, class_id: int) -> set[str]:
    db.session.expire_all()
    return {one.rule for one in changes.judge([SeatChange(need.id, class_id)]).broken}


def give_back(seat: Enrolment) -> None:
    changes.change(
        [SeatChange(seat.need_id, None)], actor=SYSTEM, how=How.DECLINED, name="test.give_back", ending=[seat]
    )


def living(*conditions: sa.ColumnElement[bool]) -> Sequence[Enrolment]:
    return db.session.scalars(
        sa.select(Enrolment).where(Enrolment.state != EnrolmentState.CANCELLED, *conditions)
    ).all()


def fails(advice: Advice, need: Need, people: People) -> str | None:
    """Do what is advised and undo it; what is wrong with the advice, if anything."""
    step = db.session.begin_nested()
    try:
        return _try(advice, need, people)
    finally:
        step.rollback()
        db.session.expire_all()


def _try(advice: Advice, need: Need, people: People) -> str | None:
    person = need.employee
    left: set[str] = set()
    if advice.kind is AdviceKind.ASK:
        if not all(requests.choice(need, class_id) for class_id in advice.class_ids):
            return "a class cannot be asked for"
    elif advice.kind is AdviceKind.GIVE_BACK:
        for seat_id in advice.seat_ids:
            seat = db.session.get_one(Enrolment, seat_id)
            assert seat.employee_id == person.id, "somebody's own seat"
            responses.decline(seat, reason="Đổi lớp", actor=people.an)
    elif advice.kind is AdviceKind.SEND_INSTEAD:
        for seat_id in advice.seat_ids:
            inner = db.session.begin_nested()
            seat = db.session.get_one(Enrolment, seat_id)
            manual.substitute(seat, person, reason="Đi thay", actor=people.an)
            inner.rollback()
            db.session.expire_all()
        return None
    elif advice.kind is AdviceKind.CORRECT_ABSENCE:
        with operation(SYSTEM, "test.correct") as session:
            for row in session.scalars(sa.select(Absence).where(Absence.employee_id == person.id)).all():
                session.delete(row)
        left = _COMES_FREE
    elif advice.kind is AdviceKind.RAISE_LIMIT:
        with operation(SYSTEM, "test.raise"):
            person.max_days = None
        left = _COMES_FREE
    elif advice.kind is AdviceKind.LIFT_BAN:
        with operation(SYSTEM, "test.lift") as session:
            for pin in session.scalars(sa.select(Pin).where(Pin.need_id == need.id)).all():
                session.delete(pin)
        left = _COMES_FREE
    elif advice.kind is AdviceKind.WAIT:
        for class_id in advice.class_ids:
            give_back(living(Enrolment.class_id == class_id)[0])
    elif advice.kind is AdviceKind.WAIT_QUOTA:
        for class_id in advice.class_ids:
            partners = _set_of(need, "together")  # who sits there with the person, or not at all
            for seat in living(Enrolment.class_id == class_id, Enrolment.need_id.not_in(partners)):
                if seat.employee.unit_id == person.unit_id:
                    give_back(seat)
    elif advice.kind is AdviceKind.WAIT_RESERVE:
        for class_id in advice.class_ids:
            for seat in living(Enrolment.class_id == class_id):
                if not _kept_for(seat):
                    give_back(seat)
    elif advice.kind is AdviceKind.WAIT_APART:
        for class_id in advice.class_ids:
            for seat in living(Enrolment.class_id == class_id, Enrolment.need_id.in_(_set_of(need, "apart"))):
                give_back(seat)
    elif advice.kind is AdviceKind.WAIT_TOGETHER:
        for class_id in advice.class_ids:
            for other in _set_of(need, "together"):
                if not living(Enrolment.need_id == other, Enrolment.class_id == class_id):
                    found = {one.rule for one in changes.judge([SeatChange(other, class_id)]).broken}
                    assert found <= {"together", "size", "absence"}, found
        return None
    elif advice.kind is AdviceKind.WAIT_ABSENCE:
        for seat in living():
            if seat.employee.unit_id == person.unit_id and seat.employee_id != person.id:
                give_back(seat)
    elif advice.kind is AdviceKind.MORE_MONEY:
        with operation(SYSTEM, "test.money"):
            for opened in _opened(advice):
                opened.training_class.fund.amount += 10**9
    elif advice.kind is AdviceKind.TAKE_FIRST:
        return None
    for class_id in advice.class_ids:
        found = broken(need, class_id) - left
        if found:
            return f"{advice.kind}: {found} still in the way of class {class_id}"
    return None


def _kept_for(seat: Enrolment) -> bool:
    """Whether seats of its class are kept for the unit of whoever sits there."""
    units = {unit.id for reserve in seat.training_class.reserves for unit in reserve.units}
    return seat.employee.unit_id in units


def _set_of(need: Need, kind: str) -> set[int]:
    """The needs of the sets of this kind in which the need is."""
    sets = db.session.scalars(sa.select(NeedSet).where(NeedSet.kind == kind))
    found = [{member.need_id for member in one.members} for one in sets]
    return set().union(*(one for one in found if need.id in one))


def _opened(advice: Advice) -> list[changes.OpenClass]:
    return list(
        db.session.scalars(sa.select(changes.OpenClass).where(changes.OpenClass.class_id.in_(advice.class_ids)))
    )


def stir(random: Random, published: Published, province: Province) -> None:
    """A province in which something or other stands in everybody's way."""
    first = published.first.options[0].sessions[0].first
    with operation(SYSTEM, "test.stir") as session:
        for need in published.wants.values():
            who = need.employee
            if random.random() < 0.3:
                who.max_days = random.choice([3, 5, 8])
            if random.random() < 0.25:
                day = first + timedelta(days=random.choice([0, 2, 35, 37]))
                session.add(Absence(employee=who, first=day, last=day, reason="Bận"))
        for unit in (province.commune_x, province.commune_y):
            unit.max_absent = random.choice([None, None, 0, 1, 2])
        for made in (published.first, published.second, published.advanced):
            made.max_seats += random.choice([0, 0, 1])
            if random.random() < 0.3:
                made.quotas.append(ClassQuota(units=[province.commune_x], max_seats=random.choice([0, 1, 2])))
        if random.random() < 0.4:
            # The other class of the course moves to the days of the advanced one: a clash for whoever sits there.
            for one, other in zip(
                published.second.options[0].sessions, published.advanced.options[0].sessions, strict=False
            ):
                one.first, one.last = other.first, other.last
        if random.random() < 0.3:
            province.fund.amount = 1
        for need in without_seat(published):
            if random.random() < 0.2:
                session.add(
                    Pin(
                        plan=published.plan,
                        need=need,
                        training_class=published.first,
                        kind="ban",
                        ground="x",
                    )
                )
    db.session.commit()
    for seat in living():
        if random.random() < 0.15:
            give_back(seat)
    db.session.commit()


def keep(random: Random, published: Published, province: Province) -> None:
    """Seats are kept for units, people together or apart, whatever seats are in force."""
    wants = [need for name, need in sorted(published.wants.items()) if name.endswith("/CV")]
    random.shuffle(wants)
    with operation(SYSTEM, "test.keep") as session:
        for made in (published.first, published.second):
            if random.random() < 0.6:
                unit = random.choice([province.commune_x, province.commune_y])
                seats, release = random.choice([1, 2]), random.random() < 0.5
                made.reserves.append(ClassReserve(units=[unit], min_seats=seats, release=release))
        for kind, members in (("together", wants[:2]), ("apart", wants[1 : random.choice([3, 4])])):
            if random.random() < 0.7:
                found = [NeedSetMember(need=need) for need in members]
                session.add(NeedSet(plan=published.plan, name=kind, kind=kind, members=found))
    db.session.commit()


@pytest.mark.parametrize("seed", range(24))
def test_every_advice_works_when_it_is_done(
    published: Published, province: Province, people: People, seed: int
) -> None:
    stir(Random(seed), published, province)
    if seed >= 14:
        keep(Random(seed), published, province)
    wrong = []
    for need in without_seat(published):
        for advice in advise(Situation([need]), need.id, waits=need.id in places([need.id])):
            why = fails(advice, need, people)
            if why:
                wrong.append(f"{need}: {advice.text} – {why}")
    assert not wrong


@pytest.mark.parametrize("seed", range(24))
def test_what_is_told_to_be_in_the_way_is_what_keeps_the_seat_away(
    published: Published, province: Province, seed: int
) -> None:
    """Nothing is told where a seat could be given, and something wherever it could not."""
    stir(Random(seed), published, province)
    if seed >= 14:
        keep(Random(seed), published, province)
    for need in published.wants.values():
        for one in Situation([need]).classes(need.id):
            if one.option is not None and not one.here:
                judged = changes.judge([SeatChange(need.id, one.made.id)])
                if need.id in {n.id for n in without_seat(published)} or judged.broken:
                    assert bool(one.obstacles) == bool(judged.broken), (need, one.made.code, one.obstacles, judged)


# -- the cases that people met ----------------------------------------------------------------------


def clash(published: Published, *, free: bool) -> Need:
    """NV001 sits in L001 and wants the advanced class, which is held on the same days."""
    need = published.wants["NV001/CVC"]
    with operation(SYSTEM, "test.clash"):
        for seat in living(Enrolment.need_id == need.id):
            give_back(seat)
        for one, other in zip(
            published.advanced.options[0].sessions, published.first.options[0].sessions, strict=False
        ):
            one.first, one.last = other.first, other.last
        published.advanced.min_seats = 0
        published.advanced.max_seats = published.advanced.seats_taken + (1 if free else 0)
    db.session.commit()
    return need


def test_a_seat_is_given_back_only_where_that_gives_another(
    client: FlaskClient, published: Published, people: People
) -> None:
    need = clash(published, free=True)
    login(client, people.chi)
    page = client.get("/my-classes").text
    assert "bạn có thể học thay cho chỗ đang có ở lớp L001" in page
    with operation(SYSTEM, "test.fill"):
        published.advanced.max_seats = published.advanced.seats_taken
    db.session.commit()
    page = client.get("/my-classes").text
    assert "trả lại chỗ đó" not in page, "the class is full as well: giving back would only lose a seat"
    texts = [client.get(f"/seats/{need.id}").text, client.get(f"/my-classes/{need.id}/other").text]
    for text in texts:
        row = text[text.index("L002 ·") :]
        row = row[: row.index("</tr>")]
        assert row.index("L001") < row.index("chỗ đã hết"), "both, in one order"


def test_who_has_no_seat_is_not_told_to_give_one_back(client: FlaskClient, published: Published) -> None:
    need = published.wants["NV005/CV"]
    with operation(SYSTEM, "test.load"):
        need.employee.max_days = 2
        published.first.max_seats += 1
    db.session.commit()
    login(client, account("NV005"))
    page = client.get("/my-classes").text
    assert "trả lại chỗ đó" not in page
    assert "trả lại chỗ ở lớp khác" not in page
    assert "hãy hỏi cán bộ đầu mối của đơn vị xem có nâng được không" in page


def test_a_course_that_would_refuse_the_person_is_not_advised(
    client: FlaskClient, published: Published, province: Province
) -> None:
    """NV005 wants the advanced course, before which the basic one must be completed."""
    with operation(SYSTEM, "test.need") as session:
        employee = published.wants["NV005/CV"].employee
        for need in session.scalars(sa.select(Need).where(Need.employee_id == employee.id)):
            need.state = NeedState.WITHDRAWN
        session.add(PrerequisiteGroup(course=province.advanced, alternatives=[province.basic]))
        wanted = Need(round=province.round, employee=employee, course=province.advanced, priority=2)
        session.add(wanted)
        session.flush()
        run_id = published.plan.published_run_id
        session.add(RunNeed(run_id=run_id, need_id=wanted.id, value=1, reason="prerequisite", blocks=[]))
    db.session.commit()
    login(client, account("NV005"))
    page = client.get("/my-classes").text
    assert f"đăng ký trước cho bạn “{province.basic.name}”" in page
    with operation(SYSTEM, "test.rule") as session:
        employee.birth_date = date(1960, 1, 1)
        session.add(
            EligibilityRule(
                course=province.basic, kind="age", value=50, source="NĐ 101", valid_from=date(2020, 1, 1)
            )
        )
    db.session.commit()
    page = client.get("/my-classes").text
    assert "đăng ký trước cho bạn" not in page
    assert "hiện bạn chưa đủ điều kiện được cử đi học chương trình đó" in page


def test_a_masters_course_is_not_advised_to_who_has_no_bachelors_degree(
    client: FlaskClient, published: Published, province: Province
) -> None:
    with operation(SYSTEM, "test.master") as session:
        province.basic.name = "Thạc sĩ Quản lý công"
        session.add(CourseLevel(course=session.get_one(Course, province.basic.id), level="degree.master"))
        employee = published.wants["NV005/CV"].employee
        employee.degree = "Cao đẳng"
        for need in session.scalars(sa.select(Need).where(Need.employee_id == employee.id)):
            need.state = NeedState.WITHDRAWN
        session.add(PrerequisiteGroup(course=province.advanced, alternatives=[province.basic]))
        wanted = Need(round=province.round, employee=employee, course=province.advanced, priority=2)
        session.add(wanted)
        session.flush()
        run_id = published.plan.published_run_id
        session.add(RunNeed(run_id=run_id, need_id=wanted.id, value=1, reason="prerequisite", blocks=[]))
    db.session.commit()
    login(client, account("NV005"))
    assert "đăng ký trước cho bạn" not in client.get("/my-classes").text
    with operation(SYSTEM, "test.degree"):
        employee.degree = "Đại học"
    db.session.commit()
    assert "đăng ký trước cho bạn" in client.get("/my-classes").text
