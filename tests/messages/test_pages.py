"""Who sees which messages; what is held on somebody, given out, and put right."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import date

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from tests.conftest import People, Province, login
from tests.test_same_instant import meet
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import Base, db
from training.core.errors import Refused
from training.labels.fields import field_label
from training.labels.records import entity_label
from training.messages import queries
from training.messages.mail import sending
from training.messages.models import (
    Channel,
    CorrectionRequest,
    DataCorrectionState,
    KindSetting,
    MailChoice,
    Message,
    MessageState,
)
from training.messages.operations import answer_correction, ask_correction
from training.messages.outbox import tell_people
from training.messages.own_data import _LEFT_OUT, _ways
from training.people.models import Absence, SensitiveRecord
from training.people.operations import save_employee

FACTS = {"about": "Ngày sinh", "answer": "Đã đối chiếu giấy khai sinh", "done": True}


@pytest.fixture
def told(province: Province, people: People) -> list[Message]:
    """Chi and Dũng were told the same, about one class."""
    tell_people(
        [province.chi.id, province.dung.id], "messages.correction_answered", "k1", FACTS, "/my-data",
        about=[f"class/{province.class_basic.id}"],
    )  # fmt: skip
    db.session.commit()
    sending.send_due()
    return list(db.session.scalars(sa.select(Message).order_by(Message.id)))


def test_everybody_reads_their_own_messages_alone(
    client: FlaskClient, people: People, told: list[Message]
) -> None:
    login(client, people.chi)
    page = client.get("/my-messages").text
    assert "đã được sửa: Đã đối chiếu giấy khai sinh" in page
    assert page.count("<tr>") == 3, "the heading, the message on the site, and the mail"
    for message in told:
        status = client.get(f"/messages/{message.id}").status_code
        assert status == (200 if message.user_id == people.chi.id else 404)


def test_officers_see_what_their_people_were_told(
    client: FlaskClient, people: People, told: list[Message]
) -> None:
    login(client, people.binh)
    page = client.get("/messages").text
    assert "Trần Thị Chi" in page
    assert "Lê Văn Dũng" not in page
    login(client, people.quan)
    page = client.get("/messages").text
    assert "Trần Thị Chi" in page
    assert "Lê Văn Dũng" in page


def test_the_record_is_searched_and_narrowed_to_a_class(
    client: FlaskClient, province: Province, people: People, told: list[Message]
) -> None:
    login(client, people.an)
    assert "Lê Văn Dũng" not in client.get("/messages?q=tran+thi").text
    assert "Lê Văn Dũng" in client.get(f"/messages?about=class/{province.class_basic.id}").text
    assert "Lê Văn Dũng" not in client.get(f"/messages?about=class/{province.class_advanced.id}").text
    assert "Lê Văn Dũng" not in client.get("/messages?state=failed").text


def test_the_delivery_page_counts(client: FlaskClient, people: People, told: list[Message]) -> None:
    login(client, people.an)
    assert client.get("/messages/delivery/progress").json == {
        "working": False, "status": "0 thư chờ gửi", "done": 2, "total": 2,
    }  # fmt: skip
    page = client.get("/messages/delivery").text
    assert "Chưa cấu hình máy chủ thư" in page
    assert "Trả lời đề nghị sửa hồ sơ" in page
    # Without a mail server nothing was sent: neither the figures nor the lines say otherwise.
    assert "Chưa gửi qua thư: chưa cấu hình máy chủ thư" in page
    line = page.split("Trả lời đề nghị sửa hồ sơ")[1].split("</tr>")[0]
    assert re.findall(r">([^<]*)</td>", line) == ["2", "2", "–"]  # mails, not sent by mail, last one sent at
    heads = re.findall(r"<th[^>]*>([^<]*)</th>", page.split("<thead>")[-1].split("</thead>")[0])
    assert heads[2:] == ["Số thư", "Chưa gửi qua thư: chưa cấu hình máy chủ thư", "Thư cuối gửi lúc"]
    assert "Gửi lúc" not in client.get(f"/messages/{told[0].id}").text or told[0].channel == Channel.SITE


def test_the_figures_of_the_delivery_page_agree(client: FlaskClient, people: People, told: list[Message]) -> None:
    """However the mails fared: a line adds up to its mails, the lines add up to the figures."""
    mails = [message for message in told if message.channel == Channel.MAIL]
    mails[0].state, mails[0].note = MessageState.FAILED, "550"
    db.session.commit()
    (line,) = queries.sendings()
    assert sum(line.counts.values()) == line.total == len(mails)
    assert {state: count for state, count in line.counts.items() if count} == queries.mail_totals()


def test_the_administrator_switches_kinds(client: FlaskClient, people: People) -> None:
    login(client, people.quan)
    client.post("/messages/kinds", data={"site": ["needs.cut"], "mail": ["needs.returned"]})
    stored = {row.kind: (row.site, row.mail) for row in db.session.scalars(sa.select(KindSetting))}
    assert stored["needs.cut"] == (True, False)
    assert stored["needs.returned"] == (False, True)


# -- what is held on somebody -----------------------------------------------------------------------------------


def test_somebody_sees_everything_held_on_them_and_nothing_of_others(
    client: FlaskClient, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.facts") as session:
        session.add(SensitiveRecord(employee=province.chi, ethnicity="Tày", citizen_id="001099012345"))
        session.add(Absence(employee=province.chi, first=province.round.opens_on, last=province.round.opens_on,
                            reason="Nghỉ thai sản"))  # fmt: skip
        session.add(Absence(employee=province.dung, first=province.round.opens_on, last=province.round.opens_on,
                            reason="Đi công tác xa"))  # fmt: skip
    db.session.commit()
    login(client, people.chi)
    page = client.get("/my-data").text
    for text in ("Trần Thị Chi", "Phường Hồng Gai (XA1)", "Tày", "001099012345", "Nghỉ thai sản"):
        assert text in page
    assert "Đi công tác xa" not in page
    assert "NV001" in page
    assert people.chi.password not in page

    file = client.get("/my-data/file")
    packed = zipfile.ZipFile(io.BytesIO(file.data))
    held = json.loads(packed.read("du-lieu.json"))
    assert held["sensitive_record"][0]["citizen_id"] == "001099012345"
    assert held["absence"][0]["reason"] == "Nghỉ thai sản"
    assert "password" not in held["user_account"][0]
    book = openpyxl.load_workbook(io.BytesIO(packed.read("du-lieu.xlsx")))
    texts = {str(cell.value) for sheet in book for row in sheet for cell in row}
    assert {"Nghỉ thai sản", "Tày"} <= texts
    assert "Đi công tác xa" not in texts


def test_no_table_about_people_is_forgotten() -> None:
    pointing = {
        table.name
        for table in Base.metadata.tables.values()
        for column in table.c
        for key in column.foreign_keys
        if key.column.table.name in {"employee", "need", "enrolment"} and table.name != "employee"
    }
    assert pointing <= {table.name for table, _ways_to in _ways()}


def test_nothing_about_people_is_shown_under_a_name_of_the_schema(app: Flask) -> None:
    """«carried_from_id» tells a commune's officer nothing."""
    with app.test_request_context(), force_locale("vi"):
        for table, _ways_to in _ways():
            assert entity_label(table.name) != table.name, table.name
            for column in table.c:
                if column.name not in _LEFT_OUT and not isinstance(column.type, sa.LargeBinary):
                    assert field_label(column.name, table.name) != column.name, f"{table.name}.{column.name}"


