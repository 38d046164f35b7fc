"""What the page «What is it worth» shows: two questions answered as lists, then the figures of all prices.

The estimate and what solving again found stand beside each other and are never mixed: a list has first what was
solved, by the solved figures, then what was only estimated, by the estimates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload, selectinload

from ...budgets.models import Fund
from ...classes.models import ClassOption, TrainingClass
from ...core.chunked_jobs import WorkState
from ...core.db import db
from ...core.i18n import day, money, number
from ...courses.models import Course
from ...people.models import Unit
from ..models import OptimizerRun, RunPrice, RunWorth
from .computing import stage_label
from .operations import KINDS, TOPS, WorthAct, prices, worth

SHOWN = 20  # rows of each kind
PICTURED = 10
_ANSWERS = 8  # lines of each question

_TITLES = {
    "sum": _l("500 million more in a fund"),
    "class": _l("One more class of a course"),
    "budget": _l("Ten million more in a fund"),
    "size": _l("One more seat in a class"),
    "absence": _l("One more of a unit's people away at the same time"),
}
_HEADINGS = {
    "sum": _l("Fund"),
    "class": _l("Course"),
    "budget": _l("Fund"),
    "size": _l("Class"),
    "absence": _l("Unit"),
}
_SCOPES = {
    "whole": _l("the whole plan, proven"),
    "people around it": _l("the people around it; everybody else keeps their seat"),
    "whole, as far as time allowed": _l("the whole plan, as far as the time allowed"),
}


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One price in words.

    Attributes:
        name, detail: of the class, fund, unit or course.
        class_id: the class itself, or the one that a further class is like; fund_id: the fund.
        courses: sum: name of each course and the seats that it would get more, by the estimate.
        opens: names of the classes that would open besides, of what was solved.
        estimate, solved: lengths of the bars, of 100.
    """

    price: RunPrice
    name: str
    detail: str = ""
    class_id: int | None = None
    fund_id: int | None = None
    courses: tuple[tuple[str, int], ...] = ()
    opens: tuple[str, ...] = ()
    estimate: float = 0.0
    solved: float | None = None

    @property
    def is_solved(self) -> bool:
        return self.price.scope is not None

    @property
    def out_of_time(self) -> bool:
        return self.price.solved_at is not None and self.price.scope is None

    @property
    def scope(self) -> str:
        return str(_SCOPES.get(self.price.scope or "", ""))

    @property
    def between(self) -> str:
        """Return the proven limits of the gain in points."""
        least, most = self.price.at_least, self.price.at_most
        return number(least) if least == most else f"{number(least)} – {number(most)}"


@dataclass(frozen=True, slots=True)
class PriceSection:
    """All prices of a kind: the lines that are shown, and how many more there are."""

    kind: str
    title: str
    heading: str
    lines: tuple[PriceLine, ...]
    more: int

    @property
    def pictured(self) -> tuple[PriceLine, ...]:
        return self.lines[:PICTURED]


@dataclass(frozen=True, slots=True)
class WorthPage:
    """
    Attributes:
        open_next, spend_next: the answers to the two questions.
        left: how many of the first 5, 10, 20 of each kind are not solved yet.
    """

    sections: tuple[PriceSection, ...] = ()
    open_next: tuple[PriceLine, ...] = ()
    spend_next: tuple[PriceLine, ...] = ()
    left: dict[int, int] = field(default_factory=dict)
    solved: int = 0


def progress(row: RunWorth) -> dict[str, Any]:
    """Return how far the work is, in the reader's language."""
    state = WorkState(row.state)
    status = state.label
    if state == WorkState.WORKING and (stage := stage_label(row.stage)):
        status = f"{status}: {stage}"
    return {"working": state.active, "status": status, "done": row.done, "total": row.total}


def context(run: OptimizerRun) -> dict[str, Any]:
    """Return the values of `planning/worth.html`."""
    asked = worth(run.id)
    found = _page(prices(run.id)) if asked is not None and asked.estimated_at is not None else None
    return {
        "asked": asked,
        "progress": progress(asked) if asked is not None else None,
        "again": asked is not None and asked.act == WorthAct.AGAIN,
        "found": found,
    }


