"""Public holidays and the weekend days that are worked in exchange, as dated rows."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column

from ..core.audit import Audited
from ..core.db import Base, Record


class HolidayKind(StrEnum):
    OFF = "off"
    WORKED = "worked"  # a weekend day worked in exchange for a day off (làm bù)

    @property
    def label(self) -> str:
        return str({HolidayKind.OFF: _l("Day off"), HolidayKind.WORKED: _l("Worked in exchange")}[self])


class HolidayReach(StrEnum):
    NATION = "nation"
    PROVINCE = "province"

    @property
    def label(self) -> str:
        return str({HolidayReach.NATION: _l("Whole country"), HolidayReach.PROVINCE: _l("This province")}[self])


class HolidayState(StrEnum):
    DECREED = "decreed"
    EXPECTED = "expected"  # counts as well, until the authority announces otherwise

    @property
    def label(self) -> str:
        return str(
            {HolidayState.DECREED: _l("Announced"), HolidayState.EXPECTED: _l("Expected, not announced yet")}[self]
        )


class Holiday(Audited, Record, Base):
    """A run of days that are off, or weekend days that are worked in exchange.

    Attributes:
        first, last: both included.
        source: the law or the announcement that says so.
        checked_on: when somebody last compared the days with the source; None: nobody has.
        entered_by: the last person to write or change the row.
    """

    __tablename__ = "holiday"

    name: Mapped[str] = mapped_column(sa.String(200))
    first: Mapped[date] = mapped_column(index=True)
    last: Mapped[date]
    kind: Mapped[str] = mapped_column(sa.String(10), default=HolidayKind.OFF, server_default="off")
    reach: Mapped[str] = mapped_column(sa.String(10), default=HolidayReach.NATION, server_default="nation")
    state: Mapped[str] = mapped_column(sa.String(10), default=HolidayState.DECREED, server_default="decreed")
    source: Mapped[str | None] = mapped_column(sa.String(400))
    checked_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(sa.String(400))
    entered_by: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")

    __table_args__ = (
        sa.UniqueConstraint("first", "kind", "reach"),
        sa.CheckConstraint("last >= first", name="period"),
        sa.CheckConstraint("kind IN ('off', 'worked')", name="kind"),
        sa.CheckConstraint("reach IN ('nation', 'province')", name="reach"),
        sa.CheckConstraint("state IN ('decreed', 'expected')", name="state"),
    )

    def __str__(self) -> str:
        to = "" if self.first == self.last else f" – {self.last:%d/%m/%Y}"
        return f"{self.name} ({self.first:%d/%m/%Y}{to})"