def test_a_request_goes_to_the_unit_and_the_answer_back(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.chi)
    client.post("/my-data/correction", data={"about": "Ngày sinh", "wanted": "02/03/1985"})
    login(client, people.binh)
    assert "Trần Thị Chi (NV001) đề nghị sửa “Ngày sinh”." in client.get("/").text
    request = db.session.scalars(sa.select(CorrectionRequest)).one()
    assert "02/03/1985" in client.get(f"/corrections/{request.id}").text
    said = {"answer": "Đã sửa theo giấy khai sinh", "done": "yes", "confirmed": "1"}
    # Nothing was changed yet: it cannot be «put right», however it is ticked.
    assert "hồ sơ chưa được sửa gì" in client.post(f"/corrections/{request.id}", data=said).text
    db.session.refresh(request)
    assert request.state == DataCorrectionState.OPEN
    db.session.commit()  # a transaction of its own: its moment is after the request's
    save_employee({"birth_date": date(1985, 3, 2)}, actor=people.binh, row=province.chi)
    save_employee({"phone": "0912345678"}, actor=people.binh, row=province.dung)
    db.session.commit()
    page = client.get(f"/corrections/{request.id}").text
    assert "02/03/1985" in page.split("<legend")[1]
    assert "0912345678" not in page
    other = db.session.scalars(sa.select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
    assert "Xin chọn lần sửa" in client.post(f"/corrections/{request.id}", data=said | {"change": other}).text
    mine = int(re.findall(r'name="change" id="change-(\d+)"', page)[0])
    client.post(f"/corrections/{request.id}", data=said | {"change": mine})
    db.session.refresh(request)
    assert (request.state, request.change_id) == (DataCorrectionState.DONE, mine)
    login(client, people.chi)
    assert "“Ngày sinh” đã được sửa (nội dung sửa: Ngày sinh): Đã sửa theo giấy khai sinh" in client.get("/").text
    assert "→ 02/03/1985" in client.get("/my-data").text


@pytest.mark.parametrize(("said", "state"), [("nothing", "nothing"), ("no", "refused")])
def test_a_request_is_answered_without_a_change_by_saying_so(
    client: FlaskClient, province: Province, people: People, said: str, state: str
) -> None:
    request = ask_correction(province.chi, "Ngày sinh", "02/03/1985", actor=people.chi)
    db.session.commit()
    login(client, people.binh)
    address = f"/corrections/{request.id}"
    client.post(address, data={"confirmed": "1", "answer": "Đã đối chiếu", "done": "what"})
    db.session.refresh(request)
    assert request.state == DataCorrectionState.OPEN
    client.post(address, data={"confirmed": "1", "answer": "Đã đối chiếu", "done": said})
    db.session.refresh(request)
    assert (request.state, request.change_id) == (state, None)
    login(client, people.chi)
    assert "đã được sửa" not in client.get("/").text


def test_a_change_before_the_request_does_not_answer_it(province: Province, people: People) -> None:
    save_employee({"birth_date": date(1985, 3, 2)}, actor=people.binh, row=province.chi)
    db.session.commit()
    change = db.session.scalars(sa.select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
    request = ask_correction(province.chi, "Ngày sinh", "02/03/1985", actor=people.chi)
    db.session.commit()
    with pytest.raises(Refused):
        answer_correction(request, "Đã sửa", state=DataCorrectionState.DONE, change_id=change, actor=people.binh)


def test_requests_of_other_units_are_none_of_ones_business(
    client: FlaskClient, province: Province, people: People
) -> None:
    request = ask_correction(province.dung, "Ngày sinh", "01/01/1990", actor=people.dung)
    db.session.commit()
    login(client, people.binh)
    assert client.get(f"/corrections/{request.id}").status_code == 404
    assert "Lê Văn Dũng" not in client.get("/corrections").text
    login(client, people.quan)
    assert client.get(f"/corrections/{request.id}").status_code == 200
    assert "đề nghị sửa" in client.get("/").text, "nobody keeps the unit: the administrators are told"


def test_the_same_choice_twice_at_the_same_moment_is_no_fault_of_ours(
    app: Flask, client: FlaskClient, people: People
) -> None:
    login(client, people.chi)
    user_id = people.chi.id
    db.session.commit()
    with db.engine.connect() as other:
        other.execute(sa.insert(MailChoice).values(user_id=user_id, wanted=True, version=1))
        response = meet(app, other, lambda: client.post("/my-messages/mail", data={}))
    assert response.status_code == 409
    assert "Chưa có gì được ghi" in response.text
