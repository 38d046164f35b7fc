"""Courses, their prerequisites, and hosts, rooms and lecturers of classes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core.audit import Audited
from ..core.db import Base, Named, PersonNamed, Record
from ..people.models import Place


class CourseKind(StrEnum):
    POLITICAL_THEORY = "political_theory"
    STATE_MANAGEMENT = "state_management"
    LEADERSHIP = "leadership"
    DEFENCE = "defence"
    PROFESSIONAL_TITLE = "professional_title"
    JOB_POSITION = "job_position"
    PARTY = "party"
    COUNCILLOR = "councillor"
    LANGUAGE_IT = "language_it"
    THEME = "theme"
    ABROAD = "abroad"

    @property
    def label(self) -> str:
        return str(_COURSE_KINDS[self])


_COURSE_KINDS = {
    CourseKind.POLITICAL_THEORY: _l("Political theory"),
    CourseKind.STATE_MANAGEMENT: _l("State management"),
    CourseKind.LEADERSHIP: _l("Leadership and management"),
    CourseKind.DEFENCE: _l("National defence and security"),
    CourseKind.PROFESSIONAL_TITLE: _l("Professional title standards"),
    CourseKind.JOB_POSITION: _l("Job-position skills"),
    CourseKind.PARTY: _l("Party work"),
    CourseKind.COUNCILLOR: _l("Councillors"),
    CourseKind.LANGUAGE_IT: _l("Languages and IT"),
    CourseKind.THEME: _l("Themes"),
    CourseKind.ABROAD: _l("Study abroad"),
}

prerequisite_course = sa.Table(
    "prerequisite_course",
    Base.metadata,
    sa.Column("group_id", sa.ForeignKey("prerequisite_group.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("course_id", sa.ForeignKey("course.id"), primary_key=True),
)


class Course(Audited, Named, Base):
    """A course of the catalogue; a TrainingClass is one time that it is held."""

    __tablename__ = "course"

    kind: Mapped[str] = mapped_column(sa.String(30))
    days: Mapped[int]  # length in days of class
    default_min_seats: Mapped[int] = mapped_column(default=30)
    default_max_seats: Mapped[int] = mapped_column(default=80)
    audience: Mapped[str | None] = mapped_column(sa.String(400))  # đối tượng
    active: Mapped[bool] = mapped_column(default=True)

    prerequisite_groups: Mapped[list[PrerequisiteGroup]] = relationship(
        back_populates="course", cascade="all, delete-orphan", order_by="PrerequisiteGroup.id"
    )

    @property
    def prerequisites(self) -> list[list[int]]:
        """Return the groups as ids, as `save_course` takes them."""
        return [[course.id for course in group.alternatives] for group in self.prerequisite_groups]

    __table_args__ = (
        sa.CheckConstraint("days > 0", name="days"),
        sa.CheckConstraint("default_min_seats BETWEEN 0 AND default_max_seats", name="sizes"),
    )


class PrerequisiteGroup(Audited, Base):
    """«Any one of» these courses must be completed before `course`; every group must be met."""

    __tablename__ = "prerequisite_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id", ondelete="CASCADE"), index=True)

    course: Mapped[Course] = relationship(back_populates="prerequisite_groups")
    alternatives: Mapped[list[Course]] = relationship(secondary=prerequisite_course, order_by=Course.sort_key)

    def __str__(self) -> str:
        return " / ".join(course.code for course in self.alternatives)


class CourseEquivalence(Audited, Record, Base):
    """A completion of `substitute` counts wherever one of `course` is required."""

    __tablename__ = "course_equivalence"

    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"))
    substitute_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    ground: Mapped[str | None] = mapped_column(sa.String(400))

    course: Mapped[Course] = relationship(foreign_keys=course_id)
    substitute: Mapped[Course] = relationship(foreign_keys=substitute_id)

    __table_args__ = (
        sa.UniqueConstraint("course_id", "substitute_id"),
        sa.CheckConstraint("course_id <> substitute_id", name="differ"),
    )

    def __str__(self) -> str:
        return f"{self.substitute} → {self.course}"


class Host(Audited, Named, Base):
    """The host of classes: the provincial political school, a political centre, an academy."""

    __tablename__ = "host"

    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), index=True)
    phone: Mapped[str | None] = mapped_column(sa.String(30))
    email: Mapped[str | None] = mapped_column(sa.String(200))

    place: Mapped[Place] = relationship()


class Room(Audited, Named, Base):
    """A hall; used by at most one class on a day."""

    __tablename__ = "room"

    host_id: Mapped[int] = mapped_column(sa.ForeignKey("host.id"), index=True)
    seats: Mapped[int]

    host: Mapped[Host] = relationship()

    __table_args__ = (sa.CheckConstraint("seats > 0", name="seats"),)


class Lecturer(Audited, PersonNamed, Base):
    """A lecturer; teaches at most one class on a day."""

    __tablename__ = "lecturer"

    host_id: Mapped[int | None] = mapped_column(sa.ForeignKey("host.id"), index=True)
    title: Mapped[str | None] = mapped_column(sa.String(100))
    phone: Mapped[str | None] = mapped_column(sa.String(30))
    email: Mapped[str | None] = mapped_column(sa.String(200))

    host: Mapped[Host | None] = relationship()


# -- who issues and signs papers ----------------------------------------------------------------------------------


class Issuer(Audited, Named, Base):
    """A body that issues papers. `code` is its abbreviation in numbers: «12/QĐ-SNV».

    Attributes:
        parent_name: the body above it, first line of the heading; None: it has none.
        place_name: where it signs: «Quảng Ninh, ngày …».
        host_id: the issuer is this host, whose own people may issue the papers of its classes.
        copies: «Nơi nhận», a line each.
    """

    __tablename__ = "issuer"

    parent_name: Mapped[str | None] = mapped_column(sa.String(200))
    place_name: Mapped[str] = mapped_column(sa.String(100))
    host_id: Mapped[int | None] = mapped_column(sa.ForeignKey("host.id"), unique=True)
    copies: Mapped[str | None] = mapped_column(sa.Text)

    host: Mapped[Host | None] = relationship()


class Authority(StrEnum):
    """The authority by which somebody signs (Nghị định 30/2020/NĐ-CP, Điều 13)."""

    OWN = "own"
    COLLECTIVE = "TM"  # thay mặt
    DEPUTY = "KT"  # ký thay
    ORDER = "TL"  # thừa lệnh
    MANDATE = "TUQ"  # thừa ủy quyền
    ACTING = "Q"  # quyền

    @property
    def label(self) -> str:
        return str(_AUTHORITIES[self])


_AUTHORITIES = {
    Authority.OWN: _l("In their own right"),
    Authority.COLLECTIVE: _l("TM.: for the collective"),
    Authority.DEPUTY: _l("KT.: in the head's place"),
    Authority.ORDER: _l("TL.: by order"),
    Authority.MANDATE: _l("TUQ.: by mandate"),
    Authority.ACTING: _l("Q.: acting head"),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as it is printed: kept with what was signed, whatever happens to the signer's row.

    Attributes:
        title: the signer's own: «PHÓ GIÁM ĐỐC».
        authority: the authority; `of_whom` follows TM., KT., TL. or TUQ.: «GIÁM ĐỐC».
    """

    name: str
    title: str
    authority: str
    of_whom: str | None

    def __str__(self) -> str:
        if self.authority == Authority.OWN:
            return f"{self.name}, {self.title}"
        return f"{self.name}, {self.authority}. {self.of_whom or ''} {self.title}".replace("  ", " ").strip()


