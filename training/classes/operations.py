"""Writes over training classes, with their options, quotas and reserves.

Two options of different classes may want the same room or lecturer on a day: the optimizer decides which of them
runs.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from ..budgets.models import Fund
from ..core.audit import Actor, operation
from ..core.db import db
from ..core.validation import Check, find, refuse_if_used
from ..people.models import Unit
from .calendars import CalendarCheck, write_options
from .costing import regenerate
from .models import ClassMode, ClassQuota, TrainingClass
from .reserves import check_reserves, write_reserves


def save_training_class(
    values: dict[str, Any], *, actor: Actor, row: TrainingClass | None = None
) -> TrainingClass:
    """Add or change a class.

    Args:
        values: `code`, `name`, `year`, `course_id`, `host_id`, `mode` (a `ClassMode`), `min_seats`, `max_seats`,
            `fund_id`, `tier_id` (of lecturers; None: the usual one), `fixed_cost` and `seat_cost` (đồng; of a
            class with cost lines they are computed and cannot be given), `note`; only the keys present
            change. A class with cost lines that gets other days, another course or tier has its lines
            computed again, unless it is opened. Lists replace the stored ones: `options`: dicts of `code` (unique
            among all classes; None: class code and a letter), `place_id`, `sessions` (list of (first, last)
            days, both included), `room_ids`, `lecturer_ids`; an option is known by its code; `quotas`: dicts
            of `unit_ids` (with the units below them) and `max_seats`; `reserves`: dicts of `unit_ids`, `min_seats`
            and `release`.

    Raises:
        Refused: with every fault; nothing was written. Faults inside the lists belong to the fields `options`,
            `quotas` and `reserves` and name the option, quota or reserve.
    """
    with operation(actor, "classes.save_class"):
        check = Check(TrainingClass, dict(values), row)
        check.columns("options", "quotas", "reserves")
        check.unique("code")
        check.one_of("mode", ClassMode)
        check.not_negative("fixed_cost", "seat_cost")
        _check_costs(check)
        _check_sizes(check)
        _check_year(check)
        _check_enrolled(check)
        calendars = None
        if "options" in check.values or row is None:
            calendars = CalendarCheck(check)
            calendars.run()
        if "quotas" in check.values:
            _check_quotas(check)
        check_reserves(check)
        check.stop_if_wrong()
        costs_move = row is not None and (
            "options" in check.values or check.changes("course_id") or check.changes("tier_id")
        )
        saved: TrainingClass = check.write("options", "quotas", "reserves")
        if calendars is not None:
            write_options(saved, calendars.wanted)
        if "quotas" in check.values:
            _write_quotas(saved, check.values["quotas"] or [])
        if "reserves" in check.values:
            write_reserves(saved, check.values["reserves"] or [])
        if costs_move and saved.cost_lines and saved.opened_on is None:
            regenerate(saved)
        return saved


def _check_sizes(check: Check[Any]) -> None:
    check.not_negative("min_seats")
    low, high = check.get("min_seats"), check.get("max_seats")
    if high is None:
        return
    if high < 1:
        check.wrong("max_seats", _("A class has at least one seat."))
    elif low is not None and high < low:
        check.wrong("max_seats", _("The largest number of seats is below the smallest."))
    if check.row is not None and high < check.row.seats_taken:
        check.wrong(
            "max_seats",
            _("%(taken)d people are enrolled: there cannot be fewer seats.", taken=check.row.seats_taken),
        )


def _check_year(check: Check[Any]) -> None:
    """Check that the year is valid, and that the fund is of it."""
    year, fund_id = check.get("year"), check.get("fund_id")
    if year is not None and not 2000 <= year <= 2100:
        check.wrong("year", _("Write the year with four digits, such as 2026."))
        return
    fund = find(Fund, fund_id) if fund_id is not None else None
    if fund is not None and year is not None and fund.year != year:
        check.wrong(
            "fund_id",
            _("The fund is of %(fund_year)d, the class of %(year)d.", fund_year=fund.year, year=year),
        )


def _check_costs(check: Check[Any]) -> None:
    """Check that figures computed from lines are not typed."""
    if check.row is None or not any(check.changes(key) for key in ("fixed_cost", "seat_cost")):
        return
    if check.row.cost_lines:
        for key in ("fixed_cost", "seat_cost"):
            if check.changes(key):
                check.wrong(key, _("This is computed from the cost lines of the class: change those."))


def _check_enrolled(check: Check[Any]) -> None:
    """Check that what people were enrolled in is unchanged."""
    if check.row is None or not check.row.seats_taken:
        return
    for key in ("course_id", "year"):
        if check.changes(key):
            check.wrong(key, _("People are already enrolled in this class: this cannot change."))


def _check_quotas(check: Check[Any]) -> None:
    seen: set[frozenset[int]] = set()
    for number, quota in enumerate(check.values["quotas"] or [], 1):
        faults = []
        units = frozenset(quota.get("unit_ids") or ())
        seats = quota.get("max_seats")
        if not units:
            faults.append(_("name at least one unit"))
        if any(find(Unit, unit_id) is None for unit_id in units):
            faults.append(_("there is no such unit"))
        if seats is None:
            faults.append(_("give the number of seats"))
        elif seats < 0:
            faults.append(_("the number of seats cannot be below zero"))
        if units and units in seen:
            faults.append(_("the same units have a quota already"))
        seen.add(units)
        for fault in faults:
            check.wrong("quotas", _("Quota %(number)d: %(fault)s.", number=number, fault=fault))


def _write_quotas(training_class: TrainingClass, quotas: list[dict[str, Any]]) -> None:
    """Write quotas; quotas of the same units keep their row, with the new number of seats."""
    with db.session.no_autoflush:
        wanted = {frozenset(quota["unit_ids"]): int(quota["max_seats"]) for quota in quotas}
        for standing in list(training_class.quotas):
            units = frozenset(unit.id for unit in standing.units)
            if units not in wanted:
                training_class.quotas.remove(standing)
            else:
                seats = wanted.pop(units)
                if standing.max_seats != seats:
                    standing.max_seats = seats
        for unit_ids, seats in wanted.items():
            found = [unit for unit in (find(Unit, unit_id) for unit_id in sorted(unit_ids)) if unit]
            training_class.quotas.append(ClassQuota(max_seats=seats, units=found))


def delete_training_class(row: TrainingClass, *, actor: Actor) -> None:
    """Delete a class with its options, quotas and reserves.

    Raises:
        Refused: people are enrolled, pins name it, or a run of the optimizer decided over it.
    """
    with operation(actor, "classes.delete_class"):
        refuse_if_used(row)
        for option in row.options:
            refuse_if_used(option)
        db.session.delete(row)
