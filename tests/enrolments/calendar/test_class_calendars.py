"""A class with several calendars: everybody who may open its page sees in which of them it runs."""

from __future__ import annotations

import io
from datetime import date, timedelta

import openpyxl
import pytest
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from training.classes import cost_sheet
from training.classes.models import ClassOption, OptionSession
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.documents.papers.subjects import class_facts
from training.documents.papers.wording import short
from training.enrolments.calendar import feed
from training.enrolments.models import Enrolment
from training.enrolments.rearranging import manual
from training.needs.models import Need

ROLES = ["an", "binh", "chi", "dung", "quan", "ha", "giang", "khanh", "long"]


@pytest.fixture
def other_days(published: Published, province: Province) -> date:
    """The first day of an earlier calendar of L001, which does not run."""
    runs = published.first.options[0].sessions[0].first
    first = runs - timedelta(days=21)
    with operation(SYSTEM, "test.option") as session:
        session.add(
            ClassOption(
                code="L001-b",
                training_class=published.first,
                place=province.place_y,
                sessions=[OptionSession(first=first, last=first + timedelta(days=4))],
            )
        )
    db.session.commit()
    return first


@pytest.mark.parametrize("who", ROLES)
def test_everybody_sees_which_calendar_runs(
    client: FlaskClient, published: Published, people: People, other_days: date, who: str
) -> None:
    login(client, getattr(people, who))
    page = client.get(f"/classes/{published.first.id}").text
    runs = published.first.options[0].sessions[0].first
    table = page[page.index("<table") : page.index("</table>")]
    assert f"{runs:%d/%m/%Y}" in table
    assert "Đang mở" in table
    assert f"{other_days:%d/%m/%Y}" not in table, "it stands below, as not used"
    below = page[page.index("Phương án lịch khác, không dùng") :]
    assert f"{other_days:%d/%m/%Y}" in below
    assert "chỉ mở theo một trong" not in page


@pytest.mark.parametrize("who", ROLES)
def test_lists_tell_the_calendar_that_runs(
    client: FlaskClient, published: Published, province: Province, people: People, other_days: date, who: str
) -> None:
    login(client, getattr(people, who))
    for address in ("/classes", f"/courses/{province.basic.id}", f"/hosts/{province.host.id}"):
        answer = client.get(address)
        if answer.status_code == 200:
            assert f"{other_days:%d/%m/%Y}" not in answer.text, address


def test_before_a_plan_all_calendars_may_still_run(
    client: FlaskClient, published: Published, people: People, other_days: date
) -> None:
    with operation(SYSTEM, "test.cancel") as session:
        for seat in session.query(Enrolment).filter_by(class_id=published.first.id):
            session.delete(seat)
        session.delete(published.opened(published.first))
    db.session.commit()
    login(client, people.chi)
    page = client.get(f"/classes/{published.first.id}").text
    table = page[page.index("<table") : page.index("</table>")]
    assert f"{other_days:%d/%m/%Y}" in table
    assert "Đang mở" not in page


@pytest.mark.parametrize("who", ["chi", "long", "binh"])
def test_a_class_called_off_says_so_to_everybody(
    client: FlaskClient, published: Published, people: People, who: str
) -> None:
    manual.cancel_class(published.opened(published.first), reason="Bão số 3", actor=people.an)
    db.session.commit()
    login(client, getattr(people, who))
    page = client.get(f"/classes/{published.first.id}").text
    assert "Không mở" in page
    assert "Bão số 3" in page


def test_who_has_no_seat_reads_the_same_reason_on_the_page_of_the_class(
    client: FlaskClient, published: Published, people: People
) -> None:
    need: Need = published.wants["NV001/CV"]
    manual.take_back(published.seat("NV001/CV"), reason="Chuyển lớp", actor=people.an)
    db.session.commit()
    db.session.refresh(published.first)  # its seats are counted by the database
    with operation(SYSTEM, "test.full"):
        published.first.max_seats = published.first.seats_taken
    db.session.commit()
    login(client, people.chi)
    own, decision = client.get(f"/classes/{published.first.id}").text, client.get(f"/seats/{need.id}").text
    assert "chỗ đã hết" in own[own.index("Vì sao tôi chưa có chỗ") :]
    row = decision[decision.index("L001 ·") :]
    assert "chỗ đã hết" in row[: row.index("</tr>")]


@pytest.mark.parametrize("who", ["an", "chi", "long", "binh"])
def test_a_class_called_off_has_no_calendar_that_may_still_run(
    client: FlaskClient, published: Published, people: People, other_days: date, who: str
) -> None:
    """Neither on its page, nor in lists: the calendars are no alternatives any more."""
    manual.cancel_class(published.opened(published.first), reason="Bão số 3", actor=people.an)
    db.session.commit()
    login(client, getattr(people, who))
    page = client.get(f"/classes/{published.first.id}").text
    assert "chỉ mở theo một trong" not in page
    assert "không có phương án lịch nào được thực hiện" in page
    for address in ("/classes", f"/courses/{published.first.course_id}"):
        found = client.get(address).text
        row = found[found.index(">L001<") :]
        row = row[: row.index("</tr>")]
        assert "không mở" in row
        assert f"{other_days:%d/%m/%Y}" not in row


def test_page_feed_papers_and_sheet_tell_one_calendar(
    client: FlaskClient, published: Published, people: People, other_days: date
) -> None:
    """What a trainee's feed says of a class, its page, its cost sheet and its opening paper say too."""
    seat = published.seat("NV001/CV")
    made = seat.training_class
    runs = published.opened(made).option.runs
    first = runs[0].first
    login(client, people.chi)
    page = client.get(f"/classes/{made.id}").text
    assert f"{first:%d/%m/%Y}" in page[page.index("<table") : page.index("</table>")]
    token = feed.new_address(seat.employee_id, actor=people.an)
    db.session.commit()
    calendar = client.get(f"/calendar/{token}.ics").text
    assert f"DTSTART;VALUE=DATE:{first:%Y%m%d}" in calendar
    sheet = openpyxl.load_workbook(io.BytesIO(cost_sheet.workbook(made, 5))).active
    assert sheet is not None
    words = " ".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None)
    facts = class_facts(made, published.opened(made).option)
    assert f"khai giảng {first:%d/%m/%Y}" in words
    assert facts["tu_ngay"] == short(first)
    for text in (calendar, words, str(facts)):
        assert f"{other_days:%d/%m/%Y}" not in text
        assert f"{other_days:%Y%m%d}" not in text
