"""Advice to people without a seat: what would give them one. Each sentence is true for this person now.

An action is advised only if it would be enough, all else being equal: it is applied to a `Situation`, and the
rules are judged again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import sqlalchemy as sa
from flask_babel import gettext as _

from ...core.db import db
from ...core.i18n import day, number, today
from ...courses.models import Course, PrerequisiteGroup
from ...needs.models import ALIVE, Need, Round
from ...people.models import Employee
from ...planning.models import NeedSetKind
from ...planning.need_sets import queries
from ...planning.rule_texts import text_of
from ...planning.rules import seat_state
from ...planning.rules.facts import Scope, having_rivals
from ...standards.eligibility.recommending import may_be_recommended
from ..models import Enrolment, EnrolmentState
from . import gradebook_guard
from .obstacles import ClassStanding, OwnSeat, Situation

_TAKEN = having_rivals(Scope.CLASS, Scope.UNIT)  # rules that a seat given back by another person may satisfy
_SHOWN = 5  # classes named in one sentence


class AdviceKind(StrEnum):
    """Kinds of advice, the surest first."""

    ASK = "ask"  # request a class with a free seat
    GIVE_BACK = "give_back"  # give back an own seat, then request the class
    SEND_INSTEAD = "send_instead"  # the unit sends the person instead of a colleague
    CORRECT_ABSENCE = "correct_absence"
    RAISE_LIMIT = "raise_limit"
    LIFT_BAN = "lift_ban"
    TAKE_FIRST = "take_first"  # take a prerequisite course
    WAIT = "wait"
    WAIT_ABSENCE = "wait_absence"
    WAIT_QUOTA = "wait_quota"
    WAIT_RESERVE = "wait_reserve"
    WAIT_APART = "wait_apart"
    WAIT_TOGETHER = "wait_together"
    MORE_MONEY = "more_money"


@dataclass(frozen=True, slots=True)
class Advice:
    """
    Attributes:
        class_ids: the classes in which it would give a seat.
        seat_ids: the seats to be given back, or of the colleagues who could stay.
        course_ids: the courses to be taken first.
    """

    kind: AdviceKind
    text: str
    class_ids: tuple[int, ...] = ()
    seat_ids: tuple[int, ...] = ()
    course_ids: tuple[int, ...] = ()


def advise(situation: Situation, need_id: int, *, waits: bool) -> list[Advice]:
    """Return what would give the need a seat; empty if no single action would.

    Args:
        waits: it is on the waiting list.
    """
    running = [one for one in situation.classes(need_id) if one.option is not None and not one.here]
    case = _Case(situation, need_id, running, waits)
    return [advice for rule in _RULES for advice in rule(case)]


@dataclass(frozen=True, slots=True)
class _Case:
    situation: Situation
    need_id: int
    running: Sequence[ClassStanding]
    waits: bool

    @property
    def need(self) -> Need:
        return self.situation.needs[self.need_id]

    def blocked_by(self, some: Collection[str], also: Collection[str] = ()) -> list[ClassStanding]:
        """Return the classes blocked by at least one code of `some`, and by nothing outside `some` and `also`."""
        return [one for one in self.running if one.codes & set(some) and one.codes <= {*some, *also}]


# -- one function for each kind ---------------------------------------------------------------------------------


def _ask(case: _Case) -> Iterator[Advice]:
    free = [one for one in case.running if one.free_to_enter]
    if free:
        text = _(
            "A seat is free in class %(codes)s, and all rules allow you to take it: ask for it.",
            codes=_codes(free),
        )
        yield Advice(AdviceKind.ASK, text, _ids(free))


def _give_back(case: _Case) -> Iterator[Advice]:
    """For each class, propose the fewest own seats (at most two) to give back so that a seat in it is free."""
    for one in case.blocked_by({"clash", "load"}):
        for seats in _enough(case, one):
            own = ", ".join(seat.class_code for seat in seats)
            text = _(
                "A seat is free in class %(code)s, which you could take instead of your seat in %(own)s. Only if "
                "this course matters more to you: give that seat back (it goes to others at once), then ask for "
                "class %(code)s.",
                code=one.made.code,
                own=own,
            )
            yield Advice(AdviceKind.GIVE_BACK, text, (one.made.id,), tuple(seat.id for seat in seats))


def _enough(case: _Case, one: ClassStanding) -> list[tuple[OwnSeat, ...]]:
    situation = case.situation
    own = [seat for seat in situation.own_seats(case.need_id) if situation.begins(seat.option_id) > today()]
    recorded = gradebook_guard.of_seats([seat.id for seat in own])
    own = [seat for seat in own if seat.id not in recorded]
    for count in (1, 2):
        found = []
        for seats in combinations(own, count):
            if any(seat_state.rests_on(situation.state, seat.name) for seat in seats):
                continue
            with situation.without([seat.name for seat in seats]):
                if not situation.blocks(case.need_id, one.made.id):
                    found.append(seats)
        if found:
            return found
    return []


def _send_instead(case: _Case) -> Iterator[Advice]:
    """Propose that the unit sends the person instead of a colleague, if every rule would hold."""
    full = {one.made.id: one for one in case.blocked_by(_TAKEN)}
    found: dict[int, list[int]] = defaultdict(list)
    unit = case.situation.unit_code(case.need_id)
    colleagues = _colleagues(case.need, full)
    sets = queries.in_force([seat.need_id for seat in colleagues])
    together = {need_id for one in sets if one.kind == NeedSetKind.TOGETHER for need_id in one.need_ids}
    for seat in colleagues:
        if seat.need_id in together:
            continue  # the others of the set would lose them
        code = full[seat.class_id].made.code
        seat_state.count_seats(case.situation.state, unit, code, -1)
        if not case.situation.blocks(case.need_id, seat.class_id):
            found[seat.class_id].append(seat.id)
        seat_state.count_seats(case.situation.state, unit, code, 1)
    if found:
        classes = [full[class_id] for class_id in found]
        text = _(
            "Your unit can also send you in the place of a colleague who sits in class %(codes)s.",
            codes=_codes(classes),
        )
        yield Advice(
            AdviceKind.SEND_INSTEAD, text, _ids(classes), tuple(seat for ids in found.values() for seat in ids)
        )


def _colleagues(need: Need, class_ids: Collection[int]) -> Sequence[Enrolment]:
    """Return seats of people of the same unit and round that could be given up.

    They have no records, and no other seat of the person can depend on them.
    """
    if not class_ids:
        return []
    other, later = sa.orm.aliased(Enrolment), sa.orm.aliased(Need)
    rests = (
        sa.exists()
        .where(
            other.employee_id == Enrolment.employee_id,
            other.id != Enrolment.id,
            other.state != EnrolmentState.CANCELLED,
            later.id == other.need_id,
            PrerequisiteGroup.course_id == later.course_id,
        )
        .correlate(Enrolment)
    )
    seats = db.session.scalars(
        sa.select(Enrolment)
        .join(Enrolment.employee)
        .join(Enrolment.need)
        .where(
            Enrolment.class_id.in_(class_ids),
            Enrolment.state != EnrolmentState.CANCELLED,
            Employee.unit_id == need.employee.unit_id,
            Need.round_id == need.round_id,
            Need.course_id == need.course_id,
            Enrolment.employee_id != need.employee_id,
            ~rests,
        )
        .order_by(Enrolment.id)
    ).all()
    recorded = gradebook_guard.of_seats([seat.id for seat in seats])
    return [seat for seat in seats if seat.id not in recorded]


def _correct_absence(case: _Case) -> Iterator[Advice]:
    free, later = case.blocked_by({"clash.busy"}), case.blocked_by({"clash.busy"}, _TAKEN if case.waits else ())
    if free:
        text = _(
            "If the absence is over or was entered wrongly, tell your unit officer: once it is corrected, the "
            "free seat in class %(codes)s can be yours.",
            codes=_codes(free),
        )
        yield Advice(AdviceKind.CORRECT_ABSENCE, text, _ids(free))
    elif later:
        text = _(
            "If the absence is over or was entered wrongly, tell your unit officer: once it is corrected, a seat "
            "that comes free in class %(codes)s can be yours.",
            codes=_codes(later),
        )
        yield Advice(AdviceKind.CORRECT_ABSENCE, text, _ids(later))


def _raise_limit(case: _Case) -> Iterator[Advice]:
    free = [one for one in case.blocked_by({"load"}) if not _enough(case, one)]
    later = case.blocked_by({"load"}, _TAKEN if case.waits else ())
    limit = number(case.need.employee.max_days)
    if free:
        text = _(
            "Your limit of %(limit)s days of class a year does not leave enough for class %(codes)s, which has a "
            "free seat: ask your unit officer whether it can be raised.",
            limit=limit,
            codes=_codes(free),
        )
        yield Advice(AdviceKind.RAISE_LIMIT, text, _ids(free))
    elif later and not any(one.codes == {"load"} for one in later):
        text = _(
            "Your limit of %(limit)s days of class a year does not leave enough for class %(codes)s: only if it "
            "is raised can a seat that comes free there be yours. Ask your unit officer.",
            limit=limit,
            codes=_codes(later),
        )
        yield Advice(AdviceKind.RAISE_LIMIT, text, _ids(later))


def _lift_ban(case: _Case) -> Iterator[Advice]:
    banned = case.blocked_by({"ban"}, _TAKEN if case.waits else ())
    if banned:
        yield Advice(AdviceKind.LIFT_BAN, _next_step("ban"), _ids(banned))


def _take_first(case: _Case) -> Iterator[Advice]:
    """From each group of alternative prerequisites, propose those that the person could take."""
    if not any("prerequisite" in one.codes for one in case.situation.classes(case.need_id)):
        return
    groups = case.situation.unmet_groups(case.need_id)
    if not groups:
        return
    courses = {course.code: course for course in _courses({code for group in groups for code in group})}
    held = {seat.course: seat for seat in case.situation.own_seats(case.need_id)}
    registered = _registered(case.need, {course.id for course in courses.values()})
    person = case.need.employee_id
    allowed = may_be_recommended([person], [course.id for course in courses.values()])
    for group in groups:
        among = [courses[code] for code in group if code in courses]
        seats = [held[course.code] for course in among if course.code in held]
        waiting = [course for course in among if course.id in registered]
        open_ = [course for course in among if course.active and (person, course.id) in allowed]
        if seats:
            yield Advice(
                AdviceKind.TAKE_FIRST,
                _(
                    "You take a course that must come first in class %(code)s, until %(day)s: after that you may "
                    "be sent to this one.",
                    code=seats[0].class_code,
                    day=day(case.situation.ends(seats[0].option_id)),
                ),
            )
        elif waiting:
            yield Advice(
                AdviceKind.TAKE_FIRST,
                _(
                    "“%(courses)s” must come first; you are registered for it and have no seat yet.",
                    courses=_names(waiting),
                ),
            )
        elif open_:
            yield Advice(
                AdviceKind.TAKE_FIRST,
                _(
                    "Ask your unit officer to register “%(courses)s” for you first, as soon as a round is open.",
                    courses=_names(open_),
                ),
                course_ids=tuple(course.id for course in open_),
            )
        else:
            yield Advice(
                AdviceKind.TAKE_FIRST,
                _(
                    "“%(courses)s” must come first, and you cannot be sent to it as things stand: speak to your "
                    "unit officer.",
                    courses=_names(among),
                ),
            )
    yield Advice(AdviceKind.TAKE_FIRST, _("If you have completed it already, let it be entered in your record."))


def _wait(case: _Case) -> Iterator[Advice]:
    """Propose to wait for full classes in which any seat that becomes free can go to this person."""
    full = [one for one in case.blocked_by({"size"}) if not _units_whose_seats_stay_kept(case, one)]
    if case.waits and full:
        yield Advice(AdviceKind.WAIT, _next_step("size", codes=_codes(full)), _ids(full))


def _wait_absence(case: _Case) -> Iterator[Advice]:
    limit = case.situation.unit_limit(case.need_id)
    tight = case.blocked_by({"absence"}) if limit else []
    if case.waits and tight:
        text = _next_step("absence", codes=_codes(tight), limit=number(limit))
        yield Advice(AdviceKind.WAIT_ABSENCE, text, _ids(tight))


def _wait_quota(case: _Case) -> Iterator[Advice]:
    tight = [
        one
        for one in case.blocked_by({"quota"}, {"size"})
        if not _no_quota(case, one) and not _only_partners_hold_the_quota(case, one)
    ]
    if case.waits and tight:
        yield Advice(AdviceKind.WAIT_QUOTA, _next_step("quota", codes=_codes(tight)), _ids(tight))


def _wait_reserve(case: _Case) -> Iterator[Advice]:
    kept = [
        *case.blocked_by({"reserve"}),
        *(one for one in case.blocked_by({"size"}) if _somebody_leaves_a_free_seat(case, one)),
    ]
    if case.waits and kept:
        yield Advice(AdviceKind.WAIT_RESERVE, _next_step("reserve", codes=_codes(kept)), _ids(kept))


def _units_whose_seats_stay_kept(case: _Case, one: ClassStanding) -> set[str]:
    """Return codes of the units whose seats in the class, if given back, would be reserved for others."""
    state, code = case.situation.state, one.made.code
    if not one.made.reserves:
        return set()
    units = [unit for (class_code, unit), seats in state.taken_by_unit.items() if class_code == code and seats]
    found = set()
    for unit in units:
        seat_state.count_seats(state, unit, code, -1)
        if case.situation.blocks(case.need_id, one.made.id):
            found.add(unit)
        seat_state.count_seats(state, unit, code, 1)
    return found


def _somebody_leaves_a_free_seat(case: _Case, one: ClassStanding) -> bool:
    """Whether only some people, from units without a reserve, would free a seat for this person."""
    state, code = case.situation.state, one.made.code
    stay_kept = _units_whose_seats_stay_kept(case, one)
    reserved = {unit for reserve in state.class_of[state.runs[code].id].reserves for unit in reserve.units}
    sitting = {unit for (class_code, unit), seats in state.taken_by_unit.items() if class_code == code and seats}
    return bool(stay_kept) and bool(sitting - stay_kept - reserved)


def _wait_apart(case: _Case) -> Iterator[Advice]:
    others = case.blocked_by({"apart"})
    if case.waits and others:
        yield Advice(AdviceKind.WAIT_APART, _next_step("apart", codes=_codes(others)), _ids(others))


def _wait_together(case: _Case) -> Iterator[Advice]:
    alone = [one for one in case.blocked_by({"together"}, {"size"}) if _others_could_come(case, one)]
    if case.waits and alone:
        yield Advice(AdviceKind.WAIT_TOGETHER, _next_step("together", codes=_codes(alone)), _ids(alone))


def _others_could_come(case: _Case, one: ClassStanding) -> bool:
    """Whether the others of the need's set sit in the class, or lack nothing but a seat there."""
    state = case.situation.state
    option = state.runs[one.made.code].id
    for other in state.partners.get(case.situation.name(case.need_id), ()):
        sits = state.option_by_need.get(other)
        if sits is None:
            codes = {block["code"] for block in seat_state.blocks(state, other, one.made.code)}
            if not codes <= {"together", "size"}:
                return False
        elif sits != option:
            return False
    return True


