"""Official papers: issuers and signers, templates and registers, and each paper as issued."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..classes.models import TrainingClass
from ..core.audit import Audited
from ..core.chunked_jobs import WorkState
from ..core.db import Base, Record
from ..courses.models import Authority, Issuer, Signer
from ..enrolments.models import Enrolment
from ..people.models import Employee
from ..planning.models import Plan
from ..results.models import CertificateKind

# Issuers and signers are defined upstream, beside the hosts, because class books name signers as well.
__all__ = [
    "OF_CLASS",
    "OF_PERSON",
    "OF_PLAN",
    "Authority",
    "Document",
    "DocumentState",
    "Issuer",
    "Paper",
    "PaperBatch",
    "PaperRegister",
    "PaperTemplate",
    "Signer",
]


class Paper(StrEnum):
    """The kinds of papers."""

    PLAN_DECISION = "plan_decision"
    OPENING_DECISION = "opening_decision"
    SUMMONS = "summons"
    TRAINEE_LIST = "trainee_list"
    ATTENDANCE_SHEET = "attendance_sheet"
    RECOGNITION = "recognition"
    CERTIFICATE_REGISTER = "certificate_register"
    CERTIFICATE = "certificate"
    RESULT_REPORT = "result_report"

    @property
    def label(self) -> str:
        return str(_PAPERS[self])

    @property
    def symbol(self) -> str | None:
        """Return the part between number and issuer (số/ký hiệu). None: a sheet, or a paper whose number comes
        from the class books (recognition, certificates)."""
        return _SYMBOLS.get(self)


_PAPERS = {
    Paper.PLAN_DECISION: _l("Decision on the plan"),
    Paper.OPENING_DECISION: _l("Decision to open a class"),
    Paper.SUMMONS: _l("Summons"),
    Paper.TRAINEE_LIST: _l("List of trainees"),
    Paper.ATTENDANCE_SHEET: _l("Attendance sheet"),
    Paper.RECOGNITION: _l("Decision of recognition"),
    Paper.CERTIFICATE_REGISTER: _l("Certificate register"),
    Paper.CERTIFICATE: _l("Certificate"),
    Paper.RESULT_REPORT: _l("Result report"),
}
# Nghị định 30/2020/NĐ-CP, phụ lục III: QĐ, BC; it does not list the summons, which keeps the usual GTT.
_SYMBOLS = {
    Paper.PLAN_DECISION: "QĐ",
    Paper.OPENING_DECISION: "QĐ",
    Paper.SUMMONS: "GTT",
    Paper.RESULT_REPORT: "BC",
}
OF_PLAN = (Paper.PLAN_DECISION, Paper.RESULT_REPORT)
OF_CLASS = (
    Paper.OPENING_DECISION,
    Paper.TRAINEE_LIST,
    Paper.ATTENDANCE_SHEET,
    Paper.RECOGNITION,
    Paper.CERTIFICATE_REGISTER,
)
OF_PERSON = (Paper.SUMMONS, Paper.CERTIFICATE)


class PaperTemplate(Audited, Record, Base):
    """A version of an office's own template for a kind of paper; without one in use the standard template is
    used."""

    __tablename__ = "paper_template"
    __unaudited__ = Audited.__unaudited__ | {"content"}

    kind: Mapped[str] = mapped_column(sa.String(30))
    number: Mapped[int]
    filename: Mapped[str] = mapped_column(sa.String(200))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    note: Mapped[str | None] = mapped_column(sa.String(400))
    uploaded_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    uploaded_by: Mapped[str] = mapped_column(sa.String(200))
    in_use: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        sa.UniqueConstraint("kind", "number"),
        sa.Index("uq_paper_template_in_use", "kind", unique=True, postgresql_where=sa.text("in_use")),
    )

    def __str__(self) -> str:
        return f"{Paper(self.kind).label} {self.number}"


class PaperRegister(Base):
    """The last number that an issuer gave to a kind of paper in a year; taking the next one locks the row."""

    __tablename__ = "paper_register"

    issuer_id: Mapped[int] = mapped_column(sa.ForeignKey("issuer.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(30), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(default=0)


class PaperBatch(Audited, Record, Base):
    """Papers of one kind for everyone of a plan or a class, issued in the background.

    Attributes:
        total: how many were to be issued at the time of the request.
        template_id: the template of all of them; None: the standard one.
    """

    __tablename__ = "paper_batch"
    __unaudited__ = Audited.__unaudited__ | {"done"}

    kind: Mapped[str] = mapped_column(sa.String(30))
    plan_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plan.id"), index=True)
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    issuer_id: Mapped[int] = mapped_column(sa.ForeignKey("issuer.id"), index=True)
    signer_id: Mapped[int] = mapped_column(sa.ForeignKey("signer.id"), index=True)
    template_id: Mapped[int | None] = mapped_column(sa.ForeignKey("paper_template.id"), index=True)
    issued_on: Mapped[date]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # further fields of the paper
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(20), default=WorkState.QUEUED)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    message: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    finished_at: Mapped[datetime | None]

    plan: Mapped[Plan | None] = relationship()
    training_class: Mapped[TrainingClass | None] = relationship()
    issuer: Mapped[Issuer] = relationship()
    signer: Mapped[Signer] = relationship()
    template: Mapped[PaperTemplate | None] = relationship()

    __table_args__ = (
        sa.CheckConstraint("(plan_id IS NULL) <> (class_id IS NULL)", name="subject"),
        sa.CheckConstraint(
            "state IN ('queued', 'working', 'stopping', 'stopped', 'ready', 'failed')", name="state"
        ),
    )

    def __str__(self) -> str:
        return f"{Paper(self.kind).label}: {self.plan or self.training_class}"


class DocumentState(StrEnum):
    ISSUED = "issued"
    REPLACED = "replaced"
    REVOKED = "revoked"

    @property
    def label(self) -> str:
        return str(_DOCUMENT_STATES[self])


_DOCUMENT_STATES = {
    DocumentState.ISSUED: _l("In force"),
    DocumentState.REPLACED: _l("Replaced"),
    DocumentState.REVOKED: _l("Revoked"),
}
_IN_FORCE = sa.text("state = 'issued'")


class Document(Audited, Record, Base):
    """A paper as issued: its bytes never change and are never generated again.

    Attributes:
        plan_id, class_id, employee_id, enrolment_id: its subject: the plan alone, the class alone, or a person's
            seat in a class.
        option_id: of a summons, the days and the place of the class that it names (see `outdated.py`).
        number, year, symbol: number in the issuer's register of this kind and year, and «12/QĐ-SNV» as it is
            printed. Sheets have none; recognitions and certificates have that of their own books in `symbol`.
        facts: the values of the fields.
        content, sha256, size: the file and its checksum. The file is in the database, so that number, state, bytes
            and checksum commit together and one backup contains them all.
        code: the secret part of the address behind the QR code.
    """

    __tablename__ = "document"
    __unaudited__ = Audited.__unaudited__ | {"content", "facts", "search"}
    __masked__ = frozenset({"code"})

    kind: Mapped[str] = mapped_column(sa.String(30))
    plan_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plan.id"), index=True)
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    employee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("employee.id"), index=True)
    enrolment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("enrolment.id"), index=True)
    option_id: Mapped[int | None] = mapped_column(sa.ForeignKey("class_option.id"), index=True)
    batch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("paper_batch.id"))
    issuer_id: Mapped[int] = mapped_column(sa.ForeignKey("issuer.id"))
    signer_name: Mapped[str] = mapped_column(sa.String(200))
    year: Mapped[int]
    number: Mapped[int | None]
    symbol: Mapped[str | None] = mapped_column(sa.String(100))
    issued_on: Mapped[date]
    title: Mapped[str] = mapped_column(sa.String(400))
    search: Mapped[str] = mapped_column(sa.String(900))
    template_id: Mapped[int | None] = mapped_column(sa.ForeignKey("paper_template.id"), index=True)
    template_sha256: Mapped[str] = mapped_column(sa.String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)
    state: Mapped[str] = mapped_column(sa.String(20), default=DocumentState.ISSUED)
    state_reason: Mapped[str | None] = mapped_column(sa.String(400))
    ended_on: Mapped[date | None]
    replaced_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("document.id", deferrable=True, initially="DEFERRED"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    plan: Mapped[Plan | None] = relationship()
    training_class: Mapped[TrainingClass | None] = relationship()
    employee: Mapped[Employee | None] = relationship()
    enrolment: Mapped[Enrolment | None] = relationship()
    issuer: Mapped[Issuer] = relationship()
    template: Mapped[PaperTemplate | None] = relationship()
    replaced_by: Mapped[Document | None] = relationship(remote_side="Document.id")

    __table_args__ = (
        sa.UniqueConstraint("issuer_id", "kind", "year", "number"),
        # A batch that is killed and continues makes no second paper for a seat.
        sa.UniqueConstraint("batch_id", "enrolment_id"),
        # Only one paper of a kind is in force for a plan, a class or a seat.
        sa.Index("uq_document_plan", "kind", "plan_id", unique=True,
                 postgresql_where=sa.text("state = 'issued' AND class_id IS NULL")),
        sa.Index("uq_document_class", "kind", "class_id", unique=True,
                 postgresql_where=sa.text("state = 'issued' AND enrolment_id IS NULL")),
        sa.Index("uq_document_seat", "kind", "enrolment_id", unique=True, postgresql_where=_IN_FORCE),
        sa.CheckConstraint("state IN ('issued', 'replaced', 'revoked')", name="state"),
        sa.CheckConstraint("(state = 'issued') = (ended_on IS NULL)", name="ended"),
        sa.CheckConstraint("(state = 'issued') = (state_reason IS NULL)", name="reason"),
        sa.CheckConstraint("(state = 'replaced') = (replaced_by_id IS NOT NULL)", name="replaced"),
        sa.CheckConstraint("(employee_id IS NULL) = (enrolment_id IS NULL)", name="person"),
        sa.CheckConstraint("plan_id IS NOT NULL OR class_id IS NOT NULL", name="subject"),
    )  # fmt: skip

    @property
    def label(self) -> str:
        """Return the paper's name; the paper that replaces a lost certificate is called a confirmation."""
        series = (self.symbol or "").rpartition("/")[2]
        if self.kind == Paper.CERTIFICATE and series.startswith(CertificateKind.CONFIRMATION.series):
            return CertificateKind.CONFIRMATION.label
        return Paper(self.kind).label

    def __str__(self) -> str:
        return f"{self.label} {self.symbol or ''}: {self.title}".replace(" :", ":")
