"""What follows from results: their recognition, the register of certificates, feedback."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ...classes.models import TrainingClass
from ...core.audit import Audited
from ...core.db import Base, Record
from ...core.vietnamese import search_key
from ...courses.models import Signed
from ...enrolments.models import Enrolment


class Recognition(Signed, Audited, Record, Base):
    """The decision that recognises a class's results (quyết định công nhận kết quả); kept when it is withdrawn.

    Attributes:
        made_by_id, made_by_name: who entered it (`four_eyes`).
    """

    __tablename__ = "recognition"

    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    number: Mapped[str] = mapped_column(sa.String(60))
    decided_on: Mapped[date]
    made_by_id: Mapped[int | None]
    made_by_name: Mapped[str | None] = mapped_column(sa.String(200))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(sa.String(200))
    withdraw_ground: Mapped[str | None] = mapped_column(sa.String(400))

    training_class: Mapped[TrainingClass] = relationship()

    __table_args__ = (
        sa.Index(
            "uq_recognition_class", "class_id", unique=True, postgresql_where=sa.text("withdrawn_at IS NULL")
        ),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdraw_ground IS NULL)", name="withdrawn"),
    )

    def __str__(self) -> str:
        return f"{self.number}: {self.training_class}"


class CertificateKind(StrEnum):
    CERTIFICATE = "certificate"
    CONFIRMATION = "confirmation"  # replaces one that was lost or damaged: certificates are issued once

    @property
    def label(self) -> str:
        return str(
            {
                CertificateKind.CERTIFICATE: _l("Certificate"),
                CertificateKind.CONFIRMATION: _l("Confirmation of a certificate"),
            }[self]
        )

    @property
    def series(self) -> str:
        """Return the prefix of the series of its registers."""
        return "CC" if self is CertificateKind.CERTIFICATE else "XN"


class CertificateRegister(Record, Base):
    """The register (sổ cấp chứng chỉ) of a series in a year. Its row is locked while numbers are taken from it,
    and a number is used in the same transaction: no gaps, no duplicates."""

    __tablename__ = "certificate_register"

    year: Mapped[int]
    series: Mapped[str] = mapped_column(sa.String(50))
    last_number: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        sa.UniqueConstraint("year", "series"),
        sa.CheckConstraint("last_number >= 0", name="last_number"),
    )

    def __str__(self) -> str:
        return f"{self.series}/{self.year}"


class Certificate(Signed, Audited, Record, Base):
    """An entry of the register; never deleted. The person's data are frozen as issued.

    Attributes:
        number: sequential in its register, from 1.
        reissue_of_id: of a confirmation, the certificate that it confirms.
        replaces_id: of a certificate whose data were corrected, the cancelled one that it replaces.
        birth_date, birth_year: as printed, like `holder`.
        cancelled_at, cancelled_by, cancel_reason: an entry that is no longer valid stays, with the reason.
    """

    __tablename__ = "certificate"

    register_id: Mapped[int] = mapped_column(sa.ForeignKey("certificate_register.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(20), default=CertificateKind.CERTIFICATE)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), index=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    reissue_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("certificate.id"), index=True)
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("certificate.id"), unique=True)
    issued_on: Mapped[date]
    holder: Mapped[str] = mapped_column(sa.String(400))
    search_key: Mapped[str] = mapped_column(sa.String(900))
    birth_date: Mapped[date | None]
    birth_year: Mapped[int | None]
    course: Mapped[str] = mapped_column(sa.String(400))
    classification: Mapped[str | None] = mapped_column(sa.String(20))
    reason: Mapped[str | None] = mapped_column(sa.String(400))
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None] = mapped_column(sa.String(200))
    cancel_reason: Mapped[str | None] = mapped_column(sa.String(400))

    register: Mapped[CertificateRegister] = relationship()
    enrolment: Mapped[Enrolment] = relationship()
    training_class: Mapped[TrainingClass] = relationship()
    reissue_of: Mapped[Certificate | None] = relationship(
        remote_side="Certificate.id", foreign_keys="Certificate.reissue_of_id"
    )
    replaces: Mapped[Certificate | None] = relationship(
        remote_side="Certificate.id", foreign_keys="Certificate.replaces_id"
    )

    __table_args__ = (
        sa.UniqueConstraint("register_id", "number"),
        sa.CheckConstraint("number > 0", name="number"),
        sa.CheckConstraint("(cancelled_at IS NULL) = (cancel_reason IS NULL)", name="cancelled"),
        sa.CheckConstraint("(kind = 'confirmation') = (reissue_of_id IS NOT NULL)", name="confirmation"),
        sa.Index(
            "uq_certificate_enrolment",
            "enrolment_id",
            unique=True,
            postgresql_where=sa.text("kind = 'certificate' AND cancelled_at IS NULL"),
        ),
    )

    @sa.orm.validates("holder")
    def _searchable(self, _key: str, holder: str) -> str:
        self.search_key = search_key(holder)
        return holder

    @property
    def full_number(self) -> str:
        """Return the number as printed on the certificate: number, year, series."""
        return f"{self.number:04}/{self.register.year}/{self.register.series}"

    def __str__(self) -> str:
        return f"{self.holder}: {self.number}"


class CertificateWish(StrEnum):
    """The kinds of requests of holders."""

    LOST = "lost"
    WRONG = "wrong"

    @property
    def label(self) -> str:
        return str(
            {
                CertificateWish.LOST: _l("A confirmation: lost or damaged"),
                CertificateWish.WRONG: _l("A correction: something on it is wrong"),
            }[self]
        )


class CertificateRequestState(StrEnum):
    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return str(
            {
                CertificateRequestState.OPEN: _l("Waits for an answer"),
                CertificateRequestState.DONE: _l("Done"),
                CertificateRequestState.REFUSED: _l("Refused"),
            }[self]
        )


class CertificateRequest(Audited, Record, Base):
    """A holder's request for a confirmation of a lost certificate, or for a corrected one in place of a wrong one.

    Attributes:
        entry_id: the entry of the register that answers it; the state «done» requires one.
    """

    __tablename__ = "certificate_request"

    certificate_id: Mapped[int] = mapped_column(sa.ForeignKey("certificate.id"), index=True)
    wish: Mapped[str] = mapped_column(sa.String(10))
    reason: Mapped[str] = mapped_column(sa.String(400))
    state: Mapped[str] = mapped_column(sa.String(10), default=CertificateRequestState.OPEN)
    asked_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    answer: Mapped[str | None] = mapped_column(sa.String(400))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(sa.String(200))
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("certificate.id"), index=True)

    certificate: Mapped[Certificate] = relationship(foreign_keys=certificate_id)
    entry: Mapped[Certificate | None] = relationship(foreign_keys=entry_id)

    __table_args__ = (
        sa.CheckConstraint("wish IN ('lost', 'wrong')", name="wish"),
        sa.CheckConstraint("state IN ('open', 'done', 'refused')", name="state"),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="answered"),
        sa.CheckConstraint("(state = 'done') = (entry_id IS NOT NULL)", name="entry"),
        sa.CheckConstraint("state <> 'refused' OR answer IS NOT NULL", name="answer"),
        sa.Index(
            "uq_certificate_request_open",
            "certificate_id",
            unique=True,
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    def __str__(self) -> str:
        return str(self.certificate)


class FeedbackGiven(Base):
    """Records that a person answered, not what: nobody answers twice. It has no time, because answers have
    none."""

    __tablename__ = "feedback_given"

    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), primary_key=True)


class FeedbackAnswer(Base):
    """The feedback of one attendant, without the person: no time, a random id, no entry in the audit log.

    Attributes:
        content, lecturers, organisation, usefulness: 1 (poor) to 5 (very good).
    """

    __tablename__ = "feedback_answer"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    content: Mapped[int] = mapped_column(sa.SmallInteger)
    lecturers: Mapped[int] = mapped_column(sa.SmallInteger)
    organisation: Mapped[int] = mapped_column(sa.SmallInteger)
    usefulness: Mapped[int] = mapped_column(sa.SmallInteger)
    comment: Mapped[str | None] = mapped_column(sa.String(1000))

    __table_args__ = (
        sa.CheckConstraint(
            "content BETWEEN 1 AND 5 AND lecturers BETWEEN 1 AND 5 AND organisation BETWEEN 1 AND 5"
            " AND usefulness BETWEEN 1 AND 5",
            name="points",
        ),
    )
