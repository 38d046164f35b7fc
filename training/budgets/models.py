"""The money that classes are paid from."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..audit import Audited
from ..db import Base, Named


class Fund(Audited, Named, Base):
    """A source of money in one year, in đồng."""

    __tablename__ = "fund"

    year: Mapped[int] = mapped_column(index=True)
    amount: Mapped[int] = mapped_column(sa.BigInteger)

    __table_args__ = (sa.CheckConstraint("amount >= 0", name="amount"),)
