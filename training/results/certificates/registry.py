"""The register of certificates: entries issued with the next number, confirmed when lost, replaced when wrong,
cancelled with a reason; and the requests of holders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import contains_eager, joinedload

from ...classes.models import TrainingClass
from ...completions.operations import save_completion
from ...core.access import Scope
from ...core.audit import Actor, operation, utcnow
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.i18n import day as as_day
from ...core.i18n import today
from ...courses.models import Signer
from ...enrolments.models import Enrolment, OpenClass
from ...people.models import Employee
from .. import notices
from ..books.locking import hold
from ..four_eyes import refuse_who_recognised
from ..models import (
    BookState,
    Certificate,
    CertificateKind,
    CertificateRegister,
    CertificateRequest,
    CertificateRequestState,
    CertificateWish,
    Recognition,
    Result,
)


def series_of(training_class: TrainingClass, kind: CertificateKind) -> str:
    """Return the series of a class's certificates: «CC-TCT» for a host with the code TCT."""
    host = training_class.host
    return f"{kind.series}-{host.code}" if host is not None else kind.series


def take_numbers(year: int, series: str, count: int) -> tuple[CertificateRegister, int]:
    """Take the next `count` numbers of a register, which stays locked until the transaction ends; a rollback
    returns the numbers. Within an operation that writes an entry for each.

    Returns:
        the register, and the first number.
    """
    db.session.execute(
        insert(CertificateRegister)
        .values(year=year, series=series, last_number=0, version=1)
        .on_conflict_do_nothing(index_elements=["year", "series"])
    )
    register = db.session.scalars(
        sa.select(CertificateRegister)
        .where(CertificateRegister.year == year, CertificateRegister.series == series)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    first = register.last_number + 1
    register.last_number += count
    return register, first


def to_issue(class_id: int) -> list[Result]:
    """Return the results of a class that passed and have no valid certificate, in Vietnamese order of the
    people."""
    living = sa.exists().where(
        Certificate.enrolment_id == Result.enrolment_id,
        Certificate.kind == CertificateKind.CERTIFICATE,
        Certificate.cancelled_at.is_(None),
    )
    statement = (
        sa.select(Result)
        .join(Result.enrolment)
        .join(Enrolment.employee)
        .where(Result.class_id == class_id, Result.passed, ~living)
        .order_by(Employee.sort_key, Employee.id)
    )
    return list(db.session.scalars(statement))


def recognition_of(class_id: int) -> Recognition | None:
    """Return the decision in force that recognises a class's results."""
    return db.session.scalar(
        sa.select(Recognition).where(Recognition.class_id == class_id, Recognition.withdrawn_at.is_(None))
    )


def issue(opened: OpenClass, *, signer: Signer | None = None, actor: Actor) -> int:
    """Enter a certificate dated today for everyone who passed and has none; its number is added to the completion.

    Args:
        signer: who signs them; None: the signer of the recognition.

    Returns:
        how many.

    Raises:
        Refused: the results are not recognised, nobody is left, or the actor recognised them and may not issue.
    """
    with operation(actor, "results.issue"):
        recognition = _hold_to_issue(opened.class_id, actor)
        rows = to_issue(opened.class_id)
        if not rows:
            raise Refused(_("Everybody who passed has a certificate."))
        made = opened.training_class
        entries = _enter(made, rows, recognition, signer, actor)
        notices.tell_certificates(made, entries)
        return len(rows)


def _hold_to_issue(class_id: int, actor: Actor) -> Recognition:
    """Lock the book of a class whose results are recognised.

    Raises:
        Refused: the results are not recognised, the decision is of a later day, or the actor recognised them and
            may not issue as well.
    """
    book = hold(class_id, BookState.RECOGNISED)
    recognition = recognition_of(class_id)
    assert recognition is not None, "a recognised book has a decision"
    if recognition.decided_on > today():
        raise Refused(_("The decision is of %(day)s.", day=as_day(recognition.decided_on)))
    refuse_who_recognised(book, recognition, actor=actor)
    return recognition


def _enter(
    made: TrainingClass, rows: Sequence[Result], recognition: Recognition, signer: Signer | None, actor: Actor
) -> list[Certificate]:
    """Add an entry dated today for each result, with the next numbers. Within an operation."""
    day = today()
    if signer is not None and not signer.signs_on(day):
        raise Refused(
            Fault("signer_id", _("%(signer)s does not sign on %(day)s.", signer=signer, day=as_day(day)))
        )
    register, first = take_numbers(day.year, series_of(made, CertificateKind.CERTIFICATE), len(rows))
    entries = []
    for number, row in enumerate(rows, start=first):
        person = row.enrolment.employee
        entry = Certificate(
            register=register,
            number=number,
            kind=CertificateKind.CERTIFICATE,
            enrolment_id=row.enrolment_id,
            class_id=made.id,
            issued_on=day,
            holder=person.name,
            birth_date=person.birth_date,
            birth_year=person.birth_year,
            course=made.course.name,
            classification=row.classification,
        )
        _sign(entry, recognition, signer)
        db.session.add(entry)
        entries.append(entry)
        if row.completion is not None:
            save_completion({"certificate_number": entry.full_number}, actor=actor, row=row.completion)
    return entries


def _sign(entry: Certificate, source: Recognition | Certificate, signer: Signer | None) -> None:
    """Set the signer of an entry: `signer`, or the signer of its source."""
    if signer is not None:
        entry.sign(signer)
    else:
        entry.signer_id, entry.signer_row = source.signer_id, source.signer_row
        entry.copy_signature(source.signature)


def confirm(certificate: Certificate, *, reason: str, signer: Signer | None = None, actor: Actor) -> Certificate:
    """Enter a confirmation for a certificate that was lost or damaged: a certificate is issued only once. The
    holder is notified and the request is closed.

    Raises:
        Refused: no reason, the entry is no valid certificate, it is confirmed already, or the actor recognised the
            results and may not issue.
    """
    with operation(actor, "results.confirm") as session:
        recognition = _hold_to_issue(certificate.class_id, actor)
        _hold_entry(certificate)
        faults = []
        if not reason.strip():
            faults.append(Fault("reason", _("Please give a reason.")))
        if certificate.kind != CertificateKind.CERTIFICATE or certificate.cancelled_at is not None:
            faults.append(Fault("", _("Only a certificate that counts can be confirmed.")))
        if faults:
            raise Refused(*faults)
        day = today()
        series = series_of(certificate.training_class, CertificateKind.CONFIRMATION)
        register, number = take_numbers(day.year, series, 1)
        entry = Certificate(
            register=register,
            number=number,
            kind=CertificateKind.CONFIRMATION,
            reissue_of=certificate,
            enrolment_id=certificate.enrolment_id,
            class_id=certificate.class_id,
            issued_on=day,
            holder=certificate.holder,
            birth_date=certificate.birth_date,
            birth_year=certificate.birth_year,
            course=certificate.course,
            classification=certificate.classification,
            reason=reason.strip(),
        )
        _sign(entry, recognition, signer)
        session.add(entry)
        session.flush()
        settle_request(certificate, CertificateWish.LOST, entry, actor=actor)
        notices.tell_entry("results.confirmed", certificate.training_class, entry, certificate)
        return entry


@dataclass(frozen=True, slots=True)
class CertificateDifference:
    """A difference between a certificate and the record: `field` is a column of the certificate."""

    field: str
    printed: str
    recorded: str


def differences(entry: Certificate, row: Result | None) -> list[CertificateDifference]:
    """Return where a certificate differs from the person's record and result as they are now."""
    person = entry.enrolment.employee
    said = (
        ("holder", entry.holder, person.name),
        ("birth_date", _born(entry), _born(person)),
        ("classification", entry.classification or "", row.classification or "" if row is not None else ""),
    )
    return [CertificateDifference(*one) for one in said if one[1] != one[2]]


def _born(row: Certificate | Employee) -> str:
    return as_day(row.birth_date) if row.birth_date else str(row.birth_year or "")


def reissue(certificate: Certificate, *, reason: str, signer: Signer | None = None, actor: Actor) -> Certificate:
    """Enter a correct certificate in place of one with wrong data, once the record is correct. The old one is
    cancelled and stays in the register; the new one has the next number. The holder is notified and the request is
    closed.

    Raises:
        Refused: no reason, the entry is no valid certificate, the record says the same as the certificate, or the
            actor recognised the results and may not issue.
    """
    with operation(actor, "results.reissue") as session:
        recognition = _hold_to_issue(certificate.class_id, actor)
        _hold_entry(certificate)
        row = session.scalar(sa.select(Result).where(Result.enrolment_id == certificate.enrolment_id))
        faults = []
        if not reason.strip():
            faults.append(Fault("reason", _("Please give a reason.")))
        if certificate.kind != CertificateKind.CERTIFICATE or certificate.cancelled_at is not None:
            faults.append(Fault("", _("Only a certificate that counts can be corrected.")))
        elif row is None or not row.passed:
            faults.append(Fault("", _("This person did not pass.")))
        elif not differences(certificate, row):
            faults.append(Fault("", _("The record says the same as the certificate: put the record right first.")))
        if faults:
            raise Refused(*faults)
        assert row is not None, "its absence is a fault"
        cancel_entries([certificate], _("Corrected: %(why)s", why=reason.strip())[:400], actor)
        session.flush()  # one valid certificate a seat: the old one is cancelled first
        (entry,) = _enter(certificate.training_class, [row], recognition, signer, actor)
        entry.replaces, entry.reason = certificate, reason.strip()
        session.flush()
        settle_request(certificate, CertificateWish.WRONG, entry, actor=actor)
        notices.tell_entry("results.reissued", certificate.training_class, entry, certificate)
        return entry


def cancel(certificate: Certificate, *, reason: str, actor: Actor) -> None:
    """Cancel an entry that was misprinted or issued by mistake; it stays in the register with the reason. The
    confirmations of a cancelled certificate are cancelled, too; its person can be issued another.

    Raises:
        Refused: no reason, or it is cancelled already.
    """
    with operation(actor, "results.cancel_certificate"):
        _hold_entry(certificate)
        if not reason.strip():
            raise Refused(Fault("reason", _("Please give a reason.")))
        if certificate.cancelled_at is not None:
            raise Refused(_("This entry is cancelled already."))
        cancel_entries([certificate], reason.strip(), actor)


def cancel_entries(entries: list[Certificate], reason: str, actor: Actor) -> None:
    """Cancel entries with their confirmations and remove their numbers from the completions. Within an
    operation."""
    ids = [entry.id for entry in entries]
    confirmations = db.session.scalars(
        sa.select(Certificate).where(Certificate.reissue_of_id.in_(ids), Certificate.cancelled_at.is_(None))
    ).all()
    for entry in (*entries, *confirmations):
        if entry.cancelled_at is None:
            entry.cancelled_at, entry.cancelled_by, entry.cancel_reason = utcnow(), actor.actor_name, reason
    seats = [entry.enrolment_id for entry in entries if entry.kind == CertificateKind.CERTIFICATE]
    for row in db.session.scalars(sa.select(Result).where(Result.enrolment_id.in_(seats))):
        if row.completion is not None:
            save_completion({"certificate_number": None}, actor=actor, row=row.completion)


def living_entries(class_id: int, enrolment_id: int | None = None) -> list[Certificate]:
    """Return the valid certificates of a class, or of one seat in it."""
    statement = sa.select(Certificate).where(
        Certificate.class_id == class_id,
        Certificate.kind == CertificateKind.CERTIFICATE,
        Certificate.cancelled_at.is_(None),
    )
    if enrolment_id is not None:
        statement = statement.where(Certificate.enrolment_id == enrolment_id)
    return list(db.session.scalars(statement.order_by(Certificate.id)))


def entry(certificate_id: int, scope: Scope) -> Certificate | None:
    """Return an entry of the register, if it is of a class whose book is in `scope`."""
    return db.session.scalar(
        sa.select(Certificate)
        .join(Certificate.training_class)
        .where(Certificate.id == certificate_id, _visible(scope))
    )


def _hold_entry(certificate: Certificate) -> None:
    hold(certificate.class_id, *BookState)
    db.session.refresh(certificate, with_for_update={"of": Certificate})


# -- requests of holders ----------------------------------------------------------------------------------------


def own_certificate(certificate_id: int, employee_id: int) -> Certificate | None:
    """Return a valid certificate of the person's own."""
    return db.session.scalar(
        sa.select(Certificate)
        .join(Certificate.enrolment)
        .where(
            Certificate.id == certificate_id,
            Enrolment.employee_id == employee_id,
            Certificate.kind == CertificateKind.CERTIFICATE,
            Certificate.cancelled_at.is_(None),
        )
    )


def ask(certificate: Certificate, wish: CertificateWish, reason: str, *, actor: Actor) -> CertificateRequest:
    """Record a holder's request for a confirmation or for a corrected certificate; the keepers of the class's book
    are notified.

    Raises:
        Refused: no reason, the certificate is no longer valid, or a request is open already.
    """
    with operation(actor, "results.ask_certificate") as session:
        _hold_entry(certificate)
        faults = []
        if not reason.strip():
            faults.append(Fault("reason", _("Please give a reason.")))
        if certificate.cancelled_at is not None:
            faults.append(Fault("", _("This entry is cancelled already.")))
        if open_request(certificate.id) is not None:
            faults.append(Fault("", _("You have asked already: the answer comes as a message.")))
        if faults:
            raise Refused(*faults)
        row = CertificateRequest(certificate=certificate, wish=wish, reason=reason.strip()[:400])
        session.add(row)
        session.flush()
        notices.tell_certificate_asked(row)
        return row


def open_request(certificate_id: int) -> CertificateRequest | None:
    """Return the open request for a certificate."""
    return db.session.scalar(
        sa.select(CertificateRequest).where(
            CertificateRequest.certificate_id == certificate_id,
            CertificateRequest.state == CertificateRequestState.OPEN,
        )
    )


def open_requests(class_id: int) -> list[CertificateRequest]:
    """Return the open requests for a class's certificates."""
    return list(
        db.session.scalars(
            sa.select(CertificateRequest)
            .join(CertificateRequest.certificate)
            .where(Certificate.class_id == class_id, CertificateRequest.state == CertificateRequestState.OPEN)
            .options(contains_eager(CertificateRequest.certificate))
            .order_by(CertificateRequest.id)
        )
    )


def settle_request(certificate: Certificate, wish: CertificateWish, entry: Certificate, *, actor: Actor) -> None:
    """Close the holder's request with `entry`. Within an operation."""
    row = open_request(certificate.id)
    if row is not None and row.wish == wish:
        row.state, row.entry = CertificateRequestState.DONE, entry
        row.answered_at, row.answered_by = utcnow(), actor.actor_name


def refuse_request(row: CertificateRequest, answer: str, *, actor: Actor) -> None:
    """Refuse a request with a reason; the holder is notified.

    Raises:
        Refused: no reason, or it is answered already.
    """
    with operation(actor, "results.refuse_certificate_request") as session:
        session.refresh(row, with_for_update={"of": CertificateRequest})
        if row.state != CertificateRequestState.OPEN:
            raise Refused(_("This request is answered already."))
        if not answer.strip():
            raise Refused(Fault("reason", _("Please give a reason.")))
        row.state, row.answer = CertificateRequestState.REFUSED, answer.strip()[:400]
        row.answered_at, row.answered_by = utcnow(), actor.actor_name
        notices.tell_certificate_refused(row)


def requests(scope: Scope) -> sa.Select[CertificateRequest]:
    """Return the requests of holders, of classes whose books are in `scope`."""
    return (
        sa.select(CertificateRequest)
        .join(CertificateRequest.certificate)
        .join(Certificate.training_class)
        .where(_visible(scope))
        .options(
            contains_eager(CertificateRequest.certificate).contains_eager(Certificate.training_class),
            contains_eager(CertificateRequest.certificate).joinedload(Certificate.register),
        )
    )


def request(request_id: int, scope: Scope) -> CertificateRequest | None:
    return db.session.scalar(requests(scope).where(CertificateRequest.id == request_id))


def requests_of(certificate_ids: Collection[int]) -> dict[int, CertificateRequest]:
    """Return, by certificate, the latest request of its holder."""
    statement = sa.select(CertificateRequest).where(CertificateRequest.certificate_id.in_(certificate_ids))
    return {row.certificate_id: row for row in db.session.scalars(statement.order_by(CertificateRequest.id))}


# -- queries --------------------------------------------------------------------------------------------------


def _visible(scope: Scope) -> sa.ColumnElement[bool]:
    return sa.true() if scope.everything else TrainingClass.host_id.in_(scope.host_ids)


def entries(scope: Scope) -> sa.Select[Certificate]:
    """Return every entry of the registers of classes whose books are in `scope`."""
    return (
        sa.select(Certificate)
        .join(Certificate.register)
        .join(Certificate.training_class)
        .where(_visible(scope))
        .options(contains_eager(Certificate.register), contains_eager(Certificate.training_class))
    )


def numbered(word: str) -> sa.ColumnElement[bool]:
    """Return the condition on `Certificate` joined with its register: the word is in its number, year or
    series."""
    number = sa.func.lpad(sa.cast(Certificate.number, sa.Text), 4, "0")
    year = sa.cast(CertificateRegister.year, sa.Text)
    whole = number + "/" + year + "/" + sa.func.lower(CertificateRegister.series)
    return whole.contains(word, autoescape=True)


def entries_of_class(class_id: int) -> list[Certificate]:
    """Return the entries of a class, in the order of the register."""
    statement = (
        sa.select(Certificate)
        .join(Certificate.register)
        .where(Certificate.class_id == class_id)
        .options(
            contains_eager(Certificate.register),
            joinedload(Certificate.reissue_of).joinedload(Certificate.register),
            joinedload(Certificate.replaces).joinedload(Certificate.register),
            joinedload(Certificate.enrolment).joinedload(Enrolment.employee).joinedload(Employee.unit),
        )
        .order_by(CertificateRegister.year, CertificateRegister.series, Certificate.number)
    )
    return list(db.session.scalars(statement))


def entries_of(enrolment_ids: Collection[int]) -> dict[int, list[Certificate]]:
    """Return, by seat, its valid entries in the order in which they were made."""
    found: dict[int, list[Certificate]] = {}
    statement = (
        sa.select(Certificate)
        .where(Certificate.enrolment_id.in_(enrolment_ids), Certificate.cancelled_at.is_(None))
        .options(joinedload(Certificate.register))
        .order_by(Certificate.id)
    )
    for row in db.session.scalars(statement):
        found.setdefault(row.enrolment_id, []).append(row)
    return found


def entries_of_person(employee_id: int) -> list[Certificate]:
    """Return the valid entries of a person, the latest first."""
    statement = (
        sa.select(Certificate)
        .join(Certificate.enrolment)
        .where(Enrolment.employee_id == employee_id, Certificate.cancelled_at.is_(None))
        .options(joinedload(Certificate.register), joinedload(Certificate.training_class))
        .order_by(Certificate.id.desc())
    )
    return list(db.session.scalars(statement))


def register_choices(scope: Scope) -> list[tuple[int, str]]:
    """Return (id, series and year) of the registers with entries of such classes."""
    statement = (
        sa.select(CertificateRegister)
        .where(
            CertificateRegister.id.in_(
                sa.select(Certificate.register_id).join(Certificate.training_class).where(_visible(scope))
            )
        )
        .order_by(CertificateRegister.year.desc(), CertificateRegister.series)
    )
    return [(row.id, str(row)) for row in db.session.scalars(statement)]
