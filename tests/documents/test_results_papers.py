"""Papers on what a class came to say what its books say."""

from __future__ import annotations

from tests.documents.conftest import make_office, words
from tests.results.conftest import Held, held
from training.access import ALL
from training.audit import SYSTEM
from training.db import db
from training.documents import operations
from training.documents.models import Document, DocumentState, Paper
from training.documents.operations import Terms
from training.language import today
from training.results import certificates

__all__ = ["held"]


def test_recognition_register_certificate_confirmation(held: Held) -> None:
    held.finish()
    held.recognise()
    certificates.issue(held.opened, actor=SYSTEM)
    issuer, signer = make_office()
    db.session.commit()

    def issue(kind: Paper, subject_id: int, reason: str | None = None) -> Document:
        terms = Terms(issuer, signer, today())
        made = operations.issue(kind, subject_id, terms, reason=reason, actor=held.people.an, scope=ALL)
        db.session.commit()
        return made

    class_id = held.opened.class_id
    sheet = words(issue(Paper.ATTENDANCE_SHEET, class_id).content)
    assert sheet.splitlines().count("x") == 4 * len(held.seats)  # everybody, four half-days
    recognition = issue(Paper.RECOGNITION, class_id)
    assert (recognition.symbol, recognition.number) == ("12/QĐ-TCT", None)  # the book's number
    text = words(recognition.content)
    assert f"{len(held.seats) - 1} học viên đạt yêu cầu, 1 học viên không đạt" in text
    assert "Không đạt" in text
    register = words(issue(Paper.CERTIFICATE_REGISTER, class_id).content)
    assert "Trần Thị Chi" in register
    assert "Lê Văn Dũng" not in register
    first = issue(Paper.CERTIFICATE, held.chi.id)
    (entry,) = certificates.living_entries(class_id, held.chi.id)
    assert first.symbol == entry.full_number
    assert entry.full_number in words(first.content)
    certificates.confirm(entry, reason="Mất bản gốc", actor=SYSTEM)
    second = issue(Paper.CERTIFICATE, held.chi.id, reason="Mất bản gốc")
    assert "GIẤY XÁC NHẬN" in words(second.content)
    assert f"Thay cho chứng chỉ số {entry.full_number}" in words(second.content)
    db.session.refresh(first)
    assert first.state == DocumentState.REPLACED
    report = words(issue(Paper.RESULT_REPORT, held.opened.plan_id).content)
    assert "BÁO CÁO" in report
