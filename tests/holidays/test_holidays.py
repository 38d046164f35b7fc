"""Public holidays as people meet them: on the page, in calendars, roll call, optimizer, feed, papers, Excel."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published, optimise, planned, published, stand_in
from tests.imports.books import workbook
from tests.planning.conftest import Planned
from tests.results.conftest import Held, held
from training.classes.models import OptionSession, TrainingClass
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.documents.papers.subjects import class_facts
from training.enrolments.calendar import feed, months
from training.enrolments.notices.of_seats import option_facts
from training.enrolments.notices.wording import days_of
from training.holidays import operations
from training.holidays.models import Holiday
from training.imports import operations as imports
from training.imports.kinds.all_kinds import BY_NAME
from training.planning import snapshot
from training.results import queries

__all__ = ["held", "optimise", "planned", "published", "stand_in"]


def day_off(first: date, last: date | None = None, **more: object) -> Holiday:
    values = {
        "name": "Ngày Chiến thắng",
        "first": first,
        "last": last,
        "source": "Điều 112",
        "checked_on": today(),
        **more,
    }
    row = operations.save_holiday(values, actor=SYSTEM)
    db.session.commit()
    return row


def on_days(made: TrainingClass, first: date, last: date) -> OptionSession:
    """Put the class on these days, as a fixture may."""
    run = made.options[0].sessions[0]
    db.session.execute(sa.update(OptionSession).where(OptionSession.id == run.id).values(first=first, last=last))
    db.session.commit()
    return run


def test_the_page_takes_a_holiday_says_who_entered_it_and_which_classes_lie_on_it(
    client: FlaskClient, province: Province, people: People
) -> None:
    first = province.class_basic.options[0].sessions[0].first
    login(client, people.quan)
    given = {
        "name": "Ngày thành lập tỉnh", "kind": "off", "first": f"{first:%d/%m/%Y}", "last": "",
        "reach": "province", "state": "expected", "source": "", "checked_on": "", "note": "",
    }  # fmt: skip
    page = client.post("/holidays/new", data=given, follow_redirects=True).text
    assert "Ngày thành lập tỉnh" in page
    assert "Trong tỉnh" in page
    assert "Hoàng Quản" in page
    assert "Dự kiến, chưa công bố" in page
    assert "chưa đối chiếu" in page
    assert "L001" in page
    assert "L002" not in page
    shown = client.get(f"/classes/{province.class_basic.id}").text
    assert f"Nghỉ {first:%d/%m/%Y} (Ngày thành lập tỉnh)" in shown


def test_what_contradicts_itself_is_refused(province: Province) -> None:
    monday = date(2027, 5, 3)
    day_off(monday)
    for values, words in (
        ({"first": monday}, "trùng"),
        ({"first": monday, "last": date(2027, 5, 1)}, "trước"),
        ({"first": date(2027, 5, 4), "kind": "worked"}, "làm bù"),
        ({"first": date(2027, 5, 1), "last": date(2027, 8, 1)}, "ngày liền"),
        ({"first": monday, "kind": "worked"}, "làm bù"),
    ):
        with pytest.raises(Refused) as refused:
            operations.save_holiday({"name": "X", **values}, actor=SYSTEM)
        assert refused.value.faults, words
        db.session.rollback()
    day_off(monday, name="Ngày của tỉnh", reach="province")  # the same day twice over is no contradiction


def test_the_official_days_are_added_once_and_say_what_nobody_has_compared(
    client: FlaskClient, people: People
) -> None:
    login(client, people.an)
    day_off(date(2027, 2, 5), name="Tết do tỉnh nhập")
    client.post("/holidays/official", data={"confirmed": "1"})
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Holiday))
    assert client.post("/holidays/official", data={"confirmed": "1"}, follow_redirects=True).status_code == 200
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Holiday)) == count
    of_tet = db.session.scalars(
        sa.select(Holiday).where(Holiday.first.between(date(2027, 2, 1), date(2027, 2, 28)))
    )
    assert [row.name for row in of_tet] == ["Tết do tỉnh nhập"]  # what somebody entered stands
    page = client.get("/holidays?year=2027").text
    assert "Dự kiến, chưa công bố" in page
    assert "Chưa có thông báo chính thức" in page
    login(client, people.chi)
    assert "/holidays/new" not in client.get("/holidays").text
    assert client.post("/holidays/official", data={"confirmed": "1"}).status_code == 403


def test_saving_a_class_says_which_of_its_days_are_holidays(
    client: FlaskClient, province: Province, people: People
) -> None:
    first = province.class_basic.options[0].sessions[0].first
    while first.weekday() != 3:
        first += timedelta(days=1)
    on_days(province.class_basic, first, first + timedelta(days=4))
    day_off(first)
    login(client, people.an)
    made = province.class_basic
    page = client.get(f"/classes/{made.id}/edit").text
    assert page
    data = {
        "code": made.code, "name": made.name, "year": made.year, "course_id": made.course_id,
        "host_id": made.host_id, "mode": "in_person", "min_seats": 1, "max_seats": 10, "fund_id": made.fund_id,
        "fixed_cost": 1, "seat_cost": 1, "version": made.version,
        "options-0-code": made.options[0].code, "options-0-place_id": province.place_x.id,
        "options-0-sessions-0-first": f"{first:%d/%m/%Y}",
        "options-0-sessions-0-last": f"{first + timedelta(days=4):%d/%m/%Y}",
    }  # fmt: skip
    told = client.post(f"/classes/{made.id}/edit", data=data, follow_redirects=True).text
    assert f"trùng nghỉ lễ, không dạy: {first:%d/%m/%Y} (Ngày Chiến thắng)" in told


def test_the_optimizer_reads_the_days_without_the_holiday(planned: Planned, province: Province) -> None:
    friday = date(province.year, 4, 30)
    while friday.weekday() != 4:
        friday -= timedelta(days=1)
    monday, next_friday = friday - timedelta(days=4), friday + timedelta(days=7)
    on_days(province.class_basic, monday, next_friday)
    day_off(friday)
    day_off(friday + timedelta(days=3))
    instance = snapshot.take(planned.plan).instance
    made = next(one for one in instance.classes if one.id == "L001")
    assert made.options[0].sessions == (
        (monday, friday - timedelta(days=1)),
        (friday + timedelta(days=4), next_friday),
    )


def test_no_roll_is_called_on_a_holiday_and_marks_made_before_are_kept_and_flagged(
    client: FlaskClient, held: Held
) -> None:
    assert len(held.half_days) == 4
    first = held.half_days[0]
    held.mark(held.chi, first)
    row = day_off(first.day)
    db.session.expire_all()
    assert [one.day for one in held.half_days] == [first.day + timedelta(days=1)] * 2
    assert queries.marks(held.opened.class_id)[held.chi.id]
    login(client, held.people.long)
    page = client.get(f"/class-books/{held.opened.class_id}/days").text
    assert "Ngày Chiến thắng" in page
    assert "đã điểm danh (1 lượt)" in page
    told = client.post(
        f"/class-books/{held.opened.class_id}/days",
        data={"held": [one.key for one in queries.all_half_days(held.opened) if one.held] + [first.key]},
        follow_redirects=True,
    )
    assert told.status_code == 200
    assert [one.key for one in held.half_days if one.day == first.day] == [first.key]  # taught all the same
    operations.delete_holiday(row, actor=SYSTEM)
    db.session.commit()
    assert len(held.half_days) >= 3


def test_feed_mail_month_and_papers_leave_the_holiday_out(published: Published, people: People) -> None:
    made = published.first
    first = made.options[0].sessions[0].first
    monday = first - timedelta(days=first.weekday())
    on_days(made, monday, monday + timedelta(days=4))
    day_off(monday + timedelta(days=2))
    parts = [(monday, monday + timedelta(days=1)), (monday + timedelta(days=3), monday + timedelta(days=4))]
    person = published.wants["NV001/CV"].employee_id
    feed.new_address(person, actor=people.an)
    db.session.flush()
    shown = [(row.first, row.last) for row in feed.events(person) if row.class_id == made.id]
    assert shown == parts
    option = made.options[0]
    facts = class_facts(made, option)
    assert facts["thoi_gian"].count("đến ngày") == 2
    assert facts["so_ngay"] == "4"
    told = days_of(option_facts([option.id])[option.id])
    assert told == ", ".join(f"{a:%d/%m/%Y} – {b:%d/%m/%Y}" for a, b in parts)
    days = months.own(person, months.month_of(f"{monday:%Y-%m}", monday))
    of_class = [day for day, entries in days.items() if any(entry.class_id == made.id for entry in entries)]
    assert monday + timedelta(days=2) not in of_class
    assert monday in of_class


def test_holidays_come_from_excel_and_go_back_to_it(province: Province) -> None:
    rows = [
        ["Tên ngày nghỉ", "Từ ngày", "Đến ngày", "Loại ngày", "Phạm vi", "Công bố", "Văn bản", "Ngày đối chiếu"],
        ["Tết", "04/02/2027", "10/02/2027", "Ngày nghỉ", "Cả nước", "Dự kiến, chưa công bố", "", None],
        ["Làm bù", "13/02/2027", None, "Ngày làm bù", "Trong tỉnh", "Đã công bố", "CV 12", "01/10/2026"],
    ]
    batch = imports.import_now("holidays", "le.xlsx", workbook({"NgayNghiLe": rows}), actor=SYSTEM)
    db.session.commit()
    assert batch.status == "applied", batch.summary
    stored = db.session.scalars(sa.select(Holiday).order_by(Holiday.first)).all()
    assert [(row.first, row.last, row.kind, row.state) for row in stored] == [
        (date(2027, 2, 4), date(2027, 2, 10), "off", "expected"),
        (date(2027, 2, 13), date(2027, 2, 13), "worked", "decreed"),
    ]
    kind = BY_NAME["holidays"]
    assert len(list(kind.load(kind, None, {}))) == 2  # type: ignore[arg-type]


def test_announced_days_name_their_source_and_when_it_was_compared(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.quan)
    given = {
        "name": "Ngày thành lập tỉnh", "kind": "off", "first": "30/10/2027", "last": "", "reach": "province",
        "state": "decreed", "source": "", "checked_on": "", "note": "",
    }  # fmt: skip
    refused = client.post("/holidays/new", data=given).text
    assert "Ghi văn bản làm căn cứ" in refused
    assert "Ghi ngày đối chiếu với văn bản" in refused
    assert db.session.scalar(sa.select(Holiday.id)) is None
    full = {**given, "source": "Nghị quyết 10", "checked_on": f"{today():%d/%m/%Y}"}
    page = client.post("/holidays/new", data=full, follow_redirects=True).text
    assert "Nghị quyết 10" in page
    assert f"{today():%d/%m/%Y}" in page


def test_a_row_from_before_that_nobody_compared_is_shown_as_expected(
    client: FlaskClient, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.older"):
        db.session.add(Holiday(name="Ngày X", first=date(2027, 10, 30), last=date(2027, 10, 30), entered_by="An"))
    db.session.commit()
    login(client, people.chi)
    assert "Dự kiến: thiếu căn cứ hoặc chưa đối chiếu" in client.get("/holidays").text


def test_the_page_says_what_becomes_of_weekends(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.chi)
    shown = client.get("/holidays").text
    assert "Quyết định 188/1999/QĐ-TTg" in shown
    assert "vẫn tính vào số ngày học" in shown
