"""Papers on what a class came to say what its books say."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from tests.conftest import login
from tests.documents.conftest import make_office, words
from tests.results.conftest import Held, held
from training.core.access import ALL
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.documents import operations
from training.documents.models import Document, DocumentState, Paper, Signer
from training.documents.operations import Terms
from training.documents.papers.results import certificate_subjects
from training.documents.papers.wording import long
from training.results import recognition
from training.results.certificates import registry
from training.results.models import CertificateKind, MarkKind

__all__ = ["held"]


def test_recognition_register_certificate_confirmation(held: Held) -> None:
    held.finish()
    held.recognise()
    registry.issue(held.opened, actor=SYSTEM)
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
    decision = issue(Paper.RECOGNITION, class_id)
    assert (decision.symbol, decision.number) == ("12/QĐ-TCT", None)  # the book's number
    text = words(decision.content)
    assert f"{len(held.seats) - 1} học viên đạt yêu cầu, 1 học viên không đạt" in text
    assert "Không đạt" in text
    register = words(issue(Paper.CERTIFICATE_REGISTER, class_id).content)
    assert "Trần Thị Chi" in register
    assert "Lê Văn Dũng" not in register
    first = issue(Paper.CERTIFICATE, held.chi.id)
    (entry,) = registry.living_entries(class_id, held.chi.id)
    assert first.symbol == entry.full_number
    assert entry.full_number in words(first.content)
    registry.confirm(entry, reason="Mất bản gốc", actor=SYSTEM)
    second = issue(Paper.CERTIFICATE, held.chi.id, reason="Mất bản gốc")
    assert "GIẤY XÁC NHẬN" in words(second.content)
    assert re.search("Xác nhận (Bà|Ông|Ông/Bà): Trần Thị Chi", words(second.content))
    assert "Chứng nhận" not in words(second.content)
    assert f"Thay cho chứng chỉ số {entry.full_number}" in words(second.content)
    db.session.refresh(first)
    assert first.state == DocumentState.REPLACED
    report = words(issue(Paper.RESULT_REPORT, held.opened.plan_id).content)
    assert "BÁO CÁO" in report


def test_register_shows_every_number_and_counts_kinds_apart(held: Held, client: FlaskClient) -> None:
    """A confirmation is no certificate, neither in the register nor to whoever checks it; what was cancelled keeps
    its line: without it the register would have a gap."""
    held.finish()
    held.recognise()
    registry.issue(held.opened, actor=SYSTEM)
    issuer, signer = make_office()
    db.session.commit()

    def issue(kind: Paper, subject_id: int) -> Document:
        made = operations.issue(
            kind, subject_id, Terms(issuer, signer, today()), reason="Cấp lại", actor=held.people.an, scope=ALL
        )
        db.session.commit()
        return made

    (lost,) = registry.living_entries(held.opened.class_id, held.chi.id)
    registry.confirm(lost, reason="Mất bản gốc", actor=SYSTEM)
    (wrong,) = registry.living_entries(held.opened.class_id, held.others[0].id)
    registry.cancel(wrong, reason="In sai", actor=SYSTEM)
    db.session.commit()
    text = words(issue(Paper.CERTIFICATE_REGISTER, held.opened.class_id).content)
    assert wrong.full_number in text
    assert "Đã hủy" in text
    passed = len(held.seats) - 1
    assert f"Sổ có {passed + 1} số: {passed - 1} chứng chỉ, 1 giấy xác nhận, 1 số đã hủy./." in text
    checked = client.get(f"/xac-minh/{issue(Paper.CERTIFICATE, held.chi.id).code}").text
    assert "Giấy xác nhận" in checked


def test_confirmation_of_a_certificate_of_a_register_that_is_younger(held: Held) -> None:
    """The year's register of confirmations may have been begun before its register of certificates."""
    held.finish()
    held.recognise()
    series = registry.series_of(held.opened.training_class, CertificateKind.CONFIRMATION)
    with operation(SYSTEM, "test.older_register"):
        registry.take_numbers(today().year, series, 1)
    registry.issue(held.opened, actor=SYSTEM)
    (entry,) = registry.living_entries(held.opened.class_id, held.chi.id)
    confirmation = registry.confirm(entry, reason="Mất bản gốc", actor=SYSTEM)
    db.session.commit()
    (subject,) = certificate_subjects([held.chi.id])
    assert subject.symbol == confirmation.full_number


