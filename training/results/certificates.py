"""The register of certificates: issued with the next number, confirmed when lost, cancelled with a reason."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import contains_eager, joinedload

from ..access import Scope
from ..audit import Actor, operation, utcnow
from ..classes.models import TrainingClass
from ..completions.operations import save_completion
from ..db import db
from ..enrolments.models import Enrolment, OpenClass
from ..errors import Fault, Refused
from ..language import day as as_day
from ..language import today
from ..people.models import Employee
from . import news
from .books import hold
from .models import (
    BookState,
    Certificate,
    CertificateKind,
    CertificateRegister,
    Recognition,
    Result,
)


def series_of(training_class: TrainingClass, kind: CertificateKind) -> str:
    """The series of a class's certificates: «CC-TCT» for those of the host with the code TCT."""
    host = training_class.host
    return f"{kind.series}-{host.code}" if host is not None else kind.series


def take_numbers(year: int, series: str, count: int) -> tuple[CertificateRegister, int]:
    """Take the next `count` numbers of a register, which stays locked until the transaction ends: should it be
    rolled back, the numbers were never taken. Within an operation that writes an entry for each.

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
    """Results of a class that passed and have no living certificate, in Vietnamese order of the people."""
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
    """The decision in force that recognises a class's results."""
    return db.session.scalar(
        sa.select(Recognition).where(Recognition.class_id == class_id, Recognition.withdrawn_at.is_(None))
    )


def issue(opened: OpenClass, *, actor: Actor) -> int:
    """Enter a certificate of today for everybody who passed and has none; its number goes into the completion.

    Returns:
        how many.

    Raises:
        Refused: the results are not recognised, or nobody is left.
    """
    with operation(actor, "results.issue") as session:
        hold(opened.class_id, BookState.RECOGNISED)
        recognition, day = recognition_of(opened.class_id), today()
        assert recognition is not None, "a recognised book has a decision"
        if recognition.decided_on > day:
            raise Refused(_("The decision is of %(day)s.", day=as_day(recognition.decided_on)))
        rows = to_issue(opened.class_id)
        if not rows:
            raise Refused(_("Everybody who passed has a certificate."))
        made = opened.training_class
        register, first = take_numbers(day.year, series_of(made, CertificateKind.CERTIFICATE), len(rows))
        entries = []
        for number, row in enumerate(rows, start=first):
            entry = Certificate(
                register=register,
                number=number,
                kind=CertificateKind.CERTIFICATE,
                enrolment_id=row.enrolment_id,
                class_id=made.id,
                issued_on=day,
                holder=row.enrolment.employee.name,
                course=made.course.name,
                classification=row.classification,
            )
            session.add(entry)
            entries.append(entry)
            if row.completion is not None:
                save_completion({"certificate_number": entry.full_number}, actor=actor, row=row.completion)
        news.tell_certificates(made, entries)
        return len(rows)


def confirm(certificate: Certificate, *, reason: str, actor: Actor) -> Certificate:
    """Enter a confirmation in place of a certificate that was lost or damaged: a certificate is issued once.

    Raises:
        Refused: no reason, or the entry is no living certificate.
    """
    with operation(actor, "results.confirm") as session:
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
            course=certificate.course,
            classification=certificate.classification,
            reason=reason.strip(),
        )
        session.add(entry)
        return entry


def cancel(certificate: Certificate, *, reason: str, actor: Actor) -> None:
    """An entry no longer counts (misprinted, issued by mistake); it stays in the register with the reason. With a
    certificate go its confirmations; its person can be issued another.

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
    """Cancel entries with their confirmations and take their numbers off the completions. Within an operation."""
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
    """The certificates of a class, or of one seat in it, that count."""
    statement = sa.select(Certificate).where(
        Certificate.class_id == class_id,
        Certificate.kind == CertificateKind.CERTIFICATE,
        Certificate.cancelled_at.is_(None),
    )
    if enrolment_id is not None:
        statement = statement.where(Certificate.enrolment_id == enrolment_id)
    return list(db.session.scalars(statement.order_by(Certificate.id)))


def entry(certificate_id: int, scope: Scope) -> Certificate | None:
    """An entry of the register, if it is of a class whose book `scope` keeps."""
    return db.session.scalar(
        sa.select(Certificate)
        .join(Certificate.training_class)
        .where(Certificate.id == certificate_id, _visible(scope))
    )


def _hold_entry(certificate: Certificate) -> None:
    hold(certificate.class_id, *BookState)
    db.session.refresh(certificate, with_for_update={"of": Certificate})


# -- reads ----------------------------------------------------------------------------------------------------


def _visible(scope: Scope) -> sa.ColumnElement[bool]:
    return sa.true() if scope.everything else TrainingClass.host_id.in_(scope.host_ids)


def entries(scope: Scope) -> sa.Select[Certificate]:
    """Every entry of the registers of classes whose books `scope` keeps."""
    return (
        sa.select(Certificate)
        .join(Certificate.register)
        .join(Certificate.training_class)
        .where(_visible(scope))
        .options(contains_eager(Certificate.register), contains_eager(Certificate.training_class))
    )


def entries_of_class(class_id: int) -> list[Certificate]:
    """The entries of a class, in the order of the register."""
    statement = (
        sa.select(Certificate)
        .join(Certificate.register)
        .where(Certificate.class_id == class_id)
        .options(
            contains_eager(Certificate.register),
            joinedload(Certificate.reissue_of).joinedload(Certificate.register),
            joinedload(Certificate.enrolment).joinedload(Enrolment.employee).joinedload(Employee.unit),
        )
        .order_by(CertificateRegister.year, CertificateRegister.series, Certificate.number)
    )
    return list(db.session.scalars(statement))


def entries_of(enrolment_ids: Collection[int]) -> dict[int, list[Certificate]]:
    """Seat → its entries that count, in the order in which they were made."""
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


def register_choices(scope: Scope) -> list[tuple[int, str]]:
    """(id, series and year) of the registers with entries of such classes."""
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
