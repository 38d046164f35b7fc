"""Re-run the waiting list whenever a change of rows can invalidate a refusal.

What denies a free seat to waiting people is stored in rows: the capacity of a class, an absence, the money of a
fund, a limit of a unit, a prerequisite… `FACTS` declares those rows and columns. The database session notes every
change of them, so that no form, sheet, operation or command can miss it. On commit, one job is queued for each
class that has a free seat and a waiting person concerned. A sheet of thousands of rows is one transaction, and
queues at most one job per class.

What no row shows (a class is over, a change on a separate connection) is found periodically: `look_everywhere`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapper, Session, UOWTransaction, aliased, object_session

from ...budgets.models import Fund
from ...classes.models import ClassQuota, ClassReserve, OptionSession, Payment, TrainingClass
from ...classes.queries import spendable
from ...completions.models import Completion
from ...core.db import db
from ...core.tasks import defer
from ...courses.models import CourseEquivalence, PrerequisiteGroup
from ...holidays.models import Holiday
from ...needs.models import PLANNED, Need
from ...people.models import Absence, Employee, Unit
from ...planning.models import NeedSetMember, Pin, Plan
from ..models import Enrolment, EnrolmentState, OpenClass, WaitingListEntry, WaitingState

PROMOTE = "enrolments.promote"  # the job
_NOTED = "promotion_triggers"  # key under which the session keeps it


@dataclass
class Touched:
    """What a transaction has changed so far; ids of rows.

    Attributes:
        classes, courses: may have free seats, or have weaker requirements than before.
        funds: have more money; `ended`: class → seats that it no longer pays for.
        claimants: people who no longer claim seats of reserves, or for whom the others of their set need not wait.
        employees, needs: may enter what was closed to them; `units`: so may all their people.
        options: have other days, so that the people in them are free on others.
        everything: any class.
    """

    classes: set[int] = field(default_factory=set)
    courses: set[int] = field(default_factory=set)
    funds: set[int] = field(default_factory=set)
    ended: Counter[int] = field(default_factory=Counter)
    employees: set[int] = field(default_factory=set)
    claimants: set[int] = field(default_factory=set)
    needs: set[int] = field(default_factory=set)
    units: set[int] = field(default_factory=set)
    options: set[int] = field(default_factory=set)
    everything: bool = False


@dataclass(frozen=True)
class Fact:
    """Rows on which refusals depend.

    Attributes:
        model: whose rows.
        columns: those whose change may invalidate a refusal; a many-to-many relation is named as well.
        concerns: kind of `Touched` → the column that says whom a row concerns, before and after the change.
        made, gone: whether a new or a deleted row may do so too.
        everything: any class may be concerned.
        when: condition on a changed row; None: always.
    """

    model: type[Any]
    columns: frozenset[str]
    concerns: dict[str, str] = field(default_factory=dict)
    made: bool = False
    gone: bool = False
    everything: bool = False
    when: Callable[[Any], bool] | None = None


def _ended(seat: Enrolment) -> bool:
    """Whether the seat ended: confirming or accepting one frees nothing."""
    return seat.state == EnrolmentState.CANCELLED


FACTS: list[Fact] = [
    Fact(TrainingClass, frozenset({"max_seats"}), {"classes": "id"}),
    Fact(TrainingClass, frozenset({"fixed_cost", "seat_cost", "fund_id"}), {"classes": "id", "funds": "fund_id"}),
    Fact(ClassQuota, frozenset({"max_seats", "units"}), {"classes": "class_id"}, gone=True),
    Fact(ClassReserve, frozenset({"min_seats", "release", "units"}), {"classes": "class_id"}, gone=True),
    Fact(OptionSession, frozenset({"first", "last"}), {"options": "option_id"}, made=True, gone=True),
    Fact(OpenClass, frozenset({"last_entry_on"}), {"classes": "class_id"}),
    Fact(OpenClass, frozenset({"cancelled_at"}), {"classes": "class_id", "ended": "class_id"}),
    Fact(
        Enrolment,
        frozenset({"state"}),
        {"classes": "class_id", "ended": "class_id", "employees": "employee_id"},
        gone=True,
        when=_ended,
    ),
    Fact(Fund, frozenset({"amount"}), {"funds": "id"}),
    Fact(Payment, frozenset({"amount", "fund_id", "class_id"}), {"funds": "fund_id"}, gone=True),
    Fact(Unit, frozenset({"max_absent"}), {"units": "id"}),
    Fact(Unit, frozenset({"parent_id"}), everything=True),  # quotas include the units below
    Fact(Employee, frozenset({"max_days", "active"}), {"employees": "id"}),
    Fact(Employee, frozenset({"active", "unit_id"}), {"claimants": "id"}),
    Fact(Employee, frozenset({"unit_id"}), {"employees": "id", "units": "unit_id"}),
    Fact(Absence, frozenset({"employee_id", "first", "last"}), {"employees": "employee_id"}, gone=True),
    Fact(
        Completion,
        frozenset({"employee_id", "course_id", "completed_on"}),
        {"employees": "employee_id"},
        made=True,
    ),
    Fact(PrerequisiteGroup, frozenset({"alternatives"}), {"courses": "course_id"}, gone=True),
    Fact(CourseEquivalence, frozenset({"course_id", "substitute_id"}), made=True, everything=True),
    Fact(Pin, frozenset({"kind", "need_id", "class_id"}), {"needs": "need_id", "classes": "class_id"}, gone=True),
    # A need that is given up no longer claims a reserved seat and leaves its sets: others may enter.
    Fact(Need, frozenset({"state"}), {"needs": "id", "courses": "course_id"}),
    Fact(Holiday, frozenset({"first", "last", "kind", "state"}), made=True, gone=True, everything=True),
]


def rests_on(fact: Fact) -> None:
    """Register further rows on which refusals depend; for downstream features."""
    FACTS.append(fact)


def look_at(
    *, class_ids: Collection[int] = (), course_ids: Collection[int] = (), option_ids: Collection[int] = ()
) -> None:
    """Have the waiting list look after this transaction.

    Args:
        class_ids: at these classes.
        course_ids: at all classes of these courses.
        option_ids: at the classes that run in these options, which have new days, and at all classes for which
            people in them wait.
    """
    touched = _touched(db.session())
    touched.classes.update(class_ids)
    touched.courses.update(course_ids)
    touched.options.update(option_ids)


def forget() -> None:
    """Discard what this transaction changed so far.

    It published a whole plan or undid that: every seat was decided on, and nobody was notified yet.
    """
    db.session.flush()
    _forget(db.session())


def _touched(session: Session) -> Touched:
    touched: Touched = session.info.setdefault(_NOTED, Touched())
    return touched


# -- noting ------------------------------------------------------------------------------------------------------


@event.listens_for(Session, "after_flush")
def _note(session: Session, _context: UOWTransaction) -> None:
    for rows, happened in ((session.new, "made"), (session.dirty, "changed")):
        for row in rows:
            _note_row(session, row, happened)


@event.listens_for(Mapper, "after_delete")
def _note_deleted(_mapper: Mapper[Any], _connection: sa.Connection, row: Any) -> None:
    """Note rows deleted by a cascade from their parent's collection, for which the session was never asked."""
    session = object_session(row)
    if session is not None:
        _note_row(session, row, "gone")