def _page(rows: Sequence[RunPrice]) -> WorthPage:
    names = _Names(rows)
    longest = {kind: _longest(row for row in rows if row.kind == kind) for kind in KINDS}
    by_kind: dict[str, list[PriceLine]] = {kind: [] for kind in KINDS}
    for row in rows:
        by_kind[row.kind].append(names.line(row, longest[row.kind]))
    sections = [
        PriceSection(
            kind, str(_TITLES[kind]), str(_HEADINGS[kind]), tuple(lines[:SHOWN]), max(0, len(lines) - SHOWN)
        )
        for kind, lines in by_kind.items()
    ]
    return WorthPage(
        tuple(sections),
        _ranked(by_kind["class"]),
        _ranked(by_kind["sum"]),
        {top: sum(not one.is_solved for lines in by_kind.values() for one in lines[:top]) for top in TOPS},
        sum(one.is_solved for lines in by_kind.values() for one in lines),
    )


def _ranked(lines: Sequence[PriceLine]) -> tuple[PriceLine, ...]:
    """Return what was solved, by the solved figures, then what was estimated, by the estimates."""
    solved = sorted((one for one in lines if one.is_solved), key=lambda one: -(one.price.gain or 0))
    return tuple([*solved, *(one for one in lines if not one.is_solved)][:_ANSWERS])


def _longest(rows: Iterable[RunPrice]) -> float:
    return max((max(row.points, row.gain or 0) for row in rows), default=0) or 1.0


class _Names:
    """Readable names for the codes of prices, each kind read by one statement."""

    def __init__(self, rows: Sequence[RunPrice]) -> None:
        places = {kind: {row.place for row in rows if row.kind == kind} for kind in KINDS}
        courses = places["class"] | {course for row in rows for course, _seats in row.courses}
        self._courses = _named(Course, courses)
        self._units = _named(Unit, places["absence"])
        funds = sa.select(Fund.code, Fund.name, Fund.id).where(Fund.code.in_(places["budget"] | places["sum"]))
        self._funds = {row.code: row for row in db.session.execute(funds)}
        classes = sa.select(TrainingClass.code, TrainingClass.name, TrainingClass.id)
        self._classes = {
            row.code: row for row in db.session.execute(classes.where(TrainingClass.code.in_(places["size"])))
        }
        codes = {row.like for row in rows if row.like} | {code for row in rows for code in row.opens}
        options = sa.select(ClassOption).where(ClassOption.code.in_(codes))
        loaded = options.options(joinedload(ClassOption.training_class), selectinload(ClassOption.sessions))
        self._options = {row.code: row for row in db.session.scalars(loaded)}

    def line(self, row: RunPrice, longest: float) -> PriceLine:
        """Return the price in words, with bars in proportion to the longest of its kind."""
        name, detail, class_id, fund_id = row.place, "", None, None
        if row.kind == "size" and (made := self._classes.get(row.place)):
            name, detail, class_id = row.place, made.name, made.id
        elif row.kind in ("budget", "sum") and (fund := self._funds.get(row.place)):
            name, fund_id = fund.name, fund.id
        elif row.kind == "absence":
            name = self._units.get(row.place, row.place)
        elif row.kind == "class":
            name = self._courses.get(row.place, row.place)
            detail, class_id = self._like(row.like)
        return PriceLine(
            row,
            name,
            detail,
            class_id,
            fund_id,
            tuple((self._courses.get(code, code), round(seats)) for code, seats in row.courses if seats >= 1),
            tuple(self._opened(code) for code in row.opens if code in self._options),
            100 * row.points / longest,
            None if row.gain is None else 100 * row.gain / longest,
        )

    def _like(self, code: str | None) -> tuple[str, int | None]:
        option = self._options.get(code or "")
        if option is None:
            return "", None
        made = option.training_class
        cost = made.fixed_cost + made.seat_cost * made.max_seats
        words = _(
            "like class %(code)s, from %(first)s, up to %(seats)s people, up to %(cost)s",
            code=made.code,
            first=day(option.runs[0].first) if option.runs else "–",
            seats=number(made.max_seats),
            cost=money(cost),
        )
        return str(words), made.id

    def _opened(self, code: str) -> str:
        made = self._options[code].training_class
        return f"{made.code} {made.name}"


def _named(model: Any, codes: set[str]) -> dict[str, str]:
    rows = db.session.execute(sa.select(model.code, model.name).where(model.code.in_(codes)))
    return {row.code: row.name for row in rows}
