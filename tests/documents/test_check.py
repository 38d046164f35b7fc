"""Anybody may ask whether a paper is genuine; the answer says what was printed on it, and nothing more."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.documents.conftest import Office
from training.accounts.models import Attempt
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.documents import operations
from training.documents.models import Paper
from training.documents.views import checks


def test_genuine_replaced_revoked_unknown(client: FlaskClient, office: Office) -> None:
    seat = office.published.seat("NV001/CV")
    old = office.issue(Paper.SUMMONS, seat.id)
    page = client.get(f"/xac-minh/{old.code}")
    assert "Giấy thật, đang có hiệu lực" in page.text
    printed = page.text.split("Nội dung in trên giấy")[1]
    for fact in ("Trần Thị Chi", "Phường Hồng Gai", "07 giờ 30", "Đỗ Văn Ký", "KT. GIÁM ĐỐC"):
        assert fact in printed
    assert "NV001" not in page.text  # is not on the paper
    assert page.headers["X-Robots-Tag"] == "noindex"
    new = office.issue(Paper.SUMMONS, seat.id, reason="Đổi ngày học")
    replaced = client.get(f"/xac-minh/{old.code}").text
    assert "đã được thay" in replaced
    assert new.symbol is not None
    assert new.symbol in replaced
    assert "Đổi ngày học" not in replaced
    operations.revoke(new, "Nhầm người", actor=office.people.an)
    db.session.commit()
    revoked = client.get(f"/xac-minh/{new.code}").text
    assert "không còn giá trị" in revoked
    assert "Nhầm người" not in revoked
    unknown = client.get("/xac-minh/AAAABBBBCCCCDDDD")
    assert (unknown.status_code, "không phải giấy thật" in unknown.text) == (404, True)


def test_typed_codes_forgive_what_looks_alike(client: FlaskClient, office: Office) -> None:
    made = office.issue(Paper.TRAINEE_LIST, office.published.first.id)
    typed = made.code.lower().replace("0", "o").replace("1", "l")
    dashed = f" {typed[:4]}-{typed[4:8]} {typed[8:]}"
    page = client.post("/xac-minh", data={"code": dashed}, follow_redirects=True)
    assert "Giấy thật" in page.text


def test_a_file_is_compared_by_its_checksum(client: FlaskClient, office: Office) -> None:
    content = office.issue(Paper.TRAINEE_LIST, office.published.first.id).content

    def ask(data: bytes) -> str:
        answer = client.post("/xac-minh", data={"file": (io.BytesIO(data), "danh-sach.docx")})
        return str(answer.text)

    assert "Giấy thật" in ask(content)
    assert "đã bị sửa" in ask(content + b" ")


def test_nobody_tries_codes_for_long(client: FlaskClient, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = replace(checks._LIMIT, free=3)
    monkeypatch.setattr(checks, "_LIMIT", limit)
    made = office.issue(Paper.TRAINEE_LIST, office.published.first.id)
    content = made.content
    genuine, unknown = f"/xac-minh/{made.code}", "/xac-minh/AAAABBBBCCCCDDDD"
    assert [client.get(genuine).status_code for _ in range(5)] == [200] * 5, "genuine papers do not count"
    assert [client.get(unknown).status_code for _ in range(5)] == [404, 404, 404, 429, 429]
    page = client.get(unknown)
    assert "sau 1 phút" in page.text
    assert int(page.headers["Retry-After"]) <= 61
    # Whoever holds a genuine paper sees it, whatever others at the same network tried.
    assert "Giấy thật" in client.get(genuine).text
    answer = client.post("/xac-minh", data={"file": (io.BytesIO(content), "danh-sach.docx")})
    assert (answer.status_code, "Giấy thật" in answer.text) == (200, True)
    answer = client.post("/xac-minh", data={"file": (io.BytesIO(content + b" "), "danh-sach.docx")})
    assert (answer.status_code, "Giấy thật" in answer.text) == (429, False)
    assert client.get(unknown, environ_overrides={"REMOTE_ADDR": "10.9.8.7"}).status_code == 404

    def later(minutes: int) -> int:
        """The answer to one more try so much later, and one after it."""
        with operation(SYSTEM, "test.later"):
            db.session.execute(sa.update(Attempt).values(at=utcnow() - timedelta(minutes=minutes)))
        db.session.commit()
        return int(client.get(unknown).status_code)

    assert later(1) == 404
    assert later(1) == 429, "the wait doubles"
    assert later(2) == 404