def _note_row(session: Session, row: Any, happened: str) -> None:
    for fact in FACTS:
        if isinstance(row, fact.model) and _counts(row, fact, happened):
            _add(_touched(session), row, fact)


def _counts(row: Any, fact: Fact, happened: str) -> bool:
    if happened == "changed":
        attrs = sa.inspect(row).attrs
        changed = any(attrs[key].history.has_changes() for key in fact.columns)
        return changed and (fact.when is None or fact.when(row))
    return fact.made if happened == "made" else fact.gone


def _add(touched: Touched, row: Any, fact: Fact) -> None:
    touched.everything = touched.everything or fact.everything
    for kind, key in fact.concerns.items():
        history = sa.inspect(row).attrs[key].history
        values = {value for value in (*history.added, *history.unchanged, *history.deleted) if value is not None}
        getattr(touched, kind).update(values)


@event.listens_for(Session, "do_orm_execute")
def _note_bulk(state: sa.orm.ORMExecuteState) -> None:
    """Note bulk statements, which name no single row."""
    mapper = state.bind_mapper if state.is_update or state.is_delete else None
    if mapper is not None and any(issubclass(mapper.class_, fact.model) for fact in FACTS):
        _touched(state.session).everything = True


@event.listens_for(Session, "before_commit")
def _queue(session: Session) -> None:
    if session.in_nested_transaction():
        return
    if _NOTED in session.info or session.new or session.dirty or session.deleted:
        session.flush()
    touched = session.info.pop(_NOTED, None)
    if touched is not None:
        for class_id in _classes(touched):
            _defer(class_id)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_NOTED, None)


def _defer(class_id: int) -> None:
    defer(PROMOTE, class_id=class_id, lock=f"promote-{class_id}")


# -- from touched rows to classes -------------------------------------------------------------------------------


def _among(column: Any, ids: Iterable[int]) -> sa.ColumnElement[bool]:
    """Like `IN`, for any number of ids."""
    among: sa.ColumnElement[bool] = column == sa.any_(sa.cast(sorted(ids), ARRAY(sa.Integer)))
    return among


def _promising() -> sa.Select[int]:
    """Return the ids of open classes with a free seat and waiting people, in id order."""
    return (
        sa.select(OpenClass.class_id)
        .join(OpenClass.training_class)
        .where(
            OpenClass.cancelled_at.is_(None),
            TrainingClass.seats_taken < TrainingClass.max_seats,
            _somebody_waits(),
        )
        .order_by(OpenClass.class_id)
    )


