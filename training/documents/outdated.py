"""Letters of summons that are no longer valid: the seat ended, or its class was moved.

A letter is frozen. Whether it is still valid is computed from the seat as it is now, and is not stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ..core.db import db
from ..core.i18n import day, moment
from ..enrolments.models import Enrolment, EnrolmentState
from ..needs.models import Need
from ..planning.models import Plan
from ..results.models import Certificate, CertificateRegister, Recognition
from .models import Document, DocumentState, Paper

# Conditions on `Document` beside the `Enrolment` that it was issued for.
_LETTER = sa.and_(
    Document.enrolment_id == Enrolment.id, Document.kind == Paper.SUMMONS, Document.state == DocumentState.ISSUED
)
_ENDED = Enrolment.state == EnrolmentState.CANCELLED
_MOVED = sa.and_(~_ENDED, Document.option_id != Enrolment.option_id)


def right(kind: Paper) -> sa.ColumnElement[bool]:
    """Return the condition on `Enrolment`: it has a valid paper of that kind in force."""
    paper = sa.exists().where(
        Document.kind == kind,
        Document.enrolment_id == Enrolment.id,
        Document.state == DocumentState.ISSUED,
        sa.or_(Document.option_id.is_(None), Document.option_id == Enrolment.option_id),
    )
    if kind is not Paper.CERTIFICATE:
        return paper
    # A certificate is valid as long as its entry in the register is the latest one that is not cancelled.
    entry, later = sa.orm.aliased(Certificate), sa.orm.aliased(Certificate)
    number = sa.func.lpad(sa.cast(entry.number, sa.String), sa.func.greatest(4, _digits(entry.number)), "0")
    register = sa.orm.aliased(CertificateRegister)
    symbol = number + "/" + sa.cast(register.year, sa.String) + "/" + register.series
    overtaken = sa.exists().where(
        later.enrolment_id == entry.enrolment_id, later.cancelled_at.is_(None), later.id > entry.id
    )
    living = (
        sa.exists()
        .where(
            Document.kind == kind,
            Document.enrolment_id == Enrolment.id,
            Document.state == DocumentState.ISSUED,
            entry.enrolment_id == Enrolment.id,
            entry.register_id == register.id,
            entry.cancelled_at.is_(None),
            Document.symbol == symbol,
            ~overtaken,
        )
        .correlate(Enrolment)
    )
    return living


def _digits(number: sa.orm.InstrumentedAttribute[int]) -> sa.ColumnElement[int]:
    return sa.func.length(sa.cast(number, sa.String))


def why(letter: Document) -> str | None:
    """Return why a letter in force is no longer valid, in words; None: it is valid, or no letter in force."""
    seat = letter.enrolment
    if letter.kind != Paper.SUMMONS or letter.state != DocumentState.ISSUED or seat is None:
        return None
    if seat.state == EnrolmentState.CANCELLED:
        return str(_("No longer valid: the seat ended on %(when)s.", when=moment(seat.ended_at)))
    if letter.option_id != seat.option_id:
        text = _("Superseded: the class was moved to other days or another place after this letter was issued.")
        return str(text)
    return None


def undone(paper: Document) -> str | None:
    """Return why a paper in force no longer agrees with its book: an entry of the register was cancelled, or a
    recognition withdrawn. None: it agrees."""
    if paper.state != DocumentState.ISSUED:
        return None
    if paper.kind == Paper.CERTIFICATE:
        entries = sa.select(Certificate).where(Certificate.enrolment_id == paper.enrolment_id)
        rows = list(db.session.scalars(entries.options(joinedload(Certificate.register))))
        return _undone_entry(next((row for row in rows if row.full_number == paper.symbol), None), rows)
    if paper.kind == Paper.RECOGNITION:
        living = sa.select(Recognition.id).where(
            Recognition.class_id == paper.class_id,
            Recognition.number == paper.symbol,
            Recognition.withdrawn_at.is_(None),
        )
        if db.session.scalar(living.limit(1)) is None:
            return str(_("No longer valid: the recognition was withdrawn."))
    return None


def _undone_entry(entry: Certificate | None, rows: Sequence[Certificate]) -> str | None:
    """Return why an entry of the register is no longer valid, or not the only valid one; `rows` are all entries of
    its seat."""
    if entry is None:
        return None
    if entry.cancelled_at is not None:
        text = _("No longer valid: cancelled in the register on %(when)s.", when=moment(entry.cancelled_at))
        later = next((row for row in rows if row.replaces_id == entry.id), None)
        if later is not None:
            text += " " + _(
                "In its place: %(number)s of %(day)s.", number=later.full_number, day=day(later.issued_on)
            )
        return str(text)
    lost = next((row for row in rows if row.reissue_of_id == entry.id and row.cancelled_at is None), None)
    if lost is not None:
        return str(
            _(
                "Reported lost or damaged: confirmation %(number)s of %(day)s stands in its place.",
                number=lost.full_number,
                day=day(lost.issued_on),
            )
        )
    return None


@dataclass(frozen=True, slots=True)
class Outdated:
    """How many letters in force are no longer valid.

    Attributes:
        moved: of people who keep their seat and need a new letter; `ended`: of seats that ended.
    """

    moved: int
    ended: int

    @property
    def total(self) -> int:
        return self.moved + self.ended


def count(*, plan: Plan | None = None, class_id: int | None = None) -> Outdated:
    """Return the counts for a plan's round or for a class, in one query."""
    statement = (
        sa.select(sa.func.count().filter(_MOVED), sa.func.count().filter(_ENDED))
        .select_from(Document)
        .join(Enrolment, _LETTER)
    )
    if plan is not None:
        statement = statement.join(Enrolment.need).where(Need.round_id == plan.round_id)
    if class_id is not None:
        statement = statement.where(Enrolment.class_id == class_id)
    moved, ended = db.session.execute(statement).one()
    return Outdated(moved, ended)
