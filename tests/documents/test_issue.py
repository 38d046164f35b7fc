"""Papers are numbered without gaps, filled in from the rows, frozen, replaced and revoked, never changed."""

from __future__ import annotations

import hashlib
import threading

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import login
from tests.documents.conftest import Office, words
from training.core.access import ALL
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.documents import numbering, operations, queries
from training.documents.models import Document, DocumentState, Paper
from training.enrolments.rearranging import manual


def test_a_summons_says_who_where_and_when(office: Office) -> None:
    seat = office.published.seat("NV001/CV")
    made = office.issue(Paper.SUMMONS, seat.id)
    text = words(made.content)
    assert made.symbol == "01/GTT-SNV"
    assert "Trần Thị Chi" in text
    assert "Phường Hồng Gai" in text
    assert "SỞ NỘI VỤ" in text
    assert "KT. GIÁM ĐỐC" in text
    assert "PHÓ GIÁM ĐỐC" in text
    first = seat.option.sessions[0].first
    assert f"{first:%d}/{first.month}/{first.year}" in text or f"{first:%d/%m/%Y}" in text
    assert "{{" not in text
    assert "{%" not in text
    assert made.sha256 == hashlib.sha256(made.content).hexdigest()
    assert office.published.plan.told_at is not None  # publishing cannot be undone any more


def test_numbers_run_on_for_each_kind(office: Office) -> None:
    first = office.issue(Paper.SUMMONS, office.published.seat("NV001/CV").id)
    opening = office.issue(Paper.OPENING_DECISION, office.published.first.id)
    second = office.issue(Paper.SUMMONS, office.published.seat("NV002/CV").id)
    sheet = office.issue(Paper.TRAINEE_LIST, office.published.first.id)
    assert [first.number, second.number] == [1, 2]
    assert (opening.symbol, sheet.number) == ("01/QĐ-SNV", None)
    assert office.published.first.opening_paper == "01/QĐ-SNV"
    assert [(line.last, line.papers) for line in queries.registers()] == [(1, 1), (2, 2)]


def test_a_refused_paper_takes_no_number(office: Office) -> None:
    seat = office.published.seat("NV001/CV")
    office.issue(Paper.SUMMONS, seat.id)
    with pytest.raises(Refused, match=r"thay thế|replaced"):
        operations.issue(Paper.SUMMONS, seat.id, office.terms(), actor=office.people.an, scope=ALL)
    db.session.rollback()
    assert numbering.last_number(office.issuer.id, Paper.SUMMONS, today().year) == 1


def test_a_later_paper_takes_the_place_of_one_in_force(office: Office) -> None:
    seat = office.published.seat("NV001/CV")
    old = office.issue(Paper.SUMMONS, seat.id)
    frozen = old.content
    new = office.issue(Paper.SUMMONS, seat.id, reason="Đổi hội trường")
    db.session.refresh(old)
    assert (old.state, old.replaced_by_id, old.state_reason) == (DocumentState.REPLACED, new.id, "Đổi hội trường")
    assert (new.state, new.number) == (DocumentState.ISSUED, 2)
    assert old.content == frozen


def test_the_database_lets_nobody_change_or_delete_a_paper(office: Office) -> None:
    made = office.issue(Paper.TRAINEE_LIST, office.published.first.id)
    for statement in (
        "UPDATE document SET content = 'x' WHERE id = :id",
        "UPDATE document SET symbol = '99/QĐ' WHERE id = :id",
        "DELETE FROM document WHERE id = :id",
    ):
        with pytest.raises(sa.exc.DBAPIError, match="frozen"), db.engine.begin() as connection:
            connection.execute(sa.text(statement), {"id": made.id})


def test_a_paper_that_was_issued_stays_as_it_was_when_the_rows_change(office: Office) -> None:
    seat = office.published.seat("NV001/CV")
    made = office.issue(Paper.SUMMONS, seat.id)
    with operations.operation(office.people.an, "test.rename"):
        seat.employee.name = "Trần Thị Mới"
    db.session.commit()
    db.session.expire_all()
    assert "Trần Thị Chi" in words(made.content)