def _somebody_waits(*who: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Condition on `TrainingClass`: a person waits for its course for whom `who` is true.

    Args:
        who: conditions on `Need` and `Employee`.
    """
    return (
        sa.exists()
        .where(
            WaitingListEntry.course_id == TrainingClass.course_id,
            WaitingListEntry.state == WaitingState.WAITING,
            Need.id == WaitingListEntry.need_id,
            Need.state.in_(PLANNED),
            Employee.id == Need.employee_id,
            Employee.active,
            *who,
        )
        .correlate(TrainingClass)
    )


def _rests_on_claims(employee_ids: Collection[int]) -> sa.ColumnElement[bool]:
    """Condition on `TrainingClass`: a refusal there may depend on needs of these people.

    It may depend on them by a reserve that releases unclaimed seats, or by a set.
    """
    needs = sa.select(Need.course_id).where(_among(Need.employee_id, employee_ids))
    in_sets = needs.join(NeedSetMember, NeedSetMember.need_id == Need.id)
    return sa.or_(
        sa.and_(TrainingClass.reserves.any(ClassReserve.release), TrainingClass.course_id.in_(needs)),
        TrainingClass.course_id.in_(in_sets),
    )


def _classes(touched: Touched) -> list[int]:
    """Return the classes to look at."""
    if touched.everything:
        return list(db.session.scalars(_promising()))
    employees = touched.employees | _members(touched.options)
    conditions: list[sa.ColumnElement[bool]] = []
    in_class, funds = touched.classes | _classes_of(touched.options), touched.funds | _tight_funds(touched.ended)
    for column, ids in ((TrainingClass.id, in_class), (TrainingClass.course_id, touched.courses),
                        (TrainingClass.fund_id, funds)):  # fmt: skip
        if ids:
            conditions.append(_among(column, ids))
    if touched.claimants:
        conditions.append(_rests_on_claims(touched.claimants))
    units = touched.units | _limited_units(touched.employees)
    for column, ids in ((Need.employee_id, employees), (Need.id, touched.needs), (Employee.unit_id, units)):
        if ids:
            conditions.append(_somebody_waits(_among(column, ids)))
    return list(db.session.scalars(_promising().where(sa.or_(*conditions)))) if conditions else []


def _classes_of(option_ids: Collection[int]) -> set[int]:
    """Return the classes that run in these options."""
    if not option_ids:
        return set()
    runs = sa.select(OpenClass.class_id).where(OpenClass.cancelled_at.is_(None))
    return set(db.session.scalars(runs.where(_among(OpenClass.option_id, option_ids))))


def _members(option_ids: Collection[int]) -> set[int]:
    """Return the people with a seat in these options."""
    if not option_ids:
        return set()
    seats = sa.select(Enrolment.employee_id).where(Enrolment.state != EnrolmentState.CANCELLED)
    return set(db.session.scalars(seats.where(_among(Enrolment.option_id, option_ids))))


def _limited_units(employee_ids: Collection[int]) -> set[int]:
    """Return the units of these people with a daily limit: one person fewer in class makes room."""
    if not employee_ids:
        return set()
    units = sa.select(Employee.unit_id).join(Employee.unit).where(Unit.max_absent.is_not(None))
    return set(db.session.scalars(units.where(_among(Employee.id, employee_ids)).distinct()))


def _tight_funds(ended: Counter[int]) -> set[int]:
    """Return funds that could not have paid for one more seat before these ended.

    A class that no longer runs frees its whole cost.
    """
    if not ended:
        return set()
    runs = aliased(OpenClass)
    held = sa.exists().where(runs.class_id == TrainingClass.id, runs.cancelled_at.is_(None))
    rows = db.session.execute(
        sa.select(TrainingClass.id, TrainingClass.fund_id, TrainingClass.seat_cost, held.label("held")).where(
            _among(TrainingClass.id, ended)
        )
    ).all()
    funds = {row.fund_id for row in rows if not row.held}
    freed: Counter[int] = Counter()
    for row in rows:
        freed[row.fund_id] += row.seat_cost * ended[row.id]
    cost = TrainingClass.fixed_cost + TrainingClass.seat_cost * TrainingClass.seats_taken
    money = db.session.execute(
        sa.select(Fund.id, spendable() - sa.func.sum(cost), sa.func.max(TrainingClass.seat_cost))
        .join(TrainingClass, TrainingClass.fund_id == Fund.id)
        .where(_among(Fund.id, freed.keys()), held)
        .group_by(Fund.id)
    )
    return funds | {fund_id for fund_id, left, seat in money if left < freed[fund_id] + seat}


# -- periodically -----------------------------------------------------------------------------------------------


def look_everywhere() -> int:
    """Queue a look at every class with a free seat and waiting people, of plans that people were notified of.

    Other plans can still be undone. Classes that are already queued are left out.

    Returns:
        how many classes.
    """
    queued = set(
        db.session.scalars(
            sa.text(
                "SELECT (args ->> 'class_id')::int FROM procrastinate_jobs"
                " WHERE task_name = :name AND status IN ('todo', 'doing')"
            ),
            {"name": PROMOTE},
        )
    )
    told = _promising().join(Plan, Plan.id == OpenClass.plan_id).where(Plan.told_at.is_not(None))
    wanted = [class_id for class_id in db.session.scalars(told) if class_id not in queued]
    for class_id in wanted:
        _defer(class_id)
    return len(wanted)
