"""The whole way on screen: upload, the worker's two jobs, preview, apply; officers within their units."""

import io

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.imports.books import workbook
from training.access import Scope
from training.accounts.models import User
from training.audit import SYSTEM, operation
from training.db import db
from training.imports import jobs, operations
from training.imports.models import BatchStatus, ImportBatch
from training.needs.models import Need
from training.needs.operations import withdraw
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
    assert client.post(f"/imports/batches/{batch.id}/discard").status_code == 404


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
