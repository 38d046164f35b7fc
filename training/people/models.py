"""Units, places, positions, employees and their absences."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core.audit import Audited
from ..core.db import Base, Named, PersonNamed, Record, labelled


class Place(Audited, Named, Base):
    """A place of units and classes: a commune, a town."""

    __tablename__ = "place"


class Travel(Audited, Record, Base):
    """Points that the plan loses when somebody of a unit at `origin` attends a class at `destination`."""

    __tablename__ = "travel"

    origin_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    destination_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), index=True)
    points: Mapped[int]

    origin: Mapped[Place] = relationship(foreign_keys=origin_id)
    destination: Mapped[Place] = relationship(foreign_keys=destination_id)

    __table_args__ = (
        sa.UniqueConstraint("origin_id", "destination_id"),
        sa.CheckConstraint("points >= 0", name="points"),
    )

    def __str__(self) -> str:
        return f"{self.origin} → {self.destination}"


class UnitKind(StrEnum):
    PROVINCE = "province"
    DEPARTMENT = "department"
    DISTRICT = "district"
    COMMUNE = "commune"  # xã, or unspecified among the three
    WARD = "ward"  # phường
    SPECIAL_ZONE = "special_zone"  # đặc khu
    PUBLIC_SERVICE = "public_service"
    PARTY = "party"
    OTHER = "other"

    @property
    def label(self) -> str:
        return str(_UNIT_KINDS[self])


_UNIT_KINDS = {
    UnitKind.PROVINCE: _l("Province"),
    UnitKind.DEPARTMENT: _l("Department"),
    UnitKind.DISTRICT: _l("District"),
    UnitKind.COMMUNE: _l("Commune"),
    UnitKind.WARD: _l("Ward"),
    UnitKind.SPECIAL_ZONE: _l("Special zone"),
    UnitKind.PUBLIC_SERVICE: _l("Public service unit"),
    UnitKind.PARTY: _l("Party body"),
    UnitKind.OTHER: _l("Other"),
}


class Unit(Audited, Named, Base):
    """A unit of the organisation tree, valid between two dates. Identified by its code, never by its name."""

    __tablename__ = "unit"

    kind: Mapped[str] = mapped_column(sa.String(20), default=UnitKind.OTHER)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), index=True)
    # The largest number of the unit's people who may be in class on one day; None: no limit.
    max_absent: Mapped[int | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    parent: Mapped[Unit | None] = relationship(remote_side="Unit.id")
    place: Mapped[Place] = relationship()

    __table_args__ = (
        sa.CheckConstraint("max_absent >= 0", name="max_absent"),
        sa.CheckConstraint("valid_to >= valid_from", name="valid"),
        sa.CheckConstraint("parent_id <> id", name="parent"),
    )


# The three kinds of units of the commune level.
COMMUNE_LEVEL = (UnitKind.COMMUNE, UnitKind.WARD, UnitKind.SPECIAL_ZONE)


class Tree(StrEnum):
    """The parallel trees of units."""

    STATE = "state"
    PARTY = "party"

    @property
    def label(self) -> str:
        return str({Tree.STATE: _l("State tree"), Tree.PARTY: _l("Party tree")}[self])


class UnitLink(Audited, Record, Base):
    """Between two days, both included, a unit is below `parent` in a tree.

    `Unit.parent_id` is the state tree of today, and of every day for which no link of that tree says otherwise. So
    the state tree has links only for former and coming parents, and the Party tree for all.
    """

    __tablename__ = "unit_link"

    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    tree: Mapped[str] = mapped_column(sa.String(10))
    parent_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    first: Mapped[date | None]
    last: Mapped[date | None]

    unit: Mapped[Unit] = relationship(foreign_keys=unit_id)
    parent: Mapped[Unit] = relationship(foreign_keys=parent_id)

    __table_args__ = (
        sa.CheckConstraint("last >= first", name="period"),
        sa.CheckConstraint("parent_id <> unit_id", name="parent"),
    )

    def __str__(self) -> str:
        return f"{self.unit} → {self.parent}"


class UnitSuccession(Audited, Record, Base):
    """From a day on `successor` takes over from `predecessor`, wholly or in part: many to many."""

    __tablename__ = "unit_succession"

    predecessor_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"))
    successor_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    since: Mapped[date]  # the first day of the successor
    paper: Mapped[str | None] = mapped_column(sa.String(200))

    predecessor: Mapped[Unit] = relationship(foreign_keys=predecessor_id)
    successor: Mapped[Unit] = relationship(foreign_keys=successor_id)

    __table_args__ = (
        sa.UniqueConstraint("predecessor_id", "successor_id"),
        sa.CheckConstraint("predecessor_id <> successor_id", name="distinct"),
    )

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor}"


class Position(Audited, Named, Base):
    """A job position (vị trí việc làm) or leadership title."""

    __tablename__ = "position"

    # The holder is the head of the unit (người đứng đầu).
    head: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"

    @property
    def label(self) -> str:
        return str({Sex.MALE: _l("Male"), Sex.FEMALE: _l("Female")}[self])


PHONE = (r"[+()0-9 .\-]{6,30}", _l("This is no phone number."))


class Employee(Audited, PersonNamed, Base):
    """An official (cán bộ, công chức, viên chức): the record that units keep. `name` is họ – đệm – tên."""

    __tablename__ = "employee"

    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    position_id: Mapped[int | None] = mapped_column(sa.ForeignKey("position.id"), index=True)
    birth_date: Mapped[date | None]
    birth_year: Mapped[int | None]  # if only the year is known
    sex: Mapped[str | None] = mapped_column(sa.String(10))
    rank_code: Mapped[str | None] = mapped_column(
        sa.String(20), info=labelled(_l("Rank (code)"))
    )  # ngạch, e.g. 01.003
    salary_step: Mapped[int | None] = mapped_column(info=labelled(_l("Salary step")))
    degree: Mapped[str | None] = mapped_column(sa.String(60), info=labelled(_l("Professional degree")))
    political_theory: Mapped[str | None] = mapped_column(
        sa.String(60), info=labelled(_l("Political theory level"))
    )  # LLCT
    state_management: Mapped[str | None] = mapped_column(
        sa.String(60), info=labelled(_l("State management level"))
    )  # QLNN
    languages: Mapped[str | None] = mapped_column(sa.String(200), info=labelled(_l("Foreign languages")))
    computing: Mapped[str | None] = mapped_column(sa.String(200), info=labelled(_l("Computing")))
    planned_titles: Mapped[str | None] = mapped_column(
        sa.String(400), info=labelled(_l("Planned titles"))
    )  # chức danh quy hoạch
    ratings: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # year → rating
    service_start: Mapped[date | None] = mapped_column(info=labelled(_l("Start of service")))
    email: Mapped[str | None] = mapped_column(sa.String(200), info=labelled(_l("E-mail")))
    phone: Mapped[str | None] = mapped_column(sa.String(30), info=labelled(_l("Phone"), fits=PHONE))
    # The largest number of days of class in one yearly plan; None: no limit.
    max_days: Mapped[int | None] = mapped_column(info=labelled(_l("Most days of class in one year")))
    active: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    # The first day on which they are no longer in service, if it is in the future: `transfers.leave_all` applies
    # it.
    leaves_on: Mapped[date | None]

    unit: Mapped[Unit] = relationship()
    position: Mapped[Position | None] = relationship()
    sensitive: Mapped[SensitiveRecord | None] = relationship(
        back_populates="employee", cascade="all, delete-orphan", passive_deletes=True, lazy="raise_on_sql"
    )

    __table_args__ = (
        sa.CheckConstraint("max_days >= 0", name="max_days"),
        sa.CheckConstraint("birth_year BETWEEN 1900 AND 2100", name="birth_year"),
    )


class SensitiveRecord(Audited, Base):
    """Sensitive personal data (Luật 91/2025/QH15), in a separate table so that no list loads it by accident."""

    __tablename__ = "sensitive_record"
    __masked__ = frozenset({"ethnicity", "citizen_id", "party_member", "party_joined", "home_place"})

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id", ondelete="CASCADE"), primary_key=True)
    ethnicity: Mapped[str | None] = mapped_column(sa.String(60))
    citizen_id: Mapped[str | None] = mapped_column(sa.String(12), unique=True)
    party_member: Mapped[bool | None]
    party_joined: Mapped[date | None]
    home_place: Mapped[str | None] = mapped_column(sa.String(200))

    employee: Mapped[Employee] = relationship(back_populates="sensitive")

    __table_args__ = (sa.CheckConstraint("citizen_id ~ '^[0-9]{12}$'", name="citizen_id"),)

    def __str__(self) -> str:
        return str(self.employee)


class AssignmentKind(StrEnum):
    """How somebody came to a unit and a position."""

    APPOINTMENT = "appointment"  # tuyển dụng, bổ nhiệm
    TRANSFER = "transfer"  # điều động
    ROTATION = "rotation"  # luân chuyển
    SECONDMENT = "secondment"  # biệt phái
    REORGANISATION = "reorganisation"  # sắp xếp tổ chức

    @property
    def label(self) -> str:
        return str(_ASSIGNMENT_KINDS[self])


_ASSIGNMENT_KINDS = {
    AssignmentKind.APPOINTMENT: _l("Recruitment or appointment"),
    AssignmentKind.TRANSFER: _l("Transfer"),
    AssignmentKind.ROTATION: _l("Rotation"),
    AssignmentKind.SECONDMENT: _l("Secondment"),
    AssignmentKind.REORGANISATION: _l("Reorganisation"),
}


class Assignment(Audited, Record, Base):
    """Between two days, both included, somebody was in a unit and a position; an empty first day is not known, an
    empty last one is open. Main assignments of a person do not overlap (the database enforces that too).

    The main one of today is `Employee.unit_id` and `position_id`: `transfers.py` keeps both in step. A person
    without assignments has been in the present unit for as long as is known.
    """

    __tablename__ = "assignment"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    position_id: Mapped[int | None] = mapped_column(sa.ForeignKey("position.id"), index=True)
    first: Mapped[date | None]
    last: Mapped[date | None]
    main: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    kind: Mapped[str] = mapped_column(sa.String(20), default=AssignmentKind.TRANSFER)
    paper: Mapped[str | None] = mapped_column(sa.String(200))

    employee: Mapped[Employee] = relationship()
    unit: Mapped[Unit] = relationship()
    position: Mapped[Position | None] = relationship()

    __table_args__ = (sa.CheckConstraint("last >= first", name="period"),)

    def __str__(self) -> str:
        return f"{self.employee}: {self.unit}"


class Absence(Audited, Record, Base):
    """Days on which an employee cannot attend any class, both ends included."""

    __tablename__ = "absence"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"), index=True)
    first: Mapped[date]
    last: Mapped[date]
    reason: Mapped[str | None] = mapped_column(sa.String(200))

    employee: Mapped[Employee] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("employee_id", "first"),
        sa.CheckConstraint("last >= first", name="period"),
    )

    def __str__(self) -> str:
        return f"{self.employee}: {self.first:%d/%m/%Y} – {self.last:%d/%m/%Y}"
