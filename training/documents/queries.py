"""Queries for papers: a trainee's own, those of an officer's people, those of a host's classes, all for
planners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, undefer

from ..classes.models import TrainingClass
from ..core.access import Scope
from ..core.db import db
from ..enrolments.models import Enrolment, EnrolmentState, OpenClass
from ..people.models import Employee
from ..people.queries import kept_employees
from ..planning.models import Plan, PlanState
from ..results.certificates import registry
from .models import (
    OF_PLAN,
    Document,
    DocumentState,
    Issuer,
    Paper,
    PaperBatch,
    PaperRegister,
    PaperTemplate,
    Signer,
)

# Papers that name nobody: for all who follow the plan.
_OPEN = (*OF_PLAN, Paper.OPENING_DECISION)


def visible(scope: Scope) -> sa.ColumnElement[bool]:
    """Return the condition on `Document`: papers that `scope` may read."""
    if scope.everything:
        return sa.true()
    seen = [Document.employee_id == (scope.employee_id or -1)]
    if scope.unit_ids:
        seen.append(Document.kind.in_(_OPEN))
        seen.append(Document.employee_id.in_(sa.select(Employee.id).where(kept_employees(scope))))
    if scope.host_ids:
        hosted = sa.select(TrainingClass.id).where(TrainingClass.host_id.in_(scope.host_ids))
        seen.append(Document.class_id.in_(hosted))
    return sa.or_(*seen)


def documents(scope: Scope) -> sa.Select[Document]:
    """Return the papers that `scope` may read, with issuer and person."""
    return (
        sa.select(Document)
        .where(visible(scope))
        .options(joinedload(Document.issuer), joinedload(Document.employee), joinedload(Document.enrolment))
    )


def document(document_id: int, scope: Scope, *, content: bool = False) -> Document | None:
    statement = documents(scope).where(Document.id == document_id)
    statement = statement.options(
        joinedload(Document.training_class), joinedload(Document.plan), joinedload(Document.replaced_by)
    )
    if content:
        statement = statement.options(undefer(Document.content))
    return db.session.scalar(statement)


def in_force_of(scope: Scope, *, plan_id: int | None = None, class_id: int | None = None) -> dict[str, Document]:
    """Return, by kind, the paper in force for a plan or a class as a whole."""
    statement = documents(scope).where(Document.state == DocumentState.ISSUED, Document.enrolment_id.is_(None))
    if plan_id is not None:
        statement = statement.where(Document.plan_id == plan_id, Document.class_id.is_(None))
    else:
        statement = statement.where(Document.class_id == class_id)
    return {row.kind: row for row in db.session.scalars(statement)}


def papers_of_person(employee_id: int, scope: Scope) -> Sequence[Document]:
    """Return the papers of a person, the latest first."""
    statement = documents(scope).where(Document.employee_id == employee_id)
    statement = statement.options(joinedload(Document.training_class))
    return db.session.scalars(statement.order_by(Document.issued_on.desc(), Document.id.desc())).all()


def papers_of_class(class_id: int, kind: Paper, scope: Scope) -> dict[int, Document]:
    """Return, by seat, the paper of a kind in force."""
    statement = documents(scope).where(
        Document.class_id == class_id,
        Document.kind == kind,
        Document.state == DocumentState.ISSUED,
        Document.enrolment_id.is_not(None),
    )
    return {row.enrolment_id: row for row in db.session.scalars(statement) if row.enrolment_id is not None}


def by_code(code: str) -> Document | None:
    """Return the paper behind a QR code; the code is enough to read it."""
    return db.session.scalar(_checked().where(Document.code == code))


def by_checksum(sha256: str) -> Document | None:
    """Return the paper whose file has this checksum."""
    return db.session.scalar(_checked().where(Document.sha256 == sha256).order_by(Document.id).limit(1))


def _checked() -> sa.Select[Document]:
    return sa.select(Document).options(
        joinedload(Document.issuer), joinedload(Document.replaced_by), joinedload(Document.employee),
        joinedload(Document.training_class), joinedload(Document.enrolment), undefer(Document.facts),
    )  # fmt: skip


def running_class(class_id: int) -> OpenClass | None:
    return db.session.scalar(
        sa.select(OpenClass)
        .where(OpenClass.class_id == class_id, OpenClass.cancelled_at.is_(None))
        .options(joinedload(OpenClass.training_class))
    )


def roster(class_id: int) -> sa.Select[Enrolment]:
    """Return who has a seat in a class, with unit."""
    return (
        sa.select(Enrolment)
        .join(Enrolment.employee)
        .where(Enrolment.class_id == class_id, Enrolment.state == EnrolmentState.ENROLLED)
        .options(joinedload(Enrolment.employee).joinedload(Employee.unit))
        .order_by(Employee.sort_key, Employee.id)
    )


def seat(enrolment_id: int) -> Enrolment | None:
    return db.session.scalar(
        sa.select(Enrolment)
        .where(Enrolment.id == enrolment_id)
        .options(joinedload(Enrolment.employee), joinedload(Enrolment.training_class))
    )


def published_plans() -> Sequence[Plan]:
    return db.session.scalars(
        sa.select(Plan).where(Plan.state == PlanState.PUBLISHED).order_by(Plan.published_at.desc())
    ).all()


def plan(plan_id: int) -> Plan | None:
    return db.session.scalar(
        sa.select(Plan)
        .where(Plan.id == plan_id, Plan.state == PlanState.PUBLISHED)
        .options(joinedload(Plan.round))
    )


def batches_of(*, plan_id: int | None = None, class_id: int | None = None) -> Sequence[PaperBatch]:
    """Return the latest batches of a plan or a class."""
    statement = sa.select(PaperBatch).order_by(PaperBatch.id.desc()).limit(20)
    mine = PaperBatch.plan_id == plan_id if plan_id is not None else PaperBatch.class_id == class_id
    return db.session.scalars(statement.where(mine)).all()


def issuers(scope: Scope) -> Sequence[Issuer]:
    """Return who may issue in `scope`: a host's own people only for that host."""
    statement = sa.select(Issuer).order_by(Issuer.sort_key)
    if not scope.everything:
        statement = statement.where(Issuer.host_id.in_(scope.host_ids))
    return db.session.scalars(statement).all()


