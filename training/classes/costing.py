"""Writes over the costs of a class: its cost lines, and the two figures of the optimizer computed from them.

The lines follow from the norms in force on the class's first day.

Rounding: every line is whole đồng by itself (quantity × price); a share of a norm and the percentage of class
management are rounded down. Management is computed separately for the class's part and for the part of each seat,
each on the other lines of its part that the class's fund pays. So for every number of seats `fixed_cost + seats ×
seat_cost` is the sum of the fund's lines, to the đồng, and management is at most its percentage of the other
costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from ..budgets import norms
from ..budgets.models import CLASS_FUND, TIERED, Basis, CostKind, CostNorm, FundKind
from ..budgets.queries import all_norms
from ..core.audit import Actor, operation
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import day as shown
from ..core.i18n import money, today
from ..core.validation import Check
from .models import ClassOption, CostLine, TrainingClass

LESSONS_PER_DAY = 8  # a week is 5 days and 40 lessons (tiết)
_MOST_UNITS = 10**6
_MOST_PRICE = 10**12
_MOST_COST = 10**15  # of a class: the largest sum that the optimizer can handle


@dataclass(frozen=True, slots=True)
class Generated:
    """The norm's figures for one line."""

    norm: CostNorm
    per_seat: bool
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The result of computing the lines of many classes.

    Attributes:
        classes: how many were computed; `changed`: how many have another cost now.
        opened: unchanged, because a decision opened them.
        before, after: đồng of the computed classes, full.
        faults: why the others could not be computed.
    """

    classes: int
    changed: int
    opened: int
    before: int
    after: int
    faults: tuple[str, ...]


def costs_nothing(row: TrainingClass) -> bool:
    """Return whether a plan would count the class as free."""
    return not row.fixed_cost and not row.seat_cost


def said_of_no_cost() -> str:
    """Return the warning of pages and previews about a class that costs nothing."""
    message: str = _("This class costs 0 đ. A plan counts it as free: enter its costs unless that is so.")
    return message


def norm_day(row: TrainingClass) -> date | None:
    """Return the day whose norms apply: the first of the class's earliest option, whichever option will run.

    The costs of a class are known before a plan decides its calendar, and that decision does not change them.
    """
    return min((run.first for option in row.options for run in option.runs), default=None)


def periods(days: int, lessons: int) -> int:
    """Return half-days (buổi) of `lessons` lessons in this number of days of class; a rest counts as one."""
    return -(-days * LESSONS_PER_DAY // lessons)


def generated(row: TrainingClass, known: Iterable[CostNorm]) -> list[Generated]:
    """Return the lines that the norms give a class; class management without its quantity.

    Raises:
        Refused: the class has no days yet, or no norm is in force on its first.
    """
    first = norm_day(row)
    if first is None:
        raise Refused(Fault("options", _("The class has no days yet: the norms of its first day hold.")))
    in_force = norms.automatic(known, first, row.course.kind, row.tier_id)
    if not in_force:
        raise Refused(
            Fault("options", _("No cost norm is in force on the class's first day, %(day)s.", day=shown(first)))
        )
    trips = len(min(row.options, key=_begins).sessions)
    found = []
    for kind, norm in in_force.items():
        basis = kind.basis
        if basis is Basis.PERCENT:
            found += [Generated(norm, per_seat, 0, norm.price) for per_seat in (False, True)]
        else:
            found.append(
                Generated(norm, basis.per_seat, _quantity(norm, basis, row.course.days, trips), norm.price)
            )
    return found


def _begins(option: ClassOption) -> date:
    return option.first_day or date.max


def _quantity(norm: CostNorm, basis: Basis, days: int, trips: int) -> int:
    if basis.in_periods:
        return periods(days, norm.lessons or 4)
    return {Basis.DAY: days, Basis.TRAINEE_DAY: days, Basis.TRIP: trips}.get(basis, 1)


# -- writing
# ------------------------------------------------------------------------------------------------------


def compute_costs(training_class: TrainingClass, *, actor: Actor) -> TrainingClass:
    """Give a class its lines by the norms, or compute its lines again; manual entries stay.

    Raises:
        Refused: no norm applies.
    """
    with operation(actor, "classes.compute_costs"):
        row = locked(training_class.id)
        regenerate(row)
        return row


def compute_costs_of_year(year: int, *, actor: Actor) -> Recomputed:
    """Do the same for every class of a year that is not opened yet; classes without lines get them."""
    with operation(actor, "classes.compute_costs"):
        rows = _locked(TrainingClass.year == year)
        waiting = [row for row in rows if row.opened_on is None]
        before = sum(row.cost(row.max_seats) for row in waiting)
        changed, faults, done = 0, [], 0
        for row in waiting:
            old = (row.fixed_cost, row.seat_cost)
            try:
                regenerate(row)
            except Refused as refused:
                faults += [f"{row.code}: {fault.message}" for fault in refused.faults]
                continue
            done += 1
            changed += old != (row.fixed_cost, row.seat_cost)
        after = sum(row.cost(row.max_seats) for row in waiting)
        return Recomputed(done, changed, len(rows) - len(waiting), before, after, tuple(faults))


def drop_costs(training_class: TrainingClass, *, actor: Actor) -> TrainingClass:
    """Delete all lines of a class; its two figures stay as they are and can be typed again."""
    with operation(actor, "classes.drop_costs"):
        row = locked(training_class.id)
        row.cost_lines.clear()
        return row


def save_cost_line(
    values: dict[str, Any],
    *,
    actor: Actor,
    row: CostLine | None = None,
    training_class: TrainingClass | None = None,
) -> CostLine:
    """Override the figures of a line, or add a manual line.

    Args:
        values: `own_quantity`, `own_price` (đồng, or per cent of class management), `own_payer` (None: by the
            norm), `reason`; of a new line also `kind`, `tier_id`, `label`. Only the keys present change. A
            new line needs its quantity, and its price where no norm gives one.
        training_class: whose the new line is.

    Raises:
        Refused: with every fault; nothing was written. Among others without a reason, and above a norm that is a
            ceiling.
    """
    owner = row.training_class if row is not None else training_class
    assert owner is not None
    with operation(actor, "classes.save_cost_line"):
        owner = locked(owner.id)
        values = dict(values)
        kind = CostKind(row.kind) if row is not None else None
        check = Check(CostLine, values, row)
        if row is None:
            values.update(class_id=owner.id, by_hand=True, per_seat=False)
            kind = _check_new(check)
        check.columns()
        if kind is not None and not check.faults:
            _check_figures(check, owner, kind)
        check.stop_if_wrong()
        assert kind is not None
        if row is None:
            values["per_seat"] = kind.basis.per_seat
            norm = _norm_of(owner, kind, values.get("tier_id"))
            values.update(_by_hand(norm, 0))
        saved: CostLine = check.write()
        if row is None:
            owner.cost_lines.append(saved)
        if not saved.overridden and not saved.by_hand:
            saved.reason = None
        settle(owner)
        return saved


def delete_cost_line(row: CostLine, *, actor: Actor) -> None:
    """Delete a manual line. A line of the norms is not deleted: its quantity can be set to 0, with the reason."""
    with operation(actor, "classes.delete_cost_line"):
        owner = locked(row.class_id)
        if not row.by_hand and row.norm_id is not None:
            raise Refused(_("This line follows from a norm: make its quantity 0 and say why."))
        owner.cost_lines.remove(row)
        settle(owner)


def _check_new(check: Check[Any]) -> CostKind | None:
    check.one_of("kind", CostKind)
    if check.get("kind") is None or check.faults:
        if not check.faults:
            check.wrong("kind", _("Please fill this in."))
        return None
    kind = CostKind(check.get("kind"))
    if kind is CostKind.MANAGEMENT:
        check.wrong("kind", _("Class management follows from the other lines: it is not added by hand."))
    if kind in TIERED and check.get("tier_id") is None:
        check.wrong("tier_id", _("Lecturers and assistants are paid by tier: choose one."))
    elif kind not in TIERED and check.get("tier_id") is not None:
        check.wrong("tier_id", _("Only lecturers and assistants are paid by tier."))
    if check.get("own_quantity") is None:
        check.wrong("own_quantity", _("Please fill this in."))
    return kind


def _check_figures(check: Check[Any], owner: TrainingClass, kind: CostKind) -> None:
    quantity, price, payer = check.get("own_quantity"), check.get("own_price"), check.get("own_payer")
    check.not_negative("own_quantity", "own_price")
    if quantity is not None and quantity > _MOST_UNITS:
        check.wrong("own_quantity", _("This number is too large."))
    if price is not None and price > _MOST_PRICE:
        check.wrong("own_price", _("This number is too large."))
    if payer not in {None, CLASS_FUND, *FundKind}:
        check.wrong("own_payer", _("Choose one of the list."))
    if kind.basis is Basis.PERCENT:
        if quantity is not None:
            check.wrong("own_quantity", _("Class management is reckoned on the other lines."))
        if payer not in {None, CLASS_FUND}:
            check.wrong("own_payer", _("Class management is paid by the fund of the class."))
    norm = _norm_of(owner, kind, check.get("tier_id"))
    if check.row is None and norm is None and price is None:
        check.wrong("own_price", _("No norm gives a price here: enter one."))
    if norm is not None and norm.ceiling and price is not None and price > norm.price:
        most = f"{norm.price} %" if kind.basis is Basis.PERCENT else money(norm.price)
        check.wrong("own_price", _("At most %(most)s: %(source)s.", most=most, source=norm.source))
    touched = check.row is None or any(value is not None for value in (quantity, price, payer))
    if touched and not check.get("reason"):
        check.wrong("reason", _("Say why it is not as the norm says."))


def _norm_of(owner: TrainingClass, kind: CostKind, tier_id: int | None) -> CostNorm | None:
    day = norm_day(owner)
    return norms.of_kind(all_norms(), day, owner.course.kind, kind, tier_id) if day is not None else None


def appraise(rows: Sequence[TrainingClass], *, actor: Actor) -> int:
    """Record the finance officer's approval of the present costs of these classes.

    Return how many are newly approved.
    """
    with operation(actor, "classes.appraise_costs"):
        fresh = [row for row in rows if row.appraised_on is None]
        for row in fresh:
            row.appraised_on, row.appraised_by = today(), actor.actor_name[:200]
        return len(fresh)


# -- the one place where lines become the class's figures
# ---------------------------------------------------------


def regenerate(row: TrainingClass) -> None:
    """Make the lines of `row` those of the norms, inside an operation; manual figures are kept.

    Raises:
        Refused: no norm applies.
    """
    known = all_norms()
    wanted = {(line.norm.kind, line.per_seat): line for line in generated(row, known)}
    for line in list(row.cost_lines):
        if line.by_hand:
            norm = _norm_of(row, CostKind(line.kind), line.tier_id)
            _set(line, **_by_hand(norm, line.price))
            continue
        new = wanted.pop((line.kind, line.per_seat), None)
        if new is not None:
            _set(line, **_figures(new, line.quantity))
        elif line.overridden:
            _set(line, norm_id=None)
        else:
            row.cost_lines.remove(line)
    for new in wanted.values():
        row.cost_lines.append(
            CostLine(kind=new.norm.kind, per_seat=new.per_seat, by_hand=False, **_figures(new, 0))
        )
    settle(row)


def _by_hand(norm: CostNorm | None, price: int) -> dict[str, Any]:
    """Return the columns of a manual line that follow its norm, if there is one."""
    if norm is None:
        return {"norm_id": None, "price": price, "payer": CLASS_FUND}
    return {"norm_id": norm.id, "price": norm.price, "payer": norm.payer}


def _figures(new: Generated, standing: int) -> dict[str, Any]:
    """Return the columns of a line by its norm; the quantity of class management is set last."""
    percent = CostKind(new.norm.kind).basis is Basis.PERCENT
    return {
        "norm_id": new.norm.id,
        "tier_id": new.norm.tier_id,
        "quantity": standing if percent else new.quantity,
        "price": new.price,
        "payer": new.norm.payer,
    }


def _set(line: CostLine, **values: Any) -> None:
    for key, value in values.items():
        if getattr(line, key) != value:
            setattr(line, key, value)


def settle(row: TrainingClass) -> None:
    """Compute class management, and the class's two figures as the sums of the lines that its fund pays.

    Raises:
        Refused: the cost of the class exceeds the largest sum.
    """
    if not row.cost_lines:
        return
    sums = {}
    for per_seat in (False, True):
        part = [line for line in row.cost_lines if line.per_seat is per_seat]
        others = sum(line.amount for line in part if line.from_fund and line.basis is not Basis.PERCENT)
        for line in part:
            if line.basis is Basis.PERCENT:
                _set(line, quantity=others)
        sums[per_seat] = sum(line.amount for line in part if line.from_fund)
    if sums[False] + sums[True] * row.max_seats > _MOST_COST:
        raise Refused(Fault("own_price", _("This number is too large.")))
    if (row.fixed_cost, row.seat_cost) != (sums[False], sums[True]):
        row.fixed_cost, row.seat_cost = sums[False], sums[True]
        row.appraised_on = row.appraised_by = None


# -- locking
# ------------------------------------------------------------------------------------------------------


def locked(class_id: int) -> TrainingClass:
    """Return the class with everything that its costs depend on, read afresh and locked.

    The lock lasts until the transaction ends. Two people who change two lines at once would otherwise each compute
    sums without the other's change.
    """
    (row,) = _locked(TrainingClass.id == class_id)
    return row


def _locked(condition: sa.ColumnElement[bool]) -> list[TrainingClass]:
    statement = (
        sa.select(TrainingClass)
        .where(condition)
        .order_by(TrainingClass.id)
        .options(
            joinedload(TrainingClass.course),
            selectinload(TrainingClass.options).selectinload(ClassOption.sessions),
            selectinload(TrainingClass.cost_lines),
        )
        .with_for_update(of=TrainingClass)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(statement).unique())
