"""Seats of a class that are kept for units: checks and writes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..core.db import db
from ..core.validation import Check, find
from ..people.models import Unit
from .models import ClassReserve, TrainingClass

MOST_RESERVES = 6  # of one class, as the optimizer takes them


def check_reserves(check: Check[Any]) -> None:
    """Check the given reserves; or the stored ones, if only the class's size changes."""
    if "reserves" not in check.values:
        kept = sum(reserve.min_seats for reserve in check.row.reserves) if check.row is not None else 0
        if check.changes("max_seats"):
            _check_sum(check, kept, "max_seats")
        return
    reserves = check.values["reserves"] or []
    if len(reserves) > MOST_RESERVES:
        check.wrong("reserves", _("A class keeps seats for at most %(most)d sets of units.", most=MOST_RESERVES))
    trees = _Trees()
    seen: dict[int, int] = {}  # unit, as named or below a named one → number of its reserve
    for number, reserve in enumerate(reserves, 1):
        for fault in [*_faults(reserve), *trees.overlaps(reserve.get("unit_ids") or (), seen)]:
            check.wrong("reserves", _("Reserve %(number)d: %(fault)s.", number=number, fault=fault))
        for unit_id in reserve.get("unit_ids") or ():
            seen |= {below: seen.get(below, number) for below in trees.of(unit_id)}
    _check_sum(check, sum(reserve.get("min_seats") or 0 for reserve in reserves), "reserves")


def _faults(reserve: dict[str, Any]) -> list[str]:
    faults = []
    units, seats = reserve.get("unit_ids") or (), reserve.get("min_seats")
    if not units:
        faults.append(_("name at least one unit"))
    if any(find(Unit, unit_id) is None for unit_id in units):
        faults.append(_("there is no such unit"))
    if seats is None:
        faults.append(_("give the number of seats"))
    elif seats < 1:
        faults.append(_("at least one seat is kept"))
    return faults


def _check_sum(check: Check[Any], kept: int, field: str) -> None:
    most = check.get("max_seats")
    if isinstance(most, int) and kept > most:
        check.wrong(
            field,
            _("%(kept)d seats are kept for units; the class has %(most)d.", kept=kept, most=most),
        )


class _Trees:
    """Units with those below them."""

    def __init__(self) -> None:
        rows = db.session.execute(sa.select(Unit.id, Unit.parent_id, Unit.name)).all()
        self._names: dict[int, str] = {row.id: row.name for row in rows}
        self._below: dict[int, list[int]] = {}
        for row in rows:
            if row.parent_id is not None:
                self._below.setdefault(row.parent_id, []).append(row.id)

    def of(self, unit_id: int) -> set[int]:
        found, waiting = set(), [unit_id]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self._below.get(one, ())
        return found

    def overlaps(self, unit_ids: Collection[int], seen: dict[int, int]) -> list[str]:
        """Return units that have seats kept by an earlier reserve of `seen` already."""
        found: dict[int, tuple[int, int]] = {}
        for unit_id in unit_ids:
            for shared in sorted(self.of(unit_id) & seen.keys()):
                found.setdefault(unit_id, (shared, seen[shared]))
        return [
            _("“%(unit)s” is in reserve %(other)d already, by itself or by a unit above it",
              unit=self._names.get(shared, ""), other=other)
            for shared, other in found.values()
        ]  # fmt: skip


def write_reserves(made: TrainingClass, reserves: list[dict[str, Any]]) -> None:
    """Write reserves; reserves of the same units keep their row, with the new figures."""
    with db.session.no_autoflush:
        wanted = {
            frozenset(one["unit_ids"]): (int(one["min_seats"]), bool(one.get("release"))) for one in reserves
        }
        for reserve in list(made.reserves):
            units = frozenset(reserve.unit_ids)
            if units not in wanted:
                made.reserves.remove(reserve)
                continue
            figures = wanted.pop(units)
            if (reserve.min_seats, reserve.release) != figures:
                reserve.min_seats, reserve.release = figures
        for unit_ids, (seats, release) in wanted.items():
            units_found = [unit for unit in (find(Unit, unit_id) for unit_id in sorted(unit_ids)) if unit]
            made.reserves.append(ClassReserve(min_seats=seats, release=release, units=units_found))


def fitting(made: TrainingClass, max_seats: int) -> list[dict[str, Any]]:
    """Return the reserves of a class for another one of this size: the first ones, as far as there is room."""
    found, left = [], max_seats
    for reserve in made.reserves:
        seats = min(reserve.min_seats, left)
        if seats:
            found.append({"unit_ids": reserve.unit_ids, "min_seats": seats, "release": reserve.release})
        left -= seats
    return found