def book_signer(class_id: int) -> Signer | None:
    """Return the signer of the recognition of a class's results."""
    decision = registry.recognition_of(class_id)
    return decision.signer_row if decision is not None else None


def signers(issuer_ids: Sequence[int]) -> Sequence[Signer]:
    return db.session.scalars(
        sa.select(Signer)
        .where(Signer.issuer_id.in_(issuer_ids), Signer.active)
        .options(joinedload(Signer.issuer))
        .order_by(Signer.issuer_id, Signer.id)
    ).all()


def templates_of(kind: Paper) -> Sequence[PaperTemplate]:
    return db.session.scalars(
        sa.select(PaperTemplate).where(PaperTemplate.kind == kind).order_by(PaperTemplate.number.desc())
    ).all()


def templates_in_use() -> dict[str, PaperTemplate]:
    return {row.kind: row for row in db.session.scalars(sa.select(PaperTemplate).where(PaperTemplate.in_use))}


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A register of numbers.

    Attributes:
        last: the last number given; `papers`: how many papers have a number in it. They are equal when there are
            no gaps.
    """

    issuer: Issuer
    kind: Paper
    year: int
    last: int
    papers: int


def registers() -> list[RegisterLine]:
    papers = (
        sa.select(sa.func.count())
        .where(
            Document.issuer_id == PaperRegister.issuer_id,
            Document.kind == PaperRegister.kind,
            Document.year == PaperRegister.year,
            Document.number.is_not(None),
        )
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(Issuer, PaperRegister.kind, PaperRegister.year, PaperRegister.last, papers)
        .join(Issuer, Issuer.id == PaperRegister.issuer_id)
        .order_by(PaperRegister.year.desc(), Issuer.sort_key, PaperRegister.kind)
    )
    return [RegisterLine(issuer, Paper(kind), year, last, count) for issuer, kind, year, last, count in rows]
