"""The whole way on screen: upload, the worker's two jobs, preview, apply; officers within their units."""

import html
import io
import re
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.imports.books import workbook
from training.accounts.models import User
from training.core.access import Scope
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.imports import jobs, operations
from training.imports.models import BatchStatus, ImportBatch
from training.needs import rules
from training.needs.models import Need, Round
from training.needs.registering import withdraw
from training.people.models import Place

NEEDS = [["Mã nhân sự", "Mã chương trình", "Mức ưu tiên"], ["NV001", "CV", "2"]]


def send(client: FlaskClient, kind: str, rows: list, **more: str) -> ImportBatch:
    """Upload a sheet as a browser does."""
    data = {"file": (io.BytesIO(workbook({"Trang1": rows})), "tệp của tôi.xlsx"), **more}
    response = client.post(f"/imports/{kind}/new", data=data)
    assert response.status_code == 302, response.text
    return newest()


def newest() -> ImportBatch:
    db.session.expire_all()
    return db.session.scalars(sa.select(ImportBatch).order_by(ImportBatch.id.desc()).limit(1)).one()


def work(batch_id: int) -> None:
    """What the worker does with the jobs that wait."""
    waiting = db.session.execute(
        sa.text("SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
    ).all()
    db.session.execute(sa.text("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE status = 'todo'"))
    db.session.commit()
    for name, args in waiting:
        assert args == {"batch_id": batch_id}
        {"imports.preview": jobs.preview, "imports.apply": jobs.apply}[name](**args)


def test_upload_preview_apply(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    batch = send(client, "places", [["Mã địa điểm", "Tên địa điểm"], ["UB", "Uông Bí"]])
    address = f"/imports/batches/{batch.id}"
    assert batch.filename == "tệp của tôi.xlsx"
    assert client.get(f"{address}/progress").json["working"] is True
    assert "import-progress.js" in client.get(address).text

    work(batch.id)
    assert newest().status == BatchStatus.READY
    assert "Sẵn sàng ghi" in client.get(address).text
    client.post(f"{address}/apply")
    assert newest().status == BatchStatus.APPLYING
    work(batch.id)
    assert newest().status == BatchStatus.APPLIED
    assert db.session.scalar(sa.select(Place.name).where(Place.code == "UB")) == "Uông Bí"
    assert "Đã ghi" in client.get("/imports").text


def test_faults_stand_on_the_page_with_their_cells(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    batch = send(client, "places", [["Mã địa điểm", "Tên địa điểm"], ["UB", None]])
    work(batch.id)
    page = client.get(f"/imports/batches/{batch.id}").text
    assert "Trang1!B2" in page
    assert "Không được để trống." in page
    client.post(f"/imports/batches/{batch.id}/apply")  # the page offers no button, but a request may come
    assert newest().status == BatchStatus.FAULTY


def test_officers_register_for_their_own_people_alone(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.binh)
    rows = [*NEEDS, ["NV002", "CV", "2"]]
    batch = send(client, "needs", rows, round=province.round.code)
    work(batch.id)
    assert [fault["place"] for fault in newest().preview["faults"]] == ["Trang1!A3"]
    batch = send(client, "needs", NEEDS, round=province.round.code)
    work(batch.id)
    client.post(f"/imports/batches/{batch.id}/apply")
    work(batch.id)
    assert newest().status == BatchStatus.APPLIED
    need = db.session.scalars(sa.select(Need)).one()
    assert (need.employee_id, need.priority) == (province.chi.id, 2)


def test_a_closed_round_takes_nothing(client: FlaskClient, people: People, province: Province) -> None:
    with operation(SYSTEM, "test"):
        province.round.closes_on = province.round.opens_on
    db.session.commit()
    login(client, people.binh)
    batch = send(client, "needs", NEEDS, round=province.round.code)
    work(batch.id)
    assert newest().status == BatchStatus.FAULTY


def test_a_withdrawn_need_comes_back_only_when_asked(app: Flask, people: People, province: Province) -> None:
    content = workbook({"NhuCau": NEEDS})
    context = {"round": province.round.code}
    operations.import_now("needs", "n.xlsx", content, actor=SYSTEM, context=context)
    need = db.session.scalars(sa.select(Need)).one()
    withdraw([need], actor=SYSTEM, scope=Scope(everything=True))
    db.session.commit()
    batch = operations.upload("needs", "n.xlsx", content, actor=SYSTEM, context=context, queue=False)
    operations.preview(batch, actor=SYSTEM)
    assert batch.preview["counts"]["needs"]["kept"] == 1
    operations.apply(batch, actor=SYSTEM)
    assert need.state == "withdrawn"


def test_nobody_opens_the_upload_of_another_officer(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.an)
    batch = send(client, "places", [["Mã địa điểm", "Tên địa điểm"], ["UB", "Uông Bí"]])
    login(client, people.binh)
    assert client.get(f"/imports/batches/{batch.id}").status_code == 404
    assert client.post(f"/imports/batches/{batch.id}/discard", data={"confirmed": "1"}).status_code == 404


def test_a_job_whose_worker_died_is_done_again_and_once(client: FlaskClient, people: People) -> None:
    """A worker killed in the middle leaves the status that it had set; the queue gives the job to another."""
    login(client, people.an)
    batch = send(client, "places", [["Mã địa điểm", "Tên địa điểm"], ["UB", "Uông Bí"]])
    batch.status = BatchStatus.READING
    db.session.commit()
    jobs.preview(batch_id=batch.id)
    assert newest().status == BatchStatus.READY
    client.post(f"/imports/batches/{batch.id}/apply")
    jobs.apply(batch_id=batch.id)
    jobs.apply(batch_id=batch.id)  # the queue may give it twice
    assert newest().status == BatchStatus.APPLIED
    assert db.session.scalar(sa.select(sa.func.count()).where(Place.code == "UB")) == 1


def test_rights_are_those_of_the_moment(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    batch = send(client, "places", [["Mã địa điểm", "Tên địa điểm"], ["UB", "Uông Bí"]])
    with operation(SYSTEM, "test"):
        db.session.get(User, people.an.id).roles = []
    db.session.commit()
    jobs.preview(batch_id=batch.id)
    assert newest().status == BatchStatus.FAILED


def test_the_corrected_file_goes_to_the_round_that_the_faulty_one_went_to(
    client: FlaskClient, people: People, province: Province
) -> None:
    """The page names the round and the people; a later round is not preselected in its place."""
    with operation(SYSTEM, "test") as session:
        day = province.round.opens_on + timedelta(days=1)
        later = Round(code="D-SAU", name="Đợt bổ sung", year=province.year, opens_on=day, closes_on=day)
        session.add(later)
    db.session.commit()
    login(client, people.binh)
    batch = send(client, "needs", [*NEEDS, ["NV001", "KHONG", "2"]], round=province.round.code)
    work(batch.id)
    page = client.get(f"/imports/batches/{batch.id}").text
    assert province.round.name in page
    assert page.count("Trần Thị Chi (NV001)") >= 2  # the fault, and what is new
    (link,) = re.findall(r'href="(/imports/needs/new[^"]*)"', page)
    form = client.get(html.unescape(link)).text
    assert re.search(rf'<option selected[^>]*value="{province.round.code}"', form)
    assert "selected" not in re.findall(r'<option[^>]*value="D-SAU"', form)[0]


def test_what_must_be_decided_is_asked_on_the_page_before_anything_is_applied(
    client: FlaskClient, people: People, province: Province
) -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(workbook({"DiaDiem": [["Mã địa điểm", "Tên địa điểm"], ["UB", "Uông Bí"], ["MC", "Móng Cái"]]}))
    )
    book["DiaDiem"].row_dimensions[3].hidden = True
    target = io.BytesIO()
    book.save(target)
    login(client, people.an)
    client.post("/imports/places/new", data={"file": (io.BytesIO(target.getvalue()), "dd.xlsx")})
    batch = newest()
    work(batch.id)
    address = f"/imports/batches/{batch.id}"
    page = client.get(address).text
    assert "1 dòng đang bị ẩn" in page
    assert f"{address}/apply" not in page
    client.post(f"{address}/apply")  # no button, but a request may come
    assert newest().status == BatchStatus.READY
    assert "Xin chọn câu trả lời" in client.post(f"{address}/answers", follow_redirects=True).text
    client.post(f"{address}/answers", data={"answer-0": "leave"})
    work(batch.id)
    assert newest().preview["new_count"] == 1
    assert f"{address}/apply" in client.get(address).text
    client.post(f"{address}/apply")
    work(batch.id)
    assert newest().status == BatchStatus.APPLIED
    codes = set(db.session.scalars(sa.select(Place.code)))
    assert "UB" in codes
    assert "MC" not in codes


def test_a_small_file_reads_the_facts_of_its_own_people_and_courses(
    client: FlaskClient, people: People, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[list[int], list[int]]] = []

    def refusals(employee_ids: Any, course_ids: Any, *_days: Any, **_more: Any) -> dict[Any, Any]:
        asked.append((sorted(employee_ids), sorted(course_ids)))
        return {}

    monkeypatch.setattr(rules, "refusals", refusals)
    content = workbook({"NhuCau": NEEDS})
    batch = operations.upload(
        "needs", "n.xlsx", content, actor=SYSTEM, context={"round": province.round.code}, queue=False
    )
    assert operations.preview(batch, actor=SYSTEM).status == BatchStatus.READY
    assert asked == [([province.chi.id], [province.basic.id])]


def test_previews_of_different_people_do_not_wait_for_each_other(client: FlaskClient, people: People) -> None:
    rows = [["Mã địa điểm", "Tên địa điểm"], ["UB", "Uông Bí"]]
    login(client, people.an)
    first, second = send(client, "places", rows), send(client, "places", rows)
    login(client, people.quan)
    send(client, "places", rows)
    locks = db.session.scalars(sa.text("SELECT lock FROM procrastinate_jobs ORDER BY id")).all()
    assert locks[0] == locks[1] != locks[2]
    assert first.id != second.id


def _with_hidden_row(*rows: list[str]) -> bytes:
    """A sheet of places whose third row is hidden."""
    header = ["Mã địa điểm", "Tên địa điểm"]
    book = openpyxl.load_workbook(io.BytesIO(workbook({"DiaDiem": [header, *rows]})))
    book["DiaDiem"].row_dimensions[3].hidden = True
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _corrected(client: FlaskClient, content: bytes) -> ImportBatch:
    """The upload that the page of the newest one, which has faults, leads to."""
    page = client.get(f"/imports/batches/{newest().id}").text
    (link,) = re.findall(r'href="(/imports/places/new[^"]*)"', page)
    client.post(html.unescape(link), data={"file": (io.BytesIO(content), "dd.xlsx")})
    work(newest().id)
    return newest()


def _faulty_and_answered(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    content = _with_hidden_row(["UB", "Uông Bí"], ["MC", "Móng Cái"], ["QY", ""])
    client.post("/imports/places/new", data={"file": (io.BytesIO(content), "dd.xlsx")})
    work(newest().id)
    client.post(f"/imports/batches/{newest().id}/answers", data={"answer-0": "leave"})
    work(newest().id)
    assert newest().status == BatchStatus.FAULTY


def test_answers_hold_for_the_corrected_file_and_can_be_changed(client: FlaskClient, people: People) -> None:
    _faulty_and_answered(client, people)
    content = _with_hidden_row(["UB", "Uông Bí"], ["MC", "Móng Cái"], ["QY", "Quảng Yên"])
    batch = _corrected(client, content)
    page = client.get(f"/imports/batches/{batch.id}").text
    assert "Đã trả lời ở tệp trước" in page
    assert re.search(r'value="leave" checked', page)
    assert (batch.status, batch.preview["new_count"]) == (BatchStatus.READY, 2)
    client.post(f"/imports/batches/{batch.id}/answers", data={"answer-0": "import"})
    work(batch.id)
    assert newest().preview["new_count"] == 3
    assert "Đã trả lời ở tệp trước" not in client.get(f"/imports/batches/{batch.id}").text
    client.post(f"/imports/batches/{batch.id}/apply")
    work(batch.id)
    assert {"UB", "MC", "QY"} <= set(db.session.scalars(sa.select(Place.code)))


def test_an_answer_goes_along_a_chain_of_corrections_and_is_applied(client: FlaskClient, people: People) -> None:
    _faulty_and_answered(client, people)
    still = _with_hidden_row(["UB", "Uông Bí"], ["MC", "Móng Cái"], ["QY", ""])
    assert _corrected(client, still).status == BatchStatus.FAULTY
    batch = _corrected(client, _with_hidden_row(["UB", "Uông Bí"], ["MC", "Móng Cái"]))
    client.post(f"/imports/batches/{batch.id}/apply")
    work(batch.id)
    assert newest().status == BatchStatus.APPLIED
    codes = set(db.session.scalars(sa.select(Place.code)))
    assert "UB" in codes
    assert "MC" not in codes, "its row is hidden, and was to be left out"


def test_what_changed_is_asked_anew_and_another_file_begins_anew(client: FlaskClient, people: People) -> None:
    _faulty_and_answered(client, people)
    content = _with_hidden_row(["UB", "Uông Bí"], ["MC", "Móng Cái"], ["QY", "Quảng Yên"])
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["DiaDiem"].row_dimensions[4].hidden = True
    target = io.BytesIO()
    book.save(target)
    faulty = newest().id
    (question,) = _corrected(client, target.getvalue()).preview["questions"]
    assert question["answer"] is None, "two rows are hidden now"
    client.post("/imports/places/new", data={"file": (io.BytesIO(content), "dd.xlsx")})
    work(newest().id)
    assert newest().preview["questions"][0]["answer"] is None, "nobody said that it corrects another"
    address = f"/imports/places/new?corrects={faulty}"
    login(client, people.quan)
    client.post(address, data={"file": (io.BytesIO(content), "dd.xlsx")})
    work(newest().id)
    assert newest().user_id == people.quan.id
    assert newest().preview["questions"][0]["answer"] is None, "it was somebody else's answer"