def test_attendance_sheet_explains_every_sign(held: Held) -> None:
    for kind, half_day in zip(MarkKind, held.half_days, strict=True):
        held.mark(held.chi, half_day, kind)
    issuer, signer = make_office()
    db.session.commit()
    made = operations.issue(
        Paper.ATTENDANCE_SHEET,
        held.opened.class_id,
        Terms(issuer, signer, today()),
        actor=held.people.an,
        scope=ALL,
    )
    lines = words(made.content).splitlines()
    signs = {line for line in lines if len(line.strip()) == 1} - {"S", "C"} - {str(n) for n in range(10)}
    legend = next(line for line in lines if "buổi sáng" in line)
    assert len(signs) == len(MarkKind)
    assert all(f"{sign}: " in legend for sign in signs), legend


def test_list_of_trainees_names_the_decision_that_it_goes_with(held: Held) -> None:
    issuer, signer = make_office()
    db.session.commit()

    def issue(kind: Paper, reason: str | None = None) -> Document:
        terms = Terms(issuer, signer, today())
        return operations.issue(kind, held.opened.class_id, terms, reason=reason, actor=held.people.an, scope=ALL)

    assert "Kèm theo" not in words(issue(Paper.TRAINEE_LIST).content)
    decision = issue(Paper.OPENING_DECISION)
    after = words(issue(Paper.TRAINEE_LIST, "Có quyết định").content)
    assert f"(Kèm theo Quyết định mở lớp số {decision.symbol} {long(today())})" in after


def test_papers_of_a_class_offer_what_can_be_issued(held: Held, client: FlaskClient) -> None:
    """A certificate is offered for those in the register alone; a sheet without a number is opened, not «open»."""
    held.finish()
    held.recognise()
    registry.issue(held.opened, actor=SYSTEM)
    make_office()
    db.session.commit()
    login(client, held.people.an)
    page = client.get(f"/classes/{held.opened.class_id}/papers").text
    assert f"/papers/issue/certificate/{held.chi.id}" in page
    assert f"/papers/issue/certificate/{held.dung.id}" not in page  # did not pass
    assert f"/papers/issue/summons/{held.dung.id}" in page


def test_nobody_signs_for_everybody_by_default(held: Held, client: FlaskClient) -> None:
    """With several signers, whoever issues 12,200 letters says who signs them."""
    issuer, _signer = make_office()
    with operation(SYSTEM, "test.second_signer"):
        db.session.add(Signer(issuer=issuer, name="Vũ Thị Hai", title="Giám đốc", authority="own"))
    db.session.commit()
    login(client, held.people.an)
    page = client.get(f"/papers/batch/summons/class/{held.opened.class_id}").text
    assert "Vũ Thị Hai" in page
    assert '<option selected value="">' in page.split('name="signer_id"')[1].split("</select>")[0]


def test_what_the_book_took_back_is_not_called_in_force(held: Held, client: FlaskClient) -> None:
    """Whoever scans a certificate cancelled in the register, or a withdrawn decision, is told."""
    held.finish()
    held.recognise()
    registry.issue(held.opened, actor=SYSTEM)
    issuer, signer = make_office()
    db.session.commit()
    terms = Terms(issuer, signer, today())

    def issue(kind: Paper, subject_id: int) -> str:
        made = operations.issue(kind, subject_id, terms, actor=held.people.an, scope=ALL)
        db.session.commit()
        return f"/xac-minh/{made.code}"

    certificate, decision = issue(Paper.CERTIFICATE, held.chi.id), issue(Paper.RECOGNITION, held.opened.class_id)
    for address in (certificate, decision):
        assert "Giấy thật, đang có hiệu lực" in client.get(address).text
    (entry,) = registry.living_entries(held.opened.class_id, held.chi.id)
    registry.cancel(entry, reason="In sai tên", actor=SYSTEM)
    db.session.commit()
    page = client.get(certificate).text
    assert "đã hủy trong sổ cấp chứng chỉ" in page
    assert "đang có hiệu lực" not in page
    assert "In sai tên" not in page  # to nobody outside
    assert "Giấy thật, đang có hiệu lực" in client.get(decision).text
    recognition.withdraw(held.opened, ground="Sai quy trình", actor=held.people.an)
    db.session.commit()
    assert "công nhận kết quả đã bị thu hồi" in client.get(decision).text
