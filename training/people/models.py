"""Units, places, positions, employees and their absences."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..audit import Audited
from ..db import Base, Named, PersonNamed, Record


class Place(Audited, Named, Base):
    """Where units sit and classes are held: a commune, a town."""

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
    COMMUNE = "commune"
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
    # Most of the unit's people who may be in class on one day; None: no limit.
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


class Position(Audited, Named, Base):
    """A job position (vị trí việc làm) or leadership title."""

    __tablename__ = "position"


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"

    @property
    def label(self) -> str:
        return str({Sex.MALE: _l("Male"), Sex.FEMALE: _l("Female")}[self])


class Employee(Audited, PersonNamed, Base):
    """An official (cán bộ, công chức, viên chức): the record that units keep. `name` is họ – đệm – tên."""

    __tablename__ = "employee"

    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    position_id: Mapped[int | None] = mapped_column(sa.ForeignKey("position.id"), index=True)
    birth_date: Mapped[date | None]
    birth_year: Mapped[int | None]  # where the year alone is known
    sex: Mapped[str | None] = mapped_column(sa.String(10))
    rank_code: Mapped[str | None] = mapped_column(sa.String(20))  # ngạch, e.g. 01.003
    salary_step: Mapped[int | None]
    degree: Mapped[str | None] = mapped_column(sa.String(60))
    political_theory: Mapped[str | None] = mapped_column(sa.String(60))  # LLCT
    state_management: Mapped[str | None] = mapped_column(sa.String(60))  # QLNN
    languages: Mapped[str | None] = mapped_column(sa.String(200))
    computing: Mapped[str | None] = mapped_column(sa.String(200))
    planned_titles: Mapped[str | None] = mapped_column(sa.String(400))  # chức danh quy hoạch
    ratings: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # year → rating
    service_start: Mapped[date | None]
    email: Mapped[str | None] = mapped_column(sa.String(200))
    phone: Mapped[str | None] = mapped_column(sa.String(30))
    # Most days of class in one yearly plan; None: no limit.
    max_days: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True, server_default=sa.true())

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
    """Sensitive personal data (Luật 91/2025/QH15), apart from the rest so that no list loads it by accident."""

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
