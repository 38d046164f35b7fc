"""Closing a book: what is seen before, what is missing, and by whose hands."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import login, make_user
from tests.results.conftest import Held, host_signer
from training.accounts.models import User, user_host
from training.core.access import Role
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.results import queries, recognition
from training.results.certificates import registry
from training.results.models import BookState, FourEyes


def _marked(held: Held) -> None:
    held.mark_all()
    for seat in held.seats:
        held.score(seat, *(("4", "8") if seat is held.dung else ("7", None) if seat is held.chi else ("7", "8")))


def test_the_preview_says_who_passes_who_does_not_why_and_what_is_missing(client: FlaskClient, held: Held) -> None:
    _marked(held)
    login(client, held.people.long)
    address = f"/class-books/{held.opened.class_id}/results"
    page = client.get(address).text
    assert "Còn thiếu 1 điểm của 1 người" in page
    assert "6/8 người đạt, 2 người không đạt" in page
    names = ("Trần Thị Chi", "Lê Văn Dũng", "Ngô Văn 1")
    rows = {name: page.split(name)[1].split("</tr>")[0] for name in names}
    assert "Bài thu hoạch: không có điểm" in rows["Trần Thị Chi"]
    assert "phải từ 5" in rows["Lê Văn Dũng"]
    assert "Khá" in rows["Ngô Văn 1"]
    seen = re.findall(r'name="seen" value="(\w+)"', page)[0]
    assert (
        "Còn thiếu 1 điểm"
        in client.post(address, data={"confirmed": "1", "seen": seen}, follow_redirects=True).text
    )
    assert queries.book_state(held.opened.class_id) == BookState.RUNNING
    held.score(held.dung, "6", "8")  # by somebody else, meanwhile
    changed = client.post(
        address, data={"confirmed": "1", "seen": seen, "without_scores": "1"}, follow_redirects=True
    ).text
    assert "đã thay đổi từ khi mở trang này" in changed
    assert queries.book_state(held.opened.class_id) == BookState.RUNNING
    seen = re.findall(r'name="seen" value="(\w+)"', client.get(address).text)[0]
    client.post(address, data={"confirmed": "1", "seen": seen, "without_scores": "1"})
    assert queries.book_state(held.opened.class_id) == BookState.ENTERED
    assert [held.result(seat).passed for seat in (held.chi, held.dung)] == [False, True]


def test_before_the_class_is_marked_the_preview_shows_how_it_stands(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    page = client.get(f"/class-books/{held.opened.class_id}/results").text
    assert "Còn thiếu 16 điểm của 8 người" in page
    assert "Chốt kết quả</button>" not in page


@pytest.fixture
def second(held: Held) -> User:
    """A second account of the host."""
    with operation(SYSTEM, "test.second"):
        made = make_user("mai", "Đinh Thị Mai", Role.HOST)
        db.session.flush()
        db.session.execute(
            sa.insert(user_host).values(user_id=made.id, host_id=held.opened.training_class.host_id)
        )
    db.session.commit()
    return made


def _set(held: Held, setting: FourEyes) -> None:
    with operation(SYSTEM, "test.setting"):
        held.rule.four_eyes = setting
    db.session.commit()


def _decision(held: Held) -> dict[str, object]:
    signer = host_signer(held.opened.training_class.host)
    return {"number": "12/QĐ-TCT", "decided_on": today(), "signer_id": signer.id}


def test_with_two_accounts_of_the_host_the_three_steps_are_different_peoples(
    client: FlaskClient, held: Held, second: User
) -> None:
    long = held.people.long
    held.finish()  # by Long
    with pytest.raises(Refused, match="người thứ hai"):
        recognition.recognise(held.opened, _decision(held), actor=long)
    db.session.rollback()
    login(client, long)
    address = f"/class-books/{held.opened.class_id}"
    form = {**_decision(held), "decided_on": f"{today():%d/%m/%Y}"}
    assert "người thứ hai" in client.post(f"{address}/recognise", data=form).text
    recognition.recognise(held.opened, _decision(held), actor=second)
    db.session.commit()
    with pytest.raises(Refused, match="chính bạn đã công nhận"):
        registry.issue(held.opened, actor=second)
    db.session.rollback()
    assert "Đinh Thị Mai" in client.get(f"{address}/results").text
    registry.issue(held.opened, actor=long)
    db.session.commit()
    (entry,) = registry.living_entries(held.opened.class_id, held.chi.id)
    with pytest.raises(Refused, match="chính bạn đã công nhận"):
        registry.confirm(entry, reason="Mất", actor=second)


@pytest.mark.parametrize(("setting", "refused"), [(FourEyes.NEVER, False), (FourEyes.ALWAYS, True)])
def test_the_setting_is_data(held: Held, second: User, setting: FourEyes, refused: bool) -> None:
    _set(held, setting)
    held.finish()
    if refused:
        with pytest.raises(Refused):
            recognition.recognise(held.opened, _decision(held), actor=held.people.long)
    else:
        recognition.recognise(held.opened, _decision(held), actor=held.people.long)


def test_alone_one_account_does_it_unless_it_is_always_asked(held: Held) -> None:
    held.finish()
    _set(held, FourEyes.ALWAYS)
    with pytest.raises(Refused):
        recognition.recognise(held.opened, _decision(held), actor=held.people.long)
    db.session.rollback()
    _set(held, FourEyes.POSSIBLE)
    held.recognise()


def test_the_page_of_rules_shows_and_keeps_the_setting(client: FlaskClient, held: Held) -> None:
    login(client, held.people.an)
    assert "Khi cơ sở đào tạo có từ hai tài khoản" in client.get("/result-rules").text
    page = client.get(f"/result-rules/{held.rule.id}/edit")
    assert 'name="four_eyes"' in page.text
