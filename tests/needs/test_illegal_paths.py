"""An illegal step is refused in the same words on every path: form, mass action, sheet, bare request."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.imports.books import workbook
from tests.needs.chains import bring_to, draft, give_chain
from training.accounts.models import User
from training.core.audit import SYSTEM
from training.core.db import db
from training.imports import operations as imports
from training.imports.form_writing import export_form
from training.imports.models import BatchStatus, ImportBatch
from training.needs.approval.acts import NeedAct
from training.needs.models import Need, NeedState
from training.needs.registering import save_need

NOT_YOURS = "bạn không có quyền xử lý ở bước này"


@pytest.fixture
def submitted(province: Province, people: People) -> Need:
    give_chain(province.round)
    return bring_to(draft(province), NeedAct.SUBMIT)


def state(need: Need) -> str:
    db.session.refresh(need)
    return need.state


def sheet(user: User, province: Province, wanted: str, reason: str | None = None) -> ImportBatch:
    """A plain list with a state, previewed and applied for `user`."""
    header = ["Mã nhân sự", "Mã chương trình", "Mức ưu tiên", "Trạng thái", "Lý do"]
    content = workbook({"NhuCau": [header, ["NV001", "CV", "2", wanted, reason]]})
    context = {"round": province.round.code}
    batch = imports.upload("needs", "n.xlsx", content, actor=user, context=context, queue=False)
    imports.preview(batch, actor=user, scope=user.scope())
    if batch.status == BatchStatus.READY:
        imports.apply(batch, actor=user, scope=user.scope(), overwrite=True)
    db.session.commit()
    return batch


def filled_form(user: User, province: Province, changes: dict[str, object]) -> ImportBatch:
    """The official form as exported, with cells of its only row changed, applied for `user`."""
    context = {"round": province.round.code}
    book = openpyxl.load_workbook(io.BytesIO(export_form(scope=user.scope(), context=context)))
    page: Any = book.active
    headers = {cell.value: cell.column for row in (4, 5) for cell in page[row] if cell.value}
    for header, value in changes.items():
        page.cell(row=7, column=headers[header], value=value)
    target = io.BytesIO()
    book.save(target)
    batch = imports.upload("need_forms", "f.xlsx", target.getvalue(), actor=user, context=context, queue=False)
    imports.preview(batch, actor=user, scope=user.scope())
    if batch.status == BatchStatus.READY:
        imports.apply(batch, actor=user, scope=user.scope())
    db.session.commit()
    return batch


def messages(batch: ImportBatch) -> str:
    return " ".join(fault["message"] for fault in batch.preview["faults"])


def test_the_page_of_a_need_offers_no_step_that_is_not_the_readers(
    client: FlaskClient, people: People, submitted: Need
) -> None:
    login(client, people.giang)
    assert "Ý kiến của bạn" not in client.get(f"/needs/{submitted.id}").text
    login(client, people.ha)
    assert "Ý kiến của bạn" in client.get(f"/needs/{submitted.id}").text


def test_by_form(client: FlaskClient, people: People, submitted: Need) -> None:
    """The form of one need, sent by somebody whose turn it is not."""
    login(client, people.giang)
    data = {"needs": submitted.id, "from": "need", f"seen-{submitted.id}": submitted.version}
    response = client.post("/approvals/approve", data={**data, "confirmed": "1"})
    assert response.status_code == 409
    assert NOT_YOURS in response.text
    assert state(submitted) == NeedState.SUBMITTED


def test_by_mass_action(client: FlaskClient, people: People, province: Province, submitted: Need) -> None:
    """One of two is not theirs: neither is decided, and the other can be gone on with."""
    other = bring_to(draft(province, course=province.advanced), NeedAct.SUBMIT, NeedAct.APPROVE)
    login(client, people.giang)
    response = client.post("/approvals/approve", data={"confirmed": "1", "needs": [submitted.id, other.id]})
    assert response.status_code == 409
    assert NOT_YOURS in response.text
    assert "Tiếp tục với 1" in response.text
    db.session.refresh(other)
    assert other.step is not None
    assert other.step.name == "Thẩm định"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("approve", NOT_YOURS),
        ("return", "Hãy ghi lý do"),
        ("cut", "Hãy ghi lý do"),
        ("reconsider", "Hãy ghi lý do"),
    ],
)
def test_by_a_bare_request(client: FlaskClient, people: People, submitted: Need, act: str, words: str) -> None:
    login(client, people.binh)
    response = client.post(f"/approvals/{act}", data={"needs": submitted.id}, follow_redirects=True)
    assert words in response.text
    assert client.post(f"/approvals/{act}", data={"needs": submitted.id, "reason": "x"}).status_code == 409
    assert state(submitted) == NeedState.SUBMITTED


def test_no_request_makes_up_an_act_or_reaches_another_unit(
    client: FlaskClient, people: People, province: Province, submitted: Need
) -> None:
    theirs = bring_to(draft(province, province.dung), NeedAct.SUBMIT)
    login(client, people.ha)
    assert client.post("/approvals/delete", data={"needs": submitted.id}).status_code == 404
    assert client.post("/approvals/withdraw", data={"needs": submitted.id}).status_code == 404
    assert client.post("/approvals/approve", data={"confirmed": "1", "needs": theirs.id}).status_code == 404
    assert client.get(f"/needs/{theirs.id}").status_code == 404


def test_who_appraises_neither_registers_nor_withdraws(
    client: FlaskClient, people: People, province: Province, submitted: Need
) -> None:
    login(client, people.giang)
    for address in ("withdraw", "submit", "restore"):
        assert (
            client.post(f"/rounds/{province.round.id}/{address}", data={"needs": submitted.id}).status_code == 403
        )
    assert client.post(f"/needs/{submitted.id}/edit", data={"priority": "1"}).status_code == 403


@pytest.mark.parametrize("wanted", ["Đã duyệt", "Cắt", "Trả lại"])
def test_by_sheet(people: People, province: Province, submitted: Need, wanted: str) -> None:
    batch = sheet(people.binh, province, wanted, "vì thế")
    assert batch.status == BatchStatus.FAULTY
    assert NOT_YOURS in messages(batch)
    assert state(submitted) == NeedState.SUBMITTED


def test_by_sheet_of_whoever_may(people: People, province: Province, submitted: Need) -> None:
    """The head decides by a list as well; the same list a second time decides nothing more."""
    assert sheet(people.ha, province, "Đã duyệt").status == BatchStatus.APPLIED
    assert submitted.step is not None
    assert (state(submitted), submitted.step.name) == (NeedState.SUBMITTED, "Thẩm định")
    assert sheet(people.ha, province, "Đã duyệt").status == BatchStatus.FAULTY
    assert submitted.step.name == "Thẩm định"


def test_by_the_official_form(people: People, province: Province, submitted: Need) -> None:
    batch = filled_form(people.giang, province, {"Trạng thái": "Đã duyệt"})
    assert batch.status == BatchStatus.FAULTY
    assert NOT_YOURS in messages(batch)
    returned: dict[str, object] = {"Trạng thái": "Trả lại"}
    assert "Hãy ghi lý do" in messages(filled_form(people.ha, province, returned))
    batch = filled_form(people.ha, province, {**returned, "Lý do trả lại, cắt": "Thiếu quyết định"})
    assert batch.status == BatchStatus.APPLIED
    assert (state(submitted), submitted.reason) == (NeedState.RETURNED, "Thiếu quyết định")


def test_who_appraises_changes_no_contents_by_sheet(people: People, province: Province, submitted: Need) -> None:
    batch = filled_form(people.ha, province, {"Ghi chú": "khác"})
    assert batch.status == BatchStatus.FAULTY
    assert "Chỉ cán bộ đầu mối" in messages(batch)


def test_a_round_without_a_chain_takes_no_state_of_one(people: People, province: Province) -> None:
    save_need(
        {
            "round_id": province.round.id,
            "employee_id": province.chi.id,
            "course_id": province.basic.id,
            "priority": 2,
        },
        actor=SYSTEM,
    )
    db.session.commit()
    batch = sheet(people.an, province, "Đã duyệt")
    assert batch.status == BatchStatus.FAULTY
    assert "chỉ duyệt, trả lại hoặc cắt được nhu cầu đã trình" in messages(batch)
