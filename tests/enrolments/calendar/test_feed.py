"""The calendar feed as another library reads it: moved and cancelled classes arrive as updates of one event."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import vobject
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from training.classes.models import ClassOption, OptionSession
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.enrolments.calendar import feed
from training.enrolments.rearranging import manual, reschedule, responses
from training.enrolments.waiting_list import promotion
from training.people.models import Employee


@pytest.fixture
def tokens(published: Published, people: People) -> dict[str, str]:
    """Code → secret, of everybody in the published plan."""
    found = {
        person.code: feed.new_address(person.id, actor=people.an)
        for person in db.session.query(Employee).order_by(Employee.id)
    }
    db.session.commit()
    return found


def read(client: FlaskClient, token: str) -> dict[str, Any]:
    """UID → event, by vobject; as a program without a session fetches it."""
    client.delete_cookie("session")
    answer = client.get(f"/calendar/{token}.ics")
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    calendar = vobject.readOne(answer.text)
    return {event.uid.value: event for event in calendar.contents.get("vevent", [])}


def facts(event: Any) -> tuple[date, date, str, int]:
    return event.dtstart.value, event.dtend.value, event.status.value, int(event.sequence.value)


def _move(published: Published, province: Province, people: People, runs: list[tuple[int, int]]) -> ClassOption:
    """L003 gets other days, counted from its first one."""
    first = published.second.options[0].sessions[0].first
    with operation(SYSTEM, "test.option"):
        option = ClassOption(
            code=f"L003-{len(published.second.options)}", place=province.place_y,
            sessions=[
                OptionSession(first=first + timedelta(days=a), last=first + timedelta(days=b)) for a, b in runs
            ],
        )  # fmt: skip
        published.second.options.append(option)
    db.session.commit()
    opened = published.opened(published.second)
    reschedule.move_class(opened, option.id, leaving=[], reason="Hội trường hỏng", actor=people.an)
    db.session.commit()
    return option


def test_each_run_of_days_is_an_event_in_vietnamese(
    client: FlaskClient, published: Published, province: Province, tokens: dict[str, str]
) -> None:
    events = read(client, tokens["NV001"])
    assert len(events) == 2
    session = published.first.options[0].sessions[0]
    uid = next(uid for uid in events if f"class-{published.first.id}-" in uid)
    assert facts(events[uid]) == (session.first, session.last + timedelta(days=1), "CONFIRMED", 0)
    assert events[uid].summary.value == province.basic.name
    assert events[uid].location.value == "Hạ Long"
    assert "L001" in events[uid].description.value
    assert "Trường Chính trị tỉnh" in events[uid].description.value


def test_an_untouched_feed_is_the_same_to_the_byte(client: FlaskClient, tokens: dict[str, str]) -> None:
    first = client.get(f"/calendar/{tokens['NV001']}.ics")
    second = client.get(f"/calendar/{tokens['NV001']}.ics")
    assert first.data == second.data
    assert b"Qu\xe1\xba\xa3n l\xc3\xbd" in first.data
    again = client.get(f"/calendar/{tokens['NV001']}.ics", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_moved_class_is_the_same_event_on_other_days_and_others_see_nothing(
    client: FlaskClient, published: Published, province: Province, people: People, tokens: dict[str, str]
) -> None:
    before = {code: client.get(f"/calendar/{token}.ics").data for code, token in tokens.items()}
    (uid,) = read(client, tokens["NV003"])
    option = _move(published, province, people, [(70, 74)])
    events = read(client, tokens["NV003"])
    assert set(events) == {uid}
    first = option.sessions[0].first
    assert facts(events[uid]) == (first, first + timedelta(days=5), "CONFIRMED", 1)
    assert events[uid].location.value == "Cẩm Phả"
    after = {code: client.get(f"/calendar/{token}.ics").data for code, token in tokens.items()}
    assert {code for code in tokens if before[code] != after[code]} == {"NV003", "NV004"}


def test_a_class_with_fewer_runs_cancels_those_that_are_gone(
    client: FlaskClient, published: Published, province: Province, people: People, tokens: dict[str, str]
) -> None:
    _move(published, province, people, [(70, 71), (77, 78)])
    read(client, tokens["NV003"])
    _move(published, province, people, [(84, 88)])
    events = sorted(read(client, tokens["NV003"]).items())
    assert [event.status.value for _uid, event in events] == ["CONFIRMED", "CANCELLED"]
    assert [int(event.sequence.value) for _uid, event in events] == [1, 1]


def test_a_class_called_off_and_a_seat_given_back_are_cancelled_events(
    client: FlaskClient, published: Published, people: People, tokens: dict[str, str]
) -> None:
    before = read(client, tokens["NV001"])
    manual.cancel_class(published.opened(published.first), reason="Trường sửa chữa", actor=people.an)
    responses.decline(published.seat("NV003/CV"), reason="Bận", actor=people.binh)
    db.session.commit()
    after = read(client, tokens["NV001"])
    assert set(after) == set(before)
    changed = {uid for uid in after if facts(after[uid]) != facts(before[uid])}
    (uid,) = changed
    start, end, _status, _sequence = facts(before[uid])
    assert facts(after[uid]) == (start, end, "CANCELLED", 1)
    assert read(client, tokens["NV003"]) == {}, "never fetched before: nothing to take back"


def test_an_offer_is_tentative_and_a_seat_won_again_is_the_same_event(
    client: FlaskClient, published: Published, people: People, tokens: dict[str, str]
) -> None:
    ((uid, event),) = read(client, tokens["NV003"]).items()
    assert facts(event)[2:] == ("CONFIRMED", 0)
    seat = published.seat("NV003/CV")
    manual.take_back(seat, reason="Nhầm", actor=people.an)
    manual.offer_again(seat, actor=people.an)
    db.session.commit()
    assert facts(read(client, tokens["NV003"])[uid])[2:] == ("CANCELLED", 1)
    promotion.promote(published.second.id, actor=SYSTEM)
    db.session.commit()
    assert facts(read(client, tokens["NV003"])[uid])[2:] == ("TENTATIVE", 2)
    responses.accept(published.seat("NV003/CV"), actor=people.an)
    db.session.commit()
    assert facts(read(client, tokens["NV003"])[uid])[2:] == ("CONFIRMED", 3)


def _address(page: str) -> str:
    return page.split("/calendar/")[1].split(".ics", maxsplit=1)[0]


def test_the_address_is_secret_outlives_a_reload_and_ends_only_when_asked(
    client: FlaskClient, published: Published, people: People
) -> None:
    login(client, people.chi)
    answer = client.post("/my-classes/feed")
    assert answer.status_code == 302
    shown = client.get(answer.headers["Location"])
    assert "no-store" in shown.headers["Cache-Control"]
    token = _address(shown.text)
    assert len(token) > 40
    assert _address(client.get("/my-classes/feed").text) == token, "loaded again, the same"
    stored = db.session.execute(sa.text("SELECT * FROM calendar_feed")).one()
    assert token not in str(stored)
    assert len(read(client, token)) == 2
    assert client.get("/calendar/khong-co.ics").status_code == 404
    login(client, people.chi)
    asked = client.post("/my-classes/feed", follow_redirects=True).text  # sent again, or a second tab
    assert "sẽ không dùng được nữa" in asked
    assert len(read(client, token)) == 2, "nobody asked for its end"
    login(client, people.chi)
    named = re.search(r'name="replaces" value="([^"]+)"', asked)
    assert named is not None
    assert client.post("/my-classes/feed", data={"replaces": named[1]}).status_code == 302
    second = _address(client.get("/my-classes/feed").text)
    assert second != token
    client.post("/my-classes/feed", data={"replaces": named[1]})  # the same form once more
    assert _address(client.get("/my-classes/feed").text) == second
    assert client.get(f"/calendar/{token}.ics").status_code == 404
    client.post("/my-classes/feed/end", data={"confirmed": "1"})
    assert client.get(f"/calendar/{second}.ics").status_code == 404


def test_what_is_called_off_says_so_in_its_title_and_goes_after_a_time(
    client: FlaskClient,
    published: Published,
    people: People,
    tokens: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = read(client, tokens["NV001"])
    titles = {event.summary.value for event in before.values()}
    manual.cancel_class(published.opened(published.first), reason="Trường sửa chữa", actor=people.an)
    db.session.commit()
    after = read(client, tokens["NV001"])
    (off,) = [event for event in after.values() if event.status.value == "CANCELLED"]
    assert off.summary.value.startswith("ĐÃ HỦY: ")
    assert off.summary.value.removeprefix("ĐÃ HỦY: ") in titles
    assert off.transp.value == "TRANSPARENT"
    assert not hasattr(off, "valarm")
    assert read(client, tokens["NV001"])[off.uid.value].sequence.value == off.sequence.value, "once"
    last = off.dtend.value
    monkeypatch.setattr(feed, "today", lambda: last + timedelta(days=59))
    assert off.uid.value in read(client, tokens["NV001"])
    monkeypatch.setattr(feed, "today", lambda: last + timedelta(days=60))
    kept = read(client, tokens["NV001"])
    assert off.uid.value not in kept
    assert len(kept) == 1, "classes that are held stay"


def test_whoever_left_has_no_calendar_any_more(
    client: FlaskClient, people: People, tokens: dict[str, str]
) -> None:
    with operation(SYSTEM, "test.left"):
        people.chi.active = False
    db.session.commit()
    assert client.get(f"/calendar/{tokens['NV001']}.ics").status_code == 404
