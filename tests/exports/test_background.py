"""Large files are made by the worker, with the rights of whoever asked, and given to nobody else."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from tests.conftest import People, Province, login
from training.core.audit import SYSTEM, AuditEntry, operation, utcnow
from training.core.db import db
from training.exports import jobs, operations
from training.exports.models import ExportFile
from training.imports.views import downloads as import_downloads
from training.needs.models import Need
from training.needs.views import downloads as need_downloads


def ask(client: FlaskClient, address: str = "/exports/employees") -> ExportFile:
    assert client.get(address).status_code == 200, "the page that asks whether to make it"
    response = client.post(address)
    assert response.status_code == 302, address
    found = db.session.query(ExportFile).order_by(ExportFile.id.desc()).first()
    assert found is not None
    assert response.headers["Location"].endswith(f"/downloads/{found.id}")
    return found


def test_the_file_that_was_asked_for_is_made_and_fetched(client: FlaskClient, people: People) -> None:
    login(client, people.quan)
    asked = ask(client)
    waiting = client.get(f"/downloads/{asked.id}").text
    assert "data-progress" in waiting
    assert client.get(f"/downloads/{asked.id}/progress").json["working"] is True
    assert client.get(f"/downloads/{asked.id}/file").status_code == 404
    db.session.commit()
    jobs.make(asked.id)  # what the worker calls; that workers take jobs is tests/planning/test_worker_dies.py
    db.session.expire_all()
    assert client.get(f"/downloads/{asked.id}/progress").json["working"] is False
    assert "employees-" in client.get(f"/downloads/{asked.id}").text
    response = client.get(f"/downloads/{asked.id}/file")
    assert "attachment" in response.headers["Content-Disposition"]
    table = CalamineWorkbook.from_filelike(io.BytesIO(response.data)).get_sheet_by_name("NhanSu").to_python()
    assert {"NV001", "NV002"} <= {row[0] for row in table}
    assert "employees" in client.get("/downloads").text or "Nhân sự" in client.get("/downloads").text


def test_what_sensitive_data_left_is_noted(client: FlaskClient, people: People) -> None:
    login(client, people.quan)
    jobs.make(ask(client).id)
    noted = db.session.query(AuditEntry).filter_by(operation="imports.export").one()
    assert noted.actor_name == people.quan.actor_name


def test_officers_with_few_rows_get_them_at_once(client: FlaskClient, people: People) -> None:
    login(client, people.binh)
    response = client.get("/exports/needs")
    assert response.status_code == 200
    assert db.session.query(ExportFile).count() == 0


def test_who_asks_twice_waits_for_one_file(client: FlaskClient, people: People) -> None:
    login(client, people.quan)
    first = ask(client)
    assert ask(client).id == first.id
    assert ask(client, "/exports/employees?format=csv").id != first.id
    jobs.make(first.id)
    assert ask(client).id != first.id  # made: the next one has the newest rows


def test_nobody_fetches_the_file_of_somebody_else(client: FlaskClient, people: People) -> None:
    login(client, people.quan)
    asked = ask(client)
    jobs.make(asked.id)
    login(client, people.an)
    for address in ("", "/progress", "/file"):
        assert client.get(f"/downloads/{asked.id}{address}").status_code == 404
    assert "employees" not in client.get("/downloads").text


def test_rights_are_asked_again_when_it_is_made(client: FlaskClient, people: People) -> None:
    login(client, people.quan)
    asked = ask(client)
    with operation(SYSTEM, "test.dismiss"):
        people.quan.active = False
    db.session.commit()
    jobs.make(asked.id)
    db.session.refresh(asked)
    assert asked.state == "failed"
    assert asked.content is None


def test_a_fault_of_ours_is_told_and_a_killed_job_done_again(
    client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    login(client, people.quan)
    asked = ask(client)
    with monkeypatch.context() as patched:
        patched.setattr(import_downloads, "export", lambda *_args, **_more: 1 / 0)
        jobs.make(asked.id)
    assert "Lỗi" in client.get(f"/downloads/{asked.id}").text or "lỗi" in client.get(f"/downloads/{asked.id}").text
    jobs.make(asked.id)  # it has failed: nobody makes it any more
    db.session.refresh(asked)
    assert asked.state == "failed"
    again = ask(client)
    assert operations.claim(again.id) is not None  # the worker is killed here
    db.session.commit()
    jobs.make(again.id)
    db.session.refresh(again)
    assert again.state == "ready"


def test_consolidation_of_a_large_round_waits_too(
    client: FlaskClient, province: Province, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    with operation(SYSTEM, "test.need"):
        db.session.add(Need(round=province.round, employee=province.chi, course=province.basic, priority=1))
    db.session.commit()
    login(client, people.an)
    address = f"/rounds/{province.round.id}/consolidation.xlsx"
    assert client.get(address).status_code == 200
    monkeypatch.setattr(need_downloads, "_LARGE", 0)
    asked = ask(client, address)
    jobs.make(asked.id)
    content = client.get(f"/downloads/{asked.id}/file").data
    cells = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert any(province.basic.name in row for row in cells)


def test_old_files_are_thrown_away(client: FlaskClient, people: People) -> None:
    login(client, people.quan)
    asked = ask(client)
    jobs.make(asked.id)
    fresh = ask(client)
    asked.created_at = utcnow() - operations.KEPT - timedelta(hours=1)
    db.session.commit()
    jobs.throw_old_away(timestamp=0)
    assert [row.id for row in db.session.query(ExportFile)] == [fresh.id]


def test_nobody_waits_for_more_than_a_few_files(client: FlaskClient, people: People) -> None:
    login(client, people.quan)
    addresses = [
        f"/exports/{kind}{form}" for kind in ("employees", "completions", "needs") for form in ("", "?format=csv")
    ]
    asked = [ask(client, address) for address in addresses[: operations.MOST_PENDING]]
    refused = client.post(addresses[operations.MOST_PENDING], follow_redirects=True)
    assert "đang chờ 5 tệp" in refused.text
    assert db.session.query(ExportFile).count() == operations.MOST_PENDING
    again = client.post(addresses[0]).headers["Location"]
    assert again.endswith(f"/downloads/{asked[0].id}"), "the same one again is no further one"
    login(client, people.an)
    ask(client, "/exports/needs")  # of another account
    login(client, people.quan)
    jobs.make(asked[0].id)
    ask(client, addresses[operations.MOST_PENDING])


def _noted(name: str) -> AuditEntry:
    found = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.operation == name)).all()
    assert len(found) == 1, name
    return found[0]


def test_every_file_stands_in_the_audit_log_with_its_rows(
    client: FlaskClient, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.need"):
        for person in (province.chi, province.dung):
            db.session.add(Need(round=province.round, employee=person, course=province.basic, priority=1))
    db.session.commit()
    login(client, people.binh)
    assert client.get("/exports/needs").status_code == 200
    noted = _noted("imports.export")
    assert noted.actor_name == people.binh.actor_name
    assert noted.after is not None
    assert (noted.after["rows"], noted.after["file"][:6]) == (1, "needs-")  # of their own unit
    assert client.get("/gaps/headcounts.xlsx").status_code == 200  # a view that notes nothing itself
    assert (_noted("exports.file").after or {})["bytes"] > 0

    login(client, people.an)
    asked = ask(client, "/exports/needs?format=csv")
    db.session.query(AuditEntry).filter_by(operation="imports.export").delete()
    jobs.make(asked.id)
    made = _noted("imports.export")
    assert (made.actor_name, (made.after or {})["rows"]) == (people.an.actor_name, 2)
    client.get(f"/downloads/{asked.id}/file")
    fetched = _noted("exports.download")
    assert (fetched.actor_name, (fetched.after or {})["rows"]) == (people.an.actor_name, 2)
    login(client, people.quan)
    page = client.get(f"/audit-log/{fetched.id}").text
    assert "Số dòng" in page or "Dòng" in page
    assert people.an.name in page


def test_refusals_stand_in_the_audit_log_once(client: FlaskClient, people: People) -> None:
    login(client, people.chi)
    for _try in range(5):
        assert client.get("/audit-log").status_code == 403
    assert client.post("/rounds/1/edit").status_code == 403
    labels = db.session.scalars(sa.select(AuditEntry.label).where(AuditEntry.operation == "accounts.refused"))
    assert sorted(labels) == ["GET /audit-log", "POST /rounds/1/edit"]
    for number in range(80):
        client.get(f"/audit-log/{number}")
    count = db.session.query(AuditEntry).filter_by(operation="accounts.refused", actor_id=people.chi.id).count()
    assert count == 50, "the log does not grow for ever"
    login(client, people.quan)
    assert "Bị từ chối mở trang" in client.get("/audit-log").text
