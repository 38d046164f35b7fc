"""Accounts: who signs in, with which roles, over which units."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_security.core import RoleMixin, UserMixin
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core.access import EVERYBODY, READERS, SENSITIVE_READERS, Role, Scope, province_roles
from ..core.audit import Audited
from ..core.db import Base, PersonNamed, db
from ..people.models import Employee, Unit
from ..people.queries import subtree_ids

user_role = sa.Table(
    "user_role",
    Base.metadata,
    sa.Column("user_id", sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role_id", sa.ForeignKey("role.id"), primary_key=True),
)

user_unit = sa.Table(
    "user_unit",
    Base.metadata,
    sa.Column("user_id", sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("unit_id", sa.ForeignKey("unit.id"), primary_key=True),
)

# The hosts whose classes a host's account keeps. Hosts are downstream (`courses`): named here only by their table.
user_host = sa.Table(
    "user_host",
    Base.metadata,
    sa.Column("user_id", sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("host_id", sa.ForeignKey("host.id"), primary_key=True),
)


class RoleRecord(RoleMixin, Base):
    """A role as the sign-in library stores it; the roles themselves are `access.Role`."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)

    def __str__(self) -> str:
        return Role(self.name).label


class User(UserMixin, Audited, PersonNamed, Base):
    """An account. `code` is the name to sign in with; trainees have their employee code."""

    __tablename__ = "user_account"
    __masked__ = frozenset({"password", "fs_uniquifier", "tf_totp_secret", "mf_recovery_codes"})

    email: Mapped[str] = mapped_column(sa.String(255), unique=True)
    password: Mapped[str | None] = mapped_column(sa.String(255))
    # Until when a password that an administrator set opens the page for choosing one's own; None: it is one's own.
    password_expires_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True)
    tf_primary_method: Mapped[str | None] = mapped_column(sa.String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(sa.String(255))
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(JSONB)
    employee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("employee.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    roles: Mapped[list[RoleRecord]] = relationship(  # type: ignore[assignment]  # the library says list[RoleMixin]
        secondary=user_role, lazy="selectin"
    )
    units: Mapped[list[Unit]] = relationship(secondary=user_unit)
    employee: Mapped[Employee | None] = relationship()

    def searchable(self) -> str:
        return f"{self.code} {self.name} {self.email}"

    @property
    def actor_id(self) -> int:
        return self.id

    @property
    def actor_name(self) -> str:
        return f"{self.name} ({self.code})"

    @property
    def role_set(self) -> frozenset[Role]:
        return frozenset(Role(role.name) for role in self.roles)

    def scope(self, opened_to: frozenset[Role] = EVERYBODY) -> Scope:
        """Return what this account may see through something that is open to the roles `opened_to`.

        Planners and administrators see all units, officers their subtrees; leaders, appraisers and finance
        officers the subtrees that their account names, or, when it names none, all units; everybody themself where
        trainees have access. Roles of the account that do not open it count for nothing, so that no two of them
        together reach what neither reaches alone.
        """
        roles = self.role_set & opened_to
        everything = bool(province_roles(roles, names_units=bool(self.units)))
        units: frozenset[int] = frozenset()
        if roles & READERS and not everything:
            units = frozenset(db.session.scalars(subtree_ids([unit.id for unit in self.units])))
        # An officer who is also a planner sees everybody as a planner: the officer's right covers only their own
        # units.
        sensitive = Role.ADMINISTRATOR in roles or (bool(roles & SENSITIVE_READERS) and not everything)
        return Scope(
            everything=everything,
            unit_ids=units,
            employee_id=self.employee_id if Role.TRAINEE in opened_to else None,
            host_ids=self.host_ids if Role.HOST in roles else frozenset(),
            sensitive=sensitive,
        )

    @property
    def host_ids(self) -> frozenset[int]:
        """Return the hosts whose classes this account keeps."""
        return frozenset(db.session.scalars(sa.select(user_host.c.host_id).where(user_host.c.user_id == self.id)))

    def get_security_payload(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name}


class SignInSession(Base):
    """A session of a person on a device.

    Its cookies hold a key, the row holds the key's digest. They open nothing if the row is gone, or if its account
    has another `fs_uniquifier` by now (a new password, a closed account).
    """

    __tablename__ = "sign_in_session"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64))  # that of the account at the time of signing in
    remembered: Mapped[bool]  # «Stay signed in on this machine»: longer limits
    began_at: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(sa.String(64))
    device: Mapped[str] = mapped_column(sa.String(400))  # the browser's description of itself


class Attempt(Base):
    """A try that is counted: after several the next one has to wait (`attempts`). Kept for a day.

    Attributes:
        kind: what was tried: «sign_in», «check», «reset».
        subject: what was tried, as `attempts.subject_key` has it: the code of an account, or what was typed.
        address: the network that it came from.
    """

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    subject: Mapped[str] = mapped_column(sa.String(255))
    address: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime] = mapped_column(server_default=sa.func.now(), index=True)

    __table_args__ = (
        sa.Index("ix_attempt_kind_subject_address", "kind", "subject", "address"),
        sa.Index("ix_attempt_kind_address", "kind", "address"),
    )
