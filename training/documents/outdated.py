"""Letters of summons that are no longer right: the seat ended, or its class was moved.

A letter is frozen; whether it still says what is true follows from the seat as it is, and is marked by nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ..db import db
from ..enrolments.models import Enrolment, EnrolmentState
from ..language import moment
from ..needs.models import Need
from ..planning.models import Plan
from ..results.models import Certificate, Recognition
from .models import Document, DocumentState, Paper

# Conditions on `Document` beside the `Enrolment` that it was issued for.
_LETTER = sa.and_(
    Document.enrolment_id == Enrolment.id, Document.kind == Paper.SUMMONS, Document.state == DocumentState.ISSUED
)
_ENDED = Enrolment.state == EnrolmentState.CANCELLED
_MOVED = sa.and_(~_ENDED, Document.option_id != Enrolment.option_id)


def right(kind: Paper) -> sa.ColumnElement[bool]:
    """Condition on `Enrolment`: it has a paper of that kind in force that is still right."""
    paper = sa.exists().where(
        Document.kind == kind,
        Document.enrolment_id == Enrolment.id,
        Document.state == DocumentState.ISSUED,
        sa.or_(Document.option_id.is_(None), Document.option_id == Enrolment.option_id),
    )
    return paper


def why(letter: Document) -> str | None:
    """Why a letter in force is no longer right, in words; None: it is right, or no letter in force."""
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
    """Why a paper in force says what its book has taken back since: an entry of the register that was cancelled, a
    recognition that was withdrawn; None: the book still says the same."""
    if paper.state != DocumentState.ISSUED:
        return None
    if paper.kind == Paper.CERTIFICATE:
        entries = sa.select(Certificate).where(
            Certificate.enrolment_id == paper.enrolment_id, Certificate.cancelled_at.is_not(None)
        )
        rows = db.session.scalars(entries.options(joinedload(Certificate.register)))
        when = next((row.cancelled_at for row in rows if row.full_number == paper.symbol), None)
        return (
            str(_("No longer valid: cancelled in the register on %(when)s.", when=moment(when))) if when else None
        )
    if paper.kind == Paper.RECOGNITION:
        living = sa.select(Recognition.id).where(
            Recognition.class_id == paper.class_id,
            Recognition.number == paper.symbol,
            Recognition.withdrawn_at.is_(None),
        )
        if db.session.scalar(living.limit(1)) is None:
            return str(_("No longer valid: the recognition was withdrawn."))
    return None


@dataclass(frozen=True, slots=True)
class Outdated:
    """How many letters in force are no longer right.

    Attributes:
        moved: of people who keep their seat and need a new letter; `ended`: of seats that ended.
    """

    moved: int
    ended: int

    @property
    def total(self) -> int:
        return self.moved + self.ended


def count(*, plan: Plan | None = None, class_id: int | None = None) -> Outdated:
    """Those of a plan's round or of a class, in one query."""
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
