"""Until when offers are held: working days, office hours, the last day of entry; and the term as data."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from training.classes.models import OptionSession
from training.core.audit import SYSTEM, utcnow
from training.core.db import db
from training.core.i18n import ZONE, today
from training.enrolments.models import EnrolmentState
from training.enrolments.rearranging import manual, responses
from training.enrolments.waiting_list import offer_terms, promotion
from training.enrolments.waiting_list.offer_terms import Term, end_of_offer
from training.holidays.work_calendar import WorkCalendar

# Friday 30 April 2027 is off, and Monday 3 May in place of Saturday the 1st.
CALENDAR = WorkCalendar(off=dict.fromkeys([date(2027, 4, 30), date(2027, 5, 1), date(2027, 5, 3)], "Lễ"))


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "last_entry", "ends"),
    [
        # Three working days after today, at the close of the office.
        (at(4, 12, 9), date(2027, 6, 1), at(4, 15, 17)),
        (at(4, 12, 23), date(2027, 6, 1), at(4, 15, 17)),
        (at(4, 16, 15), date(2027, 6, 1), at(4, 21, 17)),  # Friday → Wednesday
        (at(4, 17, 3), date(2027, 6, 1), at(4, 21, 17)),  # Saturday, in the night
        (at(4, 28, 9), date(2027, 6, 1), at(5, 5, 17)),  # over the holidays
        # Entry ends before.
        (at(4, 12, 9), date(2027, 4, 14), at(4, 14, 17)),
        (at(4, 15, 9), date(2027, 4, 18), at(4, 16, 17)),  # a Sunday: the Friday before it
        (at(4, 28, 9), date(2027, 5, 3), at(4, 29, 17)),  # a holiday
        # The last day of entry is today, or the weekend has come.
        (at(4, 14, 9), date(2027, 4, 14), at(4, 14, 17)),
        (at(4, 14, 15), date(2027, 4, 14), at(4, 14, 21)),
        (at(4, 14, 20), date(2027, 4, 14), at(4, 14, 23, 59)),
        (at(4, 17, 9), date(2027, 4, 18), at(4, 18, 17)),
        (at(4, 16, 16), date(2027, 4, 18), at(4, 18, 17)),
        # Entry is over (an act that was undone): the day is all that is left.
        (at(4, 14, 9), date(2027, 4, 10), at(4, 14, 17)),
    ],
)
def test_an_offer_ends_at_the_close_of_a_working_day_within_the_days_of_entry(
    now: datetime, last_entry: date, ends: datetime
) -> None:
    assert end_of_offer(last_entry, now, Term(), CALENDAR) == ends


def _free_a_seat(published: Published, people: People) -> None:
    responses.decline(published.seat("NV003/CV"), reason="Bận", actor=people.chi)
    db.session.commit()


def _begin(published: Published, first: date, last: date) -> None:
    run = published.second.options[0].sessions[0]
    db.session.execute(sa.update(OptionSession).where(OptionSession.id == run.id).values(first=first, last=last))
    db.session.commit()
    db.session.expire_all()


def test_an_offer_in_a_class_that_has_begun_lives_until_entry_ends_and_can_be_taken_up_or_refused(
    client: FlaskClient, published: Published, people: People
) -> None:
    _free_a_seat(published, people)
    _begin(published, today() - timedelta(days=2), today() + timedelta(days=40))
    opened = published.opened(published.second)
    manual.set_last_entry(opened, today() + timedelta(days=30), actor=people.an)
    db.session.commit()
    assert promotion.promote(published.second.id, actor=SYSTEM) == 1
    db.session.commit()
    seat = published.seat("NV005/CV")
    assert seat.offer_ends_at is not None
    assert seat.offer_ends_at - utcnow() > timedelta(days=2)
    ends = seat.offer_ends_at.astimezone(ZONE)
    assert (ends.hour, ends.minute) == (17, 0)
    login(client, people.an)
    listed = client.get("/answers").text
    assert "Nguyễn Thị Số 5" in listed  # their officer may answer for them
    page = client.get(f"/seats/{published.wants['NV005/CV'].id}").text
    assert "vẫn nhận người" in page
    responses.decline(seat, reason="Không đi được", actor=people.chi)
    db.session.commit()
    assert promotion.promote(published.second.id, actor=SYSTEM) == 1
    responses.accept(published.seat("NV006/CV"), actor=people.chi)
    db.session.commit()
    assert published.seat("NV006/CV").state == EnrolmentState.ENROLLED


def test_nobody_is_offered_a_seat_after_the_last_day_of_entry(published: Published, people: People) -> None:
    _free_a_seat(published, people)
    _begin(published, today() - timedelta(days=5), today() + timedelta(days=40))
    manual.set_last_entry(published.opened(published.second), today() - timedelta(days=1), actor=people.an)
    db.session.commit()
    assert promotion.promote(published.second.id, actor=SYSTEM) == 0


def test_an_earlier_last_day_of_entry_shortens_open_offers(published: Published, people: People) -> None:
    _free_a_seat(published, people)
    assert promotion.promote(published.second.id, actor=SYSTEM) == 1
    before = published.seat("NV005/CV").offer_ends_at
    opened = published.opened(published.second)
    manual.set_last_entry(opened, today(), actor=people.an)
    db.session.commit()
    after = published.seat("NV005/CV").offer_ends_at
    assert after is not None
    assert before is not None
    assert after < before
    assert after.astimezone(ZONE).date() == today()


def test_the_term_is_data_from_a_day_on(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.an)
    given = {"valid_from": f"{today():%d/%m/%Y}", "working_days": "5", "hour": "16", "source": "QĐ 12"}
    assert "QĐ 12" in client.post("/offer-terms/new", data=given, follow_redirects=True).text
    assert offer_terms.term_on(today()) == Term(5, 16)
    assert offer_terms.term_on(today() - timedelta(days=1)) == Term()
    refused = client.post("/offer-terms/new", data={**given, "working_days": "0", "valid_from": "01/01/2030"})
    assert "Từ 1 đến 60 ngày làm việc." in refused.text
    far = offer_terms.offer_end(date(2050, 1, 1))
    assert far.astimezone(ZONE).hour == 16
