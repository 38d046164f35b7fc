"""How many more people meet the standards of what they hold, if the seats of some of them change."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from ...classes.models import ClassOption, OptionSession
from ...core.db import db
from ...core.i18n import today
from ...gaps import queries as gaps
from ...gaps.rules import StandardsStanding
from ...needs import outcomes
from ...needs.models import Need

_NEED = re.compile(r"n(\d+):")
Seats = Sequence[Sequence[str]]  # (need, option), by their names in the optimizer's files


def more_people(year: int, before: Seats, after: Seats, like: str | None) -> int:
    """Return how many more meet their standards at the end of the year, if everybody passes their classes.

    Counted as `gaps` does it, for those people alone whose seats differ: nobody else's standing does. If a class
    ends later, the day is that of its end.

    Args:
        year: of the plan.
        before, after: all seats of these people.
        like: the option that a further class is a copy of.
    """
    needs, ends = _needs_of([*before, *after]), _ends_of([*before, *after], like)
    then = max([date(year, 12, 31), today(), *ends.values()])
    people = sorted({employee_id for employee_id, _course in needs.values()})
    if not people:
        return 0
    meeting = []
    for seats in (before, after):
        passed: Mapping[int, Any] = _passed(seats, needs, ends)
        standings = gaps.states(then, people, seats=passed).standings()
        meeting.append(sum(one is StandardsStanding.MEETS for one in standings.values()))
    return meeting[1] - meeting[0]


def _need_id(name: str) -> int:
    found = _NEED.match(name)
    return int(found[1]) if found else 0


def _needs_of(seats: Iterable[Sequence[str]]) -> dict[int, tuple[int, int]]:
    """Return need id → (employee id, course id); without needs that are gone, or whose person failed a class."""
    ids = {_need_id(need) for need, _option in seats}
    failed = outcomes.failed(ids)
    rows = db.session.execute(sa.select(Need.id, Need.employee_id, Need.course_id).where(Need.id.in_(ids)))
    return {need_id: (employee_id, course_id) for need_id, employee_id, course_id in rows if need_id not in failed}


def _ends_of(seats: Iterable[Sequence[str]], like: str | None) -> dict[str, date]:
    """Return option → its last day; one that no class has is the copy of `like`."""
    codes = {option for _need, option in seats}
    statement = (
        sa.select(ClassOption.code, sa.func.max(OptionSession.last))
        .join(OptionSession, OptionSession.option_id == ClassOption.id)
        .where(ClassOption.code.in_(codes | ({like} if like else set())))
        .group_by(ClassOption.code)
    )
    ends: dict[str, date] = dict(db.session.execute(statement).all())
    if like in ends:
        ends |= dict.fromkeys(codes - ends.keys(), ends[like])
    return ends


def _passed(
    seats: Seats, needs: Mapping[int, tuple[int, int]], ends: Mapping[str, date]
) -> dict[int, list[tuple[int, date]]]:
    found: dict[int, list[tuple[int, date]]] = defaultdict(list)
    for need, option in seats:
        known = needs.get(_need_id(need))
        if known is not None and option in ends:
            found[known[0]].append((known[1], ends[option]))
    return found