def test_two_at_once_get_two_numbers(app: Flask, office: Office) -> None:
    seats = [office.published.seat(name).id for name in ("NV001/CV", "NV002/CV")]
    issuer_id, signer_id, user_id = office.issuer.id, office.signer.id, office.people.an.id
    got: list[int | None] = []

    def one(seat_id: int) -> None:
        with app.app_context():
            signer = db.session.get_one(operations.Signer, signer_id)
            terms = operations.Terms(db.session.get_one(operations.Issuer, issuer_id), signer, today())
            user = db.session.get_one(type(office.people.an), user_id)
            got.append(operations.issue(Paper.SUMMONS, seat_id, terms, actor=user, scope=ALL).number)
            db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=one, args=(seat_id,)) for seat_id in seats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(number or 0 for number in got) == [1, 2]


def test_a_plan_decision_counts_attendances_and_persons(office: Office) -> None:
    made = office.issue(Paper.PLAN_DECISION, office.published.plan.id)
    text = words(made.content)
    seats = office.published.seats()
    persons = {name.split("/")[0] for name in seats}
    assert f"{len(seats)} lượt học viên ({len(persons)} người)" in text
    assert "Phụ lục I" in text
    assert "Phường Hồng Gai" in text


def test_what_is_not_so_far_is_refused(office: Office) -> None:
    for kind in (Paper.RECOGNITION, Paper.CERTIFICATE_REGISTER):
        with pytest.raises(Refused):
            office.issue(kind, office.published.first.id)
        db.session.rollback()


def test_readers_see_their_own_papers_alone(client: FlaskClient, office: Office) -> None:
    mine = office.issue(Paper.SUMMONS, office.published.seat("NV001/CV").id).id
    other = office.issue(Paper.SUMMONS, office.published.seat("NV002/CV").id).id
    people_of_both = office.issue(Paper.TRAINEE_LIST, office.published.first.id).id
    expected = {
        "chi": {mine}, "dung": {other}, "binh": {mine}, "an": {mine, other, people_of_both},
        "giang": {mine, other, people_of_both},
    }  # fmt: skip
    for name, seen in expected.items():
        login(client, getattr(office.people, name))
        opened = {i for i in (mine, other, people_of_both) if client.get(f"/papers/{i}").status_code == 200}
        fetched = {i for i in (mine, other, people_of_both) if client.get(f"/papers/{i}/file").status_code == 200}
        assert (name, opened, fetched) == (name, seen, seen)
    login(client, office.people.chi)
    assert "01/GTT-SNV" in client.get("/my-papers").text


def test_issuing_by_the_form(client: FlaskClient, office: Office) -> None:
    login(client, office.people.an)
    class_id = office.published.first.id
    address = f"/papers/issue/opening_decision/{class_id}"
    form = {
        "signer_id": office.signer.id,
        "issued_on": f"{today():%d/%m/%Y}",
        "grounds": "Căn cứ Luật;\r\nCăn cứ kế hoạch;",
    }
    assert "Căn cứ Luật Viên chức" in client.get(address).text
    preview = client.post(address, data={**form, "preview": "1"})
    assert "DỰ THẢO" in words(preview.data)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Document)) == 0
    issued = client.post(address, data=form, follow_redirects=True)
    assert "01/QĐ-SNV" in issued.text
    made = db.session.scalars(sa.select(Document)).one()
    assert "Căn cứ kế hoạch;" in words(made.content)
    assert client.get(f"/classes/{class_id}/papers").status_code == 200
    assert client.get(f"/plans/{office.published.plan.id}/papers").status_code == 200
    revoked = client.post(f"/papers/{made.id}/revoke", data={"reason": "Nhầm ngày"}, follow_redirects=True)
    assert "Nhầm ngày" in revoked.text
    db.session.expire_all()
    assert made.state == DocumentState.REVOKED


def test_the_letter_of_whoever_is_sent_instead_names_the_letter_that_it_follows(office: Office) -> None:
    seat = office.published.seat("NV001/CV")
    old = office.issue(Paper.SUMMONS, seat.id)
    assert "Đi thay" not in words(old.content)
    instead = office.published.wants["NV005/CV"].employee
    made = manual.substitute(seat, instead, reason="Nghỉ ốm", actor=office.people.binh)
    db.session.commit()
    text = words(office.issue(Paper.SUMMONS, made.id).content)
    assert f"Đi thay: Trần Thị Chi (Giấy triệu tập số {old.symbol} ngày {today():%d/%m/%Y}" in text
