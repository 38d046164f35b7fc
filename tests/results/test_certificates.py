"""One source of who signed; a wrong certificate is corrected, a lost one asked for; what a checker sees."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import login
from tests.documents.conftest import make_office, words
from tests.results.conftest import Held, host_signer
from training.core.access import ALL
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.courses.models import Host, Issuer, Signer
from training.documents import operations as papers
from training.documents.batches import seats_pending
from training.documents.models import Document, Paper
from training.documents.operations import Terms
from training.holidays.operations import save_holiday
from training.people.operations import save_employee
from training.results import recognition
from training.results.certificates import registry
from training.results.certificates.regulations import answer_by
from training.results.models import Certificate, CertificateRequest, CertificateRequestState, CertificateWish


def _print(held: Held, kind: Paper, subject_id: int, reason: str | None = None) -> Document:
    """Issued by somebody who would have another sign."""
    found = db.session.scalar(sa.select(Signer).where(Signer.name == "Đỗ Văn Ký"))
    issuer, signer = (found.issuer, found) if found is not None else make_office()
    terms = Terms(issuer, signer, today())
    made = papers.issue(kind, subject_id, terms, reason=reason, actor=held.people.an, scope=ALL)
    db.session.commit()
    return made


def _issued(held: Held) -> Certificate:
    held.finish()
    held.recognise()
    registry.issue(held.opened, actor=held.people.an)
    db.session.commit()
    (entry,) = registry.living_entries(held.opened.class_id, held.chi.id)
    return entry


def test_book_register_and_papers_name_one_signer(client: FlaskClient, held: Held) -> None:
    entry = _issued(held)
    assert entry.signer == "Nguyễn Hiệu Trưởng"
    for kind, subject_id in (
        (Paper.RECOGNITION, held.opened.class_id),
        (Paper.CERTIFICATE_REGISTER, held.opened.class_id),
        (Paper.CERTIFICATE, held.chi.id),
    ):
        made = _print(held, kind, subject_id)
        text = words(made.content)
        assert "Nguyễn Hiệu Trưởng" in text, kind
        assert "Đỗ Văn Ký" not in text, kind
        assert made.signer_name == "Nguyễn Hiệu Trưởng"
        assert made.issuer.code == "TCT"
    login(client, held.people.an)
    page = client.get(f"/papers/issue/recognition/{held.opened.class_id}").text
    assert 'name="signer_id"' not in page
    assert "Người ký theo sổ lớp: Nguyễn Hiệu Trưởng, Hiệu trưởng" in page
    # Whoever follows as headmaster changes nothing of what was signed.
    with operation(SYSTEM, "test.renamed"):
        host_signer(None).name = "Người Khác"
    db.session.commit()
    again = _print(held, Paper.RECOGNITION, held.opened.class_id, reason="In lại")
    assert "Nguyễn Hiệu Trưởng" in words(again.content)


def test_the_signer_is_chosen_of_the_hosts_and_on_their_days(client: FlaskClient, held: Held) -> None:
    held.finish()
    signer = host_signer(held.opened.training_class.host)
    with operation(SYSTEM, "test.others"):
        other = Host(code="TTCT", name="Trung tâm chính trị", place=held.opened.training_class.host.place)
        issuer = Issuer(code="TTCT", name="Trung tâm chính trị", place_name="Cẩm Phả", host=other)
        stranger = Signer(issuer=issuer, name="Giám Đốc Khác", title="Giám đốc")
        db.session.add_all([other, issuer, stranger])
        signer.valid_from = today() + timedelta(days=1)
    db.session.commit()
    values = {"number": "12/QĐ-TCT", "decided_on": today()}
    for signer_id, told in ((stranger.id, "Xin chọn người ký"), (signer.id, "không ký trong ngày"), (None, "Xin")):
        with pytest.raises(Refused, match=told):
            recognition.recognise(held.opened, {**values, "signer_id": signer_id}, actor=held.people.long)
        db.session.rollback()
    login(client, held.people.long)
    page = client.get(f"/class-books/{held.opened.class_id}/recognise").text
    assert "Nguyễn Hiệu Trưởng" in page
    assert "Giám Đốc Khác" not in page


def test_a_signer_who_has_signed_is_not_deleted(held: Held) -> None:
    _issued(held)
    with pytest.raises(Refused):
        papers.delete_signer(host_signer(None), actor=held.people.an)


def test_a_wrong_birth_date_is_corrected_by_another_certificate(client: FlaskClient, held: Held) -> None:
    with operation(SYSTEM, "test.born"):
        held.chi.employee.birth_date = date(1985, 2, 1)
    db.session.commit()
    old = _issued(held)
    paper = _print(held, Paper.CERTIFICATE, held.chi.id)
    assert "01/02/1985" in words(paper.content)
    login(client, held.people.an)
    address = f"/certificates/{old.id}/correct"
    assert "đang ghi giống chứng chỉ" in client.get(address).text  # the record first
    with pytest.raises(Refused, match="sửa hồ sơ trước"):
        registry.reissue(old, reason="Sai ngày sinh", actor=held.people.an)
    db.session.rollback()
    save_employee({"birth_date": date(1985, 2, 11)}, actor=held.people.binh, row=held.chi.employee)
    db.session.commit()
    assert "Hồ sơ hiện ghi khác" in client.get(f"/class-books/{held.opened.class_id}/certificates").text
    assert "01/02/1985 → 11/02/1985" in client.get(address).text
    # What was printed stays as it was printed, whatever the record says by now.
    assert "01/02/1985" in client.get(f"/xac-minh/{paper.code}").text
    form = {"reason": "Sai ngày sinh", "signer_id": host_signer(None).id}
    assert client.post(address, data=form).status_code == 302
    (new,) = registry.living_entries(held.opened.class_id, held.chi.id)
    assert (new.replaces_id, new.number) == (old.id, len(held.seats))
    assert (new.birth_date, new.classification) == (date(1985, 2, 11), old.classification)
    assert old.cancelled_at is not None
    assert held.result(held.chi).completion.certificate_number == new.full_number
    page = client.get(f"/xac-minh/{paper.code}").text
    assert f"Thay bằng: số {new.full_number}" in page
    assert "đang có hiệu lực" not in page
    # The right one is offered to be printed, and says of which it takes the place.
    assert held.chi.id in seats_pending(Paper.CERTIFICATE, class_id=held.opened.class_id)
    text = words(_print(held, Paper.CERTIFICATE, held.chi.id, reason="Cấp lại").content)
    assert "11/02/1985" in text
    assert f"Thay cho chứng chỉ số {old.full_number}" in text
    assert held.chi.id not in seats_pending(Paper.CERTIFICATE, class_id=held.opened.class_id)
    login(client, held.people.chi)
    assert f"số {new.full_number} thay cho số {old.full_number}" in client.get("/").text
    assert old.full_number not in client.get("/my-results").text


def test_a_holder_asks_for_a_lost_certificate(client: FlaskClient, held: Held) -> None:
    entry = _issued(held)
    paper = _print(held, Paper.CERTIFICATE, held.chi.id)
    login(client, held.people.dung)
    assert client.get(f"/my-certificates/{entry.id}/ask").status_code == 404
    login(client, held.people.chi)
    assert f"/my-certificates/{entry.id}/ask" in client.get("/my-results").text
    given = {"wish": "lost", "reason": "Mất khi chuyển nhà"}
    client.post(f"/my-certificates/{entry.id}/ask", data=given)
    client.post(f"/my-certificates/{entry.id}/ask", data=given)  # once is enough
    asked = db.session.scalars(sa.select(CertificateRequest)).one()
    assert "Mất khi chuyển nhà" in client.get("/my-results").text
    login(client, held.people.long)
    assert "Trần Thị Chi (NV001), chứng chỉ số" in client.get("/").text
    assert "Trần Thị Chi" in client.get("/certificate-requests").text
    assert f"/certificates/{entry.id}/confirm" in client.get(f"/certificate-requests/{asked.id}").text
    form = {"reason": "Theo đơn", "signer_id": host_signer(None).id}
    client.post(f"/certificates/{entry.id}/confirm", data=form)
    db.session.refresh(asked)
    assert asked.state == CertificateRequestState.DONE
    assert asked.entry is not None
    assert asked.entry.reissue_of_id == entry.id
    assert "Đã báo mất hoặc hỏng" in client.get(f"/xac-minh/{paper.code}").text
    login(client, held.people.chi)
    assert f"giấy xác nhận số {asked.entry.full_number}" in client.get("/").text


def test_a_request_is_refused_with_a_reason_and_never_done_by_a_tick(client: FlaskClient, held: Held) -> None:
    entry = _issued(held)
    asked = registry.ask(entry, CertificateWish.WRONG, "Sai tên", actor=held.people.chi)
    db.session.commit()
    login(client, held.people.long)
    address = f"/certificate-requests/{asked.id}"
    client.post(address, data={"reason": " "})
    client.post(address, data={"done": "yes"})
    db.session.refresh(asked)
    assert asked.state == CertificateRequestState.OPEN
    # A confirmation is not what was asked for: the request stays.
    registry.confirm(entry, reason="Mất", actor=held.people.an)
    db.session.commit()
    db.session.refresh(asked)
    assert asked.state == CertificateRequestState.OPEN
    client.post(address, data={"reason": "Giấy khai sinh ghi như vậy"})
    db.session.refresh(asked)
    assert asked.state == CertificateRequestState.REFUSED
    login(client, held.people.chi)
    assert "Giấy khai sinh ghi như vậy" in client.get("/").text


def test_a_checker_sees_through_a_forged_grade_name_or_birth_date(client: FlaskClient, held: Held) -> None:
    with operation(SYSTEM, "test.born"):
        held.chi.employee.birth_date = date(1985, 9, 2)
    db.session.commit()
    entry = _issued(held)
    page = client.get(f"/xac-minh/{_print(held, Paper.CERTIFICATE, held.chi.id).code}").text
    printed = page.split("Nội dung in trên giấy")[1]
    made = held.opened.training_class
    facts = (
        "Trần Thị Chi",
        "02/9/1985",
        made.course.name,
        made.code,
        "Khá",
        str(entry.number),
        "Nguyễn Hiệu Trưởng",
    )
    for fact in facts:
        assert fact in printed, fact
    assert entry.full_number in page
    assert "đang có hiệu lực" in page
    assert "NV001" not in page
    # Of a list of people the one who is asked for, with the result that was printed, and nobody else.
    decision = f"/xac-minh/{_print(held, Paper.RECOGNITION, held.opened.class_id).code}"
    assert "Lê Văn Dũng" not in client.get(decision).text
    found = client.get(decision, query_string={"name": "lê văn dũng"}).text
    assert "Không đạt" in found
    assert "Trần Thị Chi" not in found
    assert "không có ai tên như vậy" in client.get(decision, query_string={"name": "Lê Văn"}).text


def test_a_certificate_in_the_register_is_not_none_yet(client: FlaskClient, held: Held) -> None:
    entry = _issued(held)
    login(client, held.people.chi)
    page = client.get("/my-papers").text
    assert entry.full_number in page
    assert "Chưa có giấy triệu tập hoặc chứng chỉ" not in page
    _print(held, Paper.CERTIFICATE, held.chi.id)
    assert "Bản giấy chưa có trên trang này" not in client.get("/my-papers").text


def test_pages_of_lost_and_wrong_certificates_say_what_they_rest_on(client: FlaskClient, held: Held) -> None:
    """With the day on which each rule was compared; what could not be compared says so."""
    entry = _issued(held)
    login(client, held.people.chi)
    own = client.get(f"/my-certificates/{entry.id}/ask").text
    asked = registry.ask(entry, CertificateWish.LOST, "Mất khi chuyển nhà", actor=held.people.chi)
    db.session.commit()
    login(client, held.people.long)
    pages = [
        f"/certificates/{entry.id}/confirm",
        f"/certificates/{entry.id}/correct",
        f"/certificate-requests/{asked.id}",
    ]
    for shown in (own, *(client.get(address).text for address in pages)):
        assert "Thông tư 03/2023/TT-BNV, Điều 5" in shown
        assert "Đối chiếu ngày 27/11/2026" in shown
        assert "Thông tư 21/2019/TT-BGDĐT" in shown
        assert "chưa đối chiếu được" in shown
    assert f"{answer_by(today()):%d/%m/%Y}" in client.get(pages[-1]).text, "five working days"


def test_a_request_is_answered_within_five_working_days(held: Held) -> None:
    assert answer_by(date(2027, 3, 5)) == date(2027, 3, 12), "a Friday: the Friday after"
    save_holiday({"name": "Nghỉ", "first": date(2027, 3, 10), "state": "expected", "source": "X"}, actor=SYSTEM)
    db.session.commit()
    assert answer_by(date(2027, 3, 5)) == date(2027, 3, 15)