def _more_money(case: _Case) -> Iterator[Advice]:
    poor = case.blocked_by({"budget"})
    if poor:
        yield Advice(AdviceKind.MORE_MONEY, _next_step("budget", codes=_codes(poor)), _ids(poor))


_RULES: tuple[Callable[[_Case], Iterator[Advice]], ...] = (
    _ask,
    _give_back,
    _lift_ban,
    _take_first,
    _correct_absence,
    _raise_limit,
    _wait,
    _wait_quota,
    _wait_reserve,
    _wait_apart,
    _wait_together,
    _wait_absence,
    _send_instead,
    _more_money,
)


# -- parts ------------------------------------------------------------------------------------------------------


def _next_step(rule: str, **words: str) -> str:
    return str(text_of(rule).next_step) % words


def _no_quota(case: _Case, one: ClassStanding) -> bool:
    """Whether the unit has no quota in the class at all, so that nobody can free a seat."""
    blocks = case.situation.blocks(case.need_id, one.made.id)
    return any(block["code"] == "quota" and not block.get("limit") for block in blocks)


def _only_partners_hold_the_quota(case: _Case, one: ClassStanding) -> bool:
    """Whether all seats of a quota of the person's unit are held by the others of their "together" set."""
    state, name = case.situation.state, case.situation.name(case.need_id)
    option = state.runs[one.made.code]
    mine = [other for other in state.partners.get(name, ()) if state.option_by_need.get(other) == option.id]
    units = [state.trainees[state.needs[other].trainee].unit for other in mine]
    return any(
        case.situation.unit_code(case.need_id) in quota.units
        and sum(state.taken_by_unit[one.made.code, unit] for unit in quota.units)
        == sum(unit in quota.units for unit in units)
        for quota in (state.class_of[option.id].quotas if mine else ())
    )


def _courses(codes: Collection[str]) -> Sequence[Course]:
    return db.session.scalars(sa.select(Course).where(Course.code.in_(codes)).order_by(Course.code)).all()


def _registered(need: Need, course_ids: Collection[int]) -> set[int]:
    """Return the courses for which the person has an unmet need."""
    return set(
        db.session.scalars(
            sa.select(Need.course_id)
            .join(Need.round)
            .where(
                Need.employee_id == need.employee_id,
                Need.course_id.in_(course_ids),
                Need.state.in_(ALIVE),
                Round.year >= need.round.year,
            )
        )
    )


def _codes(classes: Sequence[ClassStanding]) -> str:
    codes = [one.made.code for one in classes]
    more = len(codes) - _SHOWN
    return ", ".join(codes[:_SHOWN]) + (f" (+{more})" if more > 0 else "")


def _ids(classes: Sequence[ClassStanding]) -> tuple[int, ...]:
    return tuple(one.made.id for one in classes)


def _names(courses: Sequence[Course]) -> str:
    return str(_("” or “")).join(course.name for course in courses)
