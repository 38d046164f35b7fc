"""What a scenario changes, as stored with its runs and in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ...core.db import db
from ...core.i18n import money, number
from ..models import ChangeKind, ScenarioChange


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a scenario, independent of the row that it comes from: a run keeps it as it was.

    Attributes:
        kind: a `ChangeKind`.
        code, name: of the fund, class or course.
        amount: đồng that the fund has more (negative: less).
        min_seats, max_seats: the class's size.
        days: by how many days the class is later (negative: earlier).
        row_id: the `ScenarioChange` that it comes from.
    """

    kind: str
    code: str
    name: str
    row_id: int
    amount: int | None = None
    min_seats: int | None = None
    max_seats: int | None = None
    days: int | None = None

    @classmethod
    def of(cls, row: ScenarioChange) -> Change:
        subject = row.fund or row.training_class or row.course
        assert subject is not None  # the database requires one
        return cls(
            row.kind, subject.code, subject.name, row.id, row.amount, row.min_seats, row.max_seats, row.days
        )

    @property
    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def of_catalogue(self) -> bool:
        return ChangeKind(self.kind).of_catalogue

    @property
    def words(self) -> str:
        """The change in a few words, such as «L017: 10–60 seats»."""
        match ChangeKind(self.kind):
            case ChangeKind.FUND if (self.amount or 0) > 0:
                return str(_("%(fund)s: %(amount)s more", fund=self.name, amount=money(self.amount)))
            case ChangeKind.FUND:
                return str(_("%(fund)s: %(amount)s less", fund=self.name, amount=money(-(self.amount or 0))))
            case ChangeKind.SIZE:
                sizes = {"least": number(self.min_seats), "most": number(self.max_seats)}
                return str(_("%(class_)s: %(least)s to %(most)s seats", class_=self.code, **sizes))
            case ChangeKind.DATES if (self.days or 0) > 0:
                return str(_("%(class_)s: %(days)s days later", class_=self.code, days=number(self.days)))
            case ChangeKind.DATES:
                days = number(-(self.days or 0))
                return str(_("%(class_)s: %(days)s days earlier", class_=self.code, days=days))
            case ChangeKind.NOT_HELD:
                return str(_("%(class_)s not held", class_=self.code))
            case ChangeKind.COURSE_CLOSED:
                return str(_("“%(course)s”: no class held", course=self.name))


def from_json(stored: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Return the changes that were stored with a run."""
    return [Change(**one) for one in stored]


def rows_of(plan_id: int) -> Sequence[ScenarioChange]:
    """Return the changes of a plan, adopted ones too, in a fixed order."""
    return db.session.scalars(
        sa.select(ScenarioChange)
        .where(ScenarioChange.plan_id == plan_id)
        .options(
            joinedload(ScenarioChange.fund),
            joinedload(ScenarioChange.training_class),
            joinedload(ScenarioChange.course),
        )
        .order_by(ScenarioChange.kind, ScenarioChange.id)
    ).all()


def laid_over(plan_id: int) -> list[Change]:
    """Return the changes that the plan lays over the catalogue: all that were not adopted."""
    return [Change.of(row) for row in rows_of(plan_id) if row.adopted_at is None]


def not_adopted(stored: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Return the changes of the catalogue that a run counted on and that were not adopted since."""
    wanted = [one for one in from_json(stored) if one.of_catalogue]
    adopted = set(
        db.session.scalars(
            sa.select(ScenarioChange.id).where(
                ScenarioChange.id.in_([one.row_id for one in wanted]), ScenarioChange.adopted_at.is_not(None)
            )
        )
    )
    return [one for one in wanted if one.row_id not in adopted]
