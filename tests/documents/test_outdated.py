"""A letter that no longer says what is true says so everywhere, and is issued anew by one act."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient

from tests.conftest import Province, login
from tests.documents.conftest import Office, words
from tests.documents.test_batches import ask, letters, work
from training.classes.models import ClassOption, OptionSession
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.documents import outdated
from training.documents.models import Document, DocumentState, Paper
from training.enrolments.rearranging import manual, reschedule


def _move(office: Office, province: Province) -> None:
    published = office.published
    first = published.second.options[0].sessions[0].first + timedelta(days=70)
    with operation(SYSTEM, "test.option"):
        option = ClassOption(
            code="L003-b", place=province.place_y,
            sessions=[OptionSession(first=first, last=first + timedelta(days=4))],
        )  # fmt: skip
        published.second.options.append(option)
    db.session.commit()
    opened = published.opened(published.second)
    reschedule.move_class(opened, option.id, leaving=[], reason="Hội trường hỏng", actor=office.people.an)
    db.session.commit()


def test_letters_of_a_class_that_was_moved(client: FlaskClient, office: Office, province: Province) -> None:
    first_batch = ask(office).id
    work(first_batch)
    old = next(row for row in letters(first_batch) if row.class_id == office.published.second.id)
    old_id, code = old.id, old.code
    assert "Giấy thật, đang có hiệu lực" in client.get(f"/xac-minh/{code}").text
    _move(office, province)
    public = client.get(f"/xac-minh/{code}").text
    assert "lớp đã đổi ngày hoặc nơi học" in public
    assert "đang có hiệu lực" not in public
    login(client, office.people.an)
    for address in (f"/papers/{old_id}", "/papers"):
        assert "lớp đã đổi ngày hoặc nơi học" in client.get(address).text
    plan, class_id = office.published.plan, office.published.second.id
    for address in (f"/plans/{plan.id}/papers", f"/classes/{class_id}/papers"):
        page = client.get(address).text
        assert "2 người giữ giấy không còn đúng" in page
        assert "Cấp lại" in page
    again = ask(office).id
    work(again)
    made = letters(again)
    assert len(made) == 2, "the letters of other classes are right"
    before = db.session.get_one(Document, old_id)
    new = next(row for row in made if row.enrolment_id == before.enrolment_id)
    assert (before.state, before.replaced_by_id) == (DocumentState.REPLACED, new.id)
    assert new.number != before.number
    assert f"thay cho Giấy triệu tập số {before.symbol}" in words(new.content)
    assert "Cẩm Phả" in words(new.content)
    assert outdated.count(plan=office.published.plan).total == 0


def test_the_letter_of_a_seat_that_ended(client: FlaskClient, office: Office) -> None:
    made = office.issue(Paper.SUMMONS, office.published.seat("NV003/CV").id)
    made_id, code = made.id, made.code
    manual.take_back(office.published.seat("NV003/CV"), reason="Trùng công tác", actor=office.people.an)
    db.session.commit()
    public = client.get(f"/xac-minh/{code}").text
    assert "Không còn giá trị" in public
    assert "Trùng công tác" not in public
    login(client, office.people.an)
    assert "Không còn giá trị" in client.get(f"/papers/{made_id}").text
    assert "1 người giữ giấy không còn đúng" in client.get(f"/plans/{office.published.plan.id}/papers").text
