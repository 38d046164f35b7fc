"""Who is told what about seats, and when: exactly those concerned, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login, make_user
from tests.enrolments.conftest import Published, announce, tell_them
from training.accounts.models import User, user_host
from training.classes.models import ClassOption, OptionSession
from training.core.access import Role
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.courses.models import Host
from training.enrolments.models import Announcement, Enrolment
from training.enrolments.notices import of_seats
from training.enrolments.publishing import publish
from training.enrolments.rearranging import manual, reschedule, responses
from training.enrolments.rearranging.new_options import Calendar
from training.enrolments.waiting_list import promotion
from training.messages.mail import sending
from training.messages.models import Channel, Message
from training.messages.outbox import text_of
from training.planning.models import OptimizerRun, Plan
from training.planning.operations import save_plan


def told() -> list[tuple[str, str]]:
    """(code, kind) of the mails, whoever has an address or not."""
    db.session.expire_all()
    rows = db.session.scalars(
        sa.select(Message)
        .where(Message.channel == Channel.MAIL, Message.employee_id.is_not(None))
        .order_by(Message.id)
    )
    return [(row.employee.code, row.kind.partition(".")[2]) for row in rows if row.employee]


def last_text(code: str) -> str:
    rows = db.session.scalars(sa.select(Message).order_by(Message.id.desc())).all()
    return next(text_of(row) for row in rows if row.employee and row.employee.code == code)


def _announce(published: Published, people: People) -> None:
    announce(published.plan, people.an)


def test_announcing_tells_everybody_once_with_everything(published: Published, people: People) -> None:
    assert told() == [], "publishing itself tells nobody: it can be undone"
    _announce(published, people)
    assert sorted(told()) == sorted((f"NV00{n}", "published") for n in range(1, 7))
    assert published.plan.told_at is not None
    sending.send_due()
    chi = db.session.scalars(sa.select(Message).where(Message.employee_id == people.chi.employee_id,
                                                      Message.channel == Channel.MAIL)).one()  # fmt: skip
    assert "L001" in (chi.body or "")
    assert "L002" in (chi.body or ""), "one message for both classes"
    assert "Hạ Long" in (chi.body or "")
    unmet = db.session.scalars(sa.select(Message).where(Message.kind == "enrolments.published")).all()
    assert [len(row.facts["unmet"]) for row in unmet if row.employee and row.employee.code == "NV005"] == [1]
    before = len(told())
    with pytest.raises(Refused, match="Không còn ai"):
        _announce(published, people)
    db.session.rollback()
    assert len(told()) == before
    officer = db.session.scalars(sa.select(Message).where(Message.user_id == people.binh.id)).first()
    assert officer is not None
    assert "4 lượt người của đơn vị bạn được xếp lớp" in text_of(officer) or "được xếp lớp" in text_of(officer)


def test_before_the_announcement_only_offers_are_told(published: Published, people: People) -> None:
    manual.take_back(published.seat("NV003/CV"), reason="Trùng công tác", actor=people.an)
    db.session.commit()
    assert told() == []
    promotion.promote(published.second.id, actor=SYSTEM)
    db.session.commit()
    assert [kind for _code, kind in told()] == ["offered"]
    assert "dành cho bạn đến" in last_text(told()[0][0])


def test_after_it_every_change_is_told_to_those_concerned(published: Published, people: People) -> None:
    _announce(published, people)
    known = len(told())
    manual.take_back(published.seat("NV003/CV"), reason="Trùng công tác", actor=people.an)
    db.session.commit()
    assert told()[known:] == [("NV003", "seat_lost")]
    assert "Lý do: Trùng công tác" in last_text("NV003")
    manual.place(published.wants["NV005/CV"], published.second.id, actor=people.an)
    db.session.commit()
    assert told()[known + 1 :] == [("NV005", "seat_won")]
    assert "L003" in last_text("NV005")


def test_whoever_gives_a_seat_back_is_not_told_of_it(published: Published, people: People) -> None:
    _announce(published, people)
    known = len(told())
    responses.decline(published.seat("NV001/CV"), reason="Bận", actor=people.chi)
    db.session.commit()
    assert told()[known:] == []
    responses.decline(published.seat("NV003/CV"), reason="Nghỉ ốm", actor=people.binh)
    db.session.commit()
    assert told()[known:] == [("NV003", "seat_lost")], "the unit answered for them"


def test_an_offer_that_ends_is_told(published: Published, people: People) -> None:
    responses.decline(published.seat("NV003/CV"), reason="Bận", actor=people.chi)
    promotion.promote(published.second.id, actor=SYSTEM)
    with operation(SYSTEM, "test.late"):
        seat = published.seat("NV005/CV")
        seat.offer_ends_at = utcnow() - timedelta(minutes=1)
    promotion.expire(actor=SYSTEM)
    db.session.commit()
    assert [kind for code, kind in told() if code == "NV005"] == ["offered", "offer_ended"]


def test_a_class_on_other_days_tells_those_in_it(published: Published, province: Province, people: People) -> None:
    _announce(published, people)
    known = len(told())
    first = published.second.options[0].sessions[0].first + timedelta(days=70)
    with operation(SYSTEM, "test.option"):
        option = ClassOption(
            code="L003-b", place=province.place_y,
            sessions=[OptionSession(first=first, last=first + timedelta(days=4))],
        )  # fmt: skip
        published.second.options.append(option)
    db.session.commit()
    reschedule.move_class(
        published.opened(published.second), option.id, leaving=[], reason="Hội trường hỏng", actor=people.an
    )
    db.session.commit()
    assert sorted(told()[known:]) == [("NV003", "seat_moved"), ("NV004", "seat_moved")]
    old, new = (
        f"{day:%d/%m/%Y} – {day + timedelta(days=4):%d/%m/%Y}" for day in (first - timedelta(days=70), first)
    )
    assert f"đổi lịch hoặc địa điểm. Trước: {old}, Hạ Long. Nay: {new}, Cẩm Phả." in last_text("NV003")
    assert f"{first:%d/%m/%Y}" in last_text("NV003")
    assert "Cẩm Phả" in last_text("NV003")
    assert "Hội trường hỏng" in last_text("NV003")


def test_a_replanned_class_tells_exactly_those_who_move(
    published: Published, people: People, replan: Callable[[Plan], OptimizerRun]
) -> None:
    _announce(published, people)
    manual.cancel_class(published.opened(published.first), reason="Trường sửa chữa", actor=people.an)
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 4
    db.session.commit()
    again = save_plan(
        {"code": "KH2", "name": "Phương án 2", "round_id": published.plan.round_id, "time_limit": 20},
        actor=people.an,
    )
    db.session.commit()
    run = replan(again)
    publish.publish(run, actor=people.an)
    db.session.commit()
    moved = {
        seat.employee.code for seat in db.session.scalars(sa.select(Enrolment).where(Enrolment.how == "replanned"))
    } | {
        seat.employee.code
        for seat in db.session.scalars(sa.select(Enrolment).where(Enrolment.ended_how == "replanned"))
    }
    assert moved
    known = len(told())
    announce(again, people.an)
    assert {code for code, _kind in told()[known:]} == moved
    assert {kind for _code, kind in told()[known:]} <= {"replanned"}


def test_answers_are_asked_for_before_a_class_and_once(published: Published, people: People) -> None:
    _announce(published, people)
    known = len(told())
    with operation(SYSTEM, "test.soon"):
        for session in published.first.options[0].sessions:
            session.first, session.last = today() + timedelta(days=10), today() + timedelta(days=12)
    responses.confirm(published.seat("NV001/CV"), actor=people.chi)
    db.session.commit()
    for _twice in range(2):
        of_seats.tell_daily(actor=SYSTEM)
        db.session.commit()
    assert told()[known:] == [("NV002", "answer_wanted")]
    assert f"{today() + timedelta(days=3):%d/%m/%Y}" in last_text("NV002")


def test_the_planner_announces_and_sees_how_far_it_is(
    client: FlaskClient, published: Published, people: People
) -> None:
    login(client, people.an)
    assert "Báo cho mọi người" in client.get(f"/plans/{published.plan.id}").text
    address = f"/plans/{published.plan.id}/announce"
    assert "Còn 6 người chưa được báo." in client.get(address).text
    page = client.post(address, data={"confirmed": "1"}, follow_redirects=True).text
    assert "0 / 6" in page
    assert client.get(f"{address}/progress").json == {
        "working": True, "status": "Đang chờ xử lý", "done": 0, "total": 6
    }  # fmt: skip
    assert "Hệ thống đang báo" in client.post(address, data={"confirmed": "1"}, follow_redirects=True).text, (
        "asked for twice"
    )
    tell_them(db.session.scalars(sa.select(Announcement)).one().id)
    page = client.get(address).text
    assert "6 / 6" in page
    assert "Đã báo cho 6 người." in page
    assert "Không còn ai chưa được báo." in page
    assert "Kết quả xếp lớp của ông/bà" in client.get("/messages/delivery").text
    login(client, people.chi)
    assert "bạn được xếp 2 lớp" in client.get("/").text
    login(client, people.an)
    about = client.get(f"/messages?about=class/{published.second.id}").text
    assert "Số 3" in about
    assert "Trần Thị Chi" not in about


def _host_was_told(user: User) -> list[str]:
    rows = db.session.scalars(
        sa.select(Message)
        .where(
            Message.user_id == user.id,
            Message.channel == Channel.SITE,
            Message.kind.startswith("enrolments.class_"),
        )
        .order_by(Message.id)
    )
    return [text_of(row) for row in rows]


def test_hosts_learn_what_becomes_of_their_classes(
    published: Published, province: Province, people: People
) -> None:
    """Moved, called off: the account of the host is told, with days, place and reason; another host is not."""
    with operation(SYSTEM, "test.host") as session:
        other = Host(code="KHAC", name="Trung tâm khác", place=province.place_y)
        session.add(other)
        session.flush()
        mine, theirs = people.long, make_user("khac", "Trung tâm khác", Role.HOST)
        session.flush()
        session.execute(sa.insert(user_host).values(user_id=theirs.id, host_id=other.id))
        published.second.host = province.host
    db.session.commit()
    opened = published.opened(published.second)
    first = published.second.options[0].sessions[0].first
    onto = Calendar(province.place_y.id, [(first + timedelta(days=70), first + timedelta(days=74))])
    reschedule.move_class(opened, onto, leaving=[], reason="Thử", actor=people.an)
    db.session.commit()
    assert _host_was_told(mine) == [], "nobody knows of the plan yet"
    _announce(published, people)
    assert len(_host_was_told(mine)) == 1, "the classes that are theirs to hold"
    back = Calendar(province.place_y.id, [(first + timedelta(days=77), first + timedelta(days=81))])
    reschedule.move_class(opened, back, leaving=[], reason="Hội trường hỏng", actor=people.an)
    manual.cancel_class(opened, reason="Thiếu giảng viên", actor=people.an)
    db.session.commit()
    moved, off = _host_was_told(mine)[1:]
    old, new = (
        f"{first + timedelta(days=n):%d/%m/%Y} – {first + timedelta(days=n + 4):%d/%m/%Y}" for n in (70, 77)
    )
    assert f"Trước: {old}, Cẩm Phả. Nay: {new}, Cẩm Phả. Lý do: Hội trường hỏng" in moved
    assert "Không mở lớp" in off
    assert new in off
    assert "Lý do: Thiếu giảng viên" in off
    assert _host_was_told(theirs) == []