class Signer(Audited, Record, Base):
    """Somebody who signs for an issuer.

    Attributes:
        title, authority, of_whom: as in a `Signature`.
        valid_from, valid_to: the days between which they sign, both included; None: without end.
    """

    __tablename__ = "signer"

    issuer_id: Mapped[int] = mapped_column(sa.ForeignKey("issuer.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    title: Mapped[str] = mapped_column(sa.String(200))
    authority: Mapped[str] = mapped_column(sa.String(10), default=Authority.OWN)
    of_whom: Mapped[str | None] = mapped_column(sa.String(200))
    active: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    issuer: Mapped[Issuer] = relationship()

    __table_args__ = (
        sa.CheckConstraint("authority IN ('own', 'TM', 'KT', 'TL', 'TUQ', 'Q')", name="authority"),
        sa.CheckConstraint("(authority IN ('own', 'Q')) = (of_whom IS NULL)", name="of_whom"),
        sa.CheckConstraint("valid_to >= valid_from", name="period"),
    )

    @property
    def signature(self) -> Signature:
        return Signature(self.name, self.title, self.authority, self.of_whom)

    def signs_on(self, day: date) -> bool:
        """Return whether they sign papers of that day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.title})"


class Signed:
    """Columns of a signed document: the signer's row, and the signature as it was.

    Without a row it is older than the list of signers.
    """

    signer: Mapped[str | None] = mapped_column(sa.String(200))
    signer_title: Mapped[str | None] = mapped_column(sa.String(200))
    signer_authority: Mapped[str | None] = mapped_column(sa.String(10))
    signer_of_whom: Mapped[str | None] = mapped_column(sa.String(200))

    @sa.orm.declared_attr
    def signer_id(cls) -> Mapped[int | None]:
        return mapped_column(sa.ForeignKey("signer.id"), index=True)

    @sa.orm.declared_attr
    def signer_row(cls) -> Mapped[Signer | None]:
        return relationship(Signer)

    @property
    def signature(self) -> Signature | None:
        if self.signer is None:
            return None
        authority = self.signer_authority or Authority.OWN.value
        return Signature(self.signer, self.signer_title or "", authority, self.signer_of_whom)

    def sign(self, row: Signer) -> None:
        """Set `row` as the signer."""
        self.signer_row = row
        self.copy_signature(row.signature)

    def copy_signature(self, signature: Signature | None) -> None:
        self.signer = signature.name if signature else None
        self.signer_title = signature.title if signature else None
        self.signer_authority = signature.authority if signature else None
        self.signer_of_whom = signature.of_whom if signature else None
