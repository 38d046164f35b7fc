"""What stands in a class's book stays: no seat with a mark, a score, a result or a certificate ends or moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.results.conftest import Held
from training.classes.models import ClassOption, OptionSession, TrainingClass
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.enrolments.models import Enrolment, EnrolmentState, How, OpenClass
from training.enrolments.publishing import replan
from training.enrolments.rearranging import manual, reschedule, responses
from training.enrolments.seats import changes
from training.needs.models import Need
from training.people.models import Employee
from training.planning import snapshot
from training.results import operations, recognition
from training.results.books import roll_call, score_entry
from training.results.certificates import registry


@pytest.fixture
def next_class(province: Province, held: Held) -> OpenClass:
    """Another open class of the course, in two months."""
    first = today() + timedelta(days=60)
    with operation(SYSTEM, "test.next") as session:
        option = ClassOption(
            code="L009-a",
            place=province.place_x,
            sessions=[OptionSession(first=first, last=first + timedelta(days=1))],
        )
        made = TrainingClass(
            code="L009", name="Lớp sau", year=province.year, course=province.basic, host=province.host,
            fund=province.fund, min_seats=1, max_seats=20, fixed_cost=0, seat_cost=0, options=[option],
        )  # fmt: skip
        opened = OpenClass(plan=held.opened.plan, training_class=made, option=option)
        session.add_all([made, opened])
    db.session.commit()
    return opened


def one_day_more(held: Held, code: str, ahead: int = 9) -> int:
    """An option of the class with its days and one more to come."""
    days = [OptionSession(first=one.first, last=one.last) for one in held.opened.option.sessions]
    day = today() + timedelta(days=ahead)
    with operation(SYSTEM, "test.option"):
        made = ClassOption(
            code=code,
            training_class=held.opened.training_class,
            place=held.opened.option.place,
            sessions=[*days, OptionSession(first=day, last=day)],
        )
        db.session.add(made)
    db.session.commit()
    return made.id


def refused(act: Callable[..., Any], *args: object, **kwargs: object) -> str:
    """The words in which an act is refused."""
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    db.session.rollback()
    return str(caught.value)


def test_a_seat_with_a_mark_stays_until_the_mark_is_taken_away(
    held: Held, next_class: OpenClass, people: People
) -> None:
    held.mark(held.chi, held.half_days[0])
    told = refused(manual.take_back, held.chi, reason="Nhầm", actor=people.an)
    assert "L001" in told
    assert held.chi.employee.name in told
    assert "đã điểm danh" in told
    verdict = changes.judge([changes.SeatChange(held.chi.need_id, next_class.class_id)])
    assert not verdict.overridable
    assert "đã điểm danh" in " ".join(one.sentence for one in verdict.broken)
    assert "đã điểm danh" in refused(
        manual.place, held.chi.need, next_class.class_id, actor=people.an, ground="Theo đề nghị"
    )
    with pytest.raises(Refused, match="lý do"):
        roll_call.take_marks_away(held.opened, held.chi, ground=" ", actor=people.long)
    roll_call.take_marks_away(held.opened, held.chi, ground="Điểm danh nhầm người", actor=people.long)
    db.session.commit()
    manual.take_back(held.chi, reason="Nhầm", actor=people.an)
    db.session.commit()
    assert held.chi.state == EnrolmentState.CANCELLED


def test_neither_does_one_with_a_score_a_result_or_a_certificate(held: Held, people: People) -> None:
    def take_back() -> str:
        return refused(manual.take_back, held.chi, reason="Nhầm", actor=people.an)

    held.score(held.chi, "7")
    assert "đã có điểm" in take_back()
    held.finish()
    assert "đã có kết quả" in take_back()
    held.recognise()
    registry.issue(held.opened, actor=people.long)
    db.session.commit()
    assert "đã cấp chứng chỉ" in take_back()
    recognition.withdraw(held.opened, ground="Sai sót", actor=people.an)
    operations.reopen(held.opened, ground="Sai sót", actor=people.an)
    db.session.commit()
    assert "đã có điểm" in take_back()
    score_entry.save_scores(held.opened.training_class, {held.chi.id: {1: None, 2: None}}, actor=people.long)
    roll_call.take_marks_away(held.opened, held.chi, ground="Sai sót", actor=people.long)
    db.session.commit()
    manual.take_back(held.chi, reason="Nhầm", actor=people.an)


def test_a_class_with_results_is_not_moved_merged_called_off_or_filled(
    held: Held, next_class: OpenClass, people: People, province: Province
) -> None:
    held.finish()
    later = one_day_more(held, "L001-z")
    with operation(SYSTEM, "test.room") as session:
        held.opened.training_class.max_seats = 30
        somebody = Employee(code="X9", name="Ngô Văn 9", unit=province.commune_x)
        late = Need(round=province.round, employee=somebody, course=province.basic, priority=2)
        session.add_all([somebody, late])
    db.session.commit()
    assert "đã có kết quả" in refused(manual.cancel_class, held.opened, reason="Nhầm", actor=people.an)
    preview = reschedule.look_at_move(held.opened, later, actor=people.an)
    assert "đã có kết quả" in " ".join(one.sentence for one in preview.in_the_way)
    for ground in (None, "Theo đề nghị"):
        move = {"leaving": (), "reason": "Dời", "actor": people.an, "ground": ground}
        assert "không đổi lịch" in refused(reschedule.move_class, held.opened, later, **move)
        merge = {"leaving": (), "reason": "Gộp", "actor": people.an, "ground": ground}
        assert "đã có kết quả" in refused(reschedule.merge_class, held.opened, next_class, **merge)
    assert "không nhận thêm người" in refused(
        manual.place, late, held.opened.class_id, actor=people.an, ground="Theo đề nghị"
    )


def test_a_running_class_with_marks_may_get_other_days_to_come(held: Held, people: People) -> None:
    held.mark(held.chi, held.half_days[0])
    later = one_day_more(held, "L001-z")
    reschedule.move_class(held.opened, later, leaving=(), reason="Bù buổi", actor=people.an)
    db.session.commit()
    told = refused(
        reschedule.move_class,
        held.opened,
        one_day_more(held, "L001-y", 10),
        leaving=[held.chi.need_id],
        reason="Bù buổi",
        actor=people.an,
    )
    assert "đã điểm danh" in told


def test_the_database_refuses_it_too(held: Held) -> None:
    held.mark(held.chi, held.half_days[0])
    gone = sa.update(Enrolment).values(state="cancelled", ended_at=sa.func.now(), ended_how=How.TAKEN_BACK)
    with pytest.raises(sa.exc.DatabaseError, match="marks"):
        db.session.execute(gone.where(Enrolment.id == held.chi.id))
    db.session.rollback()
    db.session.execute(gone.where(Enrolment.id == held.dung.id))


def test_a_later_plan_keeps_them(held: Held, people: People) -> None:
    """Who has left the service keeps a seat of which something is recorded; a plan decides nothing for them."""
    held.mark(held.chi, held.half_days[0])
    with operation(SYSTEM, "test.leaves"):
        held.chi.employee.active = False
        held.opened.option.sessions[0].first = date(today().year + 1, 1, 1)  # not begun, by its days
        held.opened.option.sessions[0].last = date(today().year + 1, 1, 2)
    db.session.commit()
    everybody = replan.seats_in_force(held.opened.plan.round_id)
    assert replan.difference(everybody, []).lost == len(everybody) - 1
    with operation(SYSTEM, "test.replan"):
        replan.replace(held.opened.plan, 0, [], [])
    db.session.commit()
    assert held.chi.state == EnrolmentState.ENROLLED
    assert held.opened.cancelled_at is None
    assert held.dung.state == EnrolmentState.CANCELLED
    with operation(SYSTEM, "test.comes_back"):
        held.chi.employee.active = True
    db.session.commit()
    taken = snapshot.take(held.opened.plan)
    assert [(taken.needs[pin.need], pin.class_id) for pin in taken.instance.pins] == [(held.chi.need_id, "L001")]


def test_a_class_that_has_begun_does_not_change_its_calendar_in_a_later_plan(held: Held) -> None:
    one_day_more(held, "L001-z")
    taken = snapshot.take(held.opened.plan)
    (made,) = [one for one in taken.instance.classes if one.id == "L001"]
    assert [option.id for option in made.options] == [held.opened.option.code]


def test_the_host_takes_marks_away_on_the_book(held: Held, client: FlaskClient, people: People) -> None:
    held.mark(held.chi, held.half_days[0])
    login(client, people.long)
    address = f"/class-books/{held.opened.class_id}/people/{held.chi.id}/no-marks"
    assert address in client.get(f"/class-books/{held.opened.class_id}").text
    assert "Xóa điểm danh" in client.get(address).text
    answer = client.post(address, data={"reason": "Nhầm người"}, follow_redirects=True)
    assert "Đã xóa điểm danh." in answer.text
    assert address not in answer.text


def test_an_offer_is_not_taken_up_once_the_results_are_entered(held: Held, people: People) -> None:
    """Who was offered a place on the last day would sit in a class whose results are those of the others."""
    offered = held.others.pop()
    with operation(SYSTEM, "test.offer"):
        offered.state, offered.offer_ends_at = EnrolmentState.OFFERED, utcnow() + timedelta(hours=1)
    db.session.commit()
    held.finish()
    assert "không nhận thêm người" in refused(responses.accept, offered, actor=people.chi)


def test_undoing_a_publication_names_the_scores_that_stand_in_the_way(
    held: Held, client: FlaskClient, people: People
) -> None:
    """Scores may be entered before the class begins."""
    first = today() + timedelta(days=30)
    with operation(SYSTEM, "test.later"):
        for seat in held.others:
            seat.state, seat.ended_at, seat.ended_how = EnrolmentState.CANCELLED, utcnow(), How.DECLINED
        run = held.opened.option.sessions[0]
        run.first, run.last = first, first + timedelta(days=1)
    held.score(held.chi, "7")
    login(client, people.an)
    page = client.get(f"/plans/{held.opened.plan_id}/unpublish").text
    assert "Lớp L001: Trần Thị Chi: đã có điểm" in page
    held.score(held.chi, None)
    assert "đã có điểm" not in client.get(f"/plans/{held.opened.plan_id}/unpublish").text
