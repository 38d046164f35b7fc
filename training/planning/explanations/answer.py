"""An explanation in words. Other people are named to planners only; whoever else reads it is told how many."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...budgets.models import Fund
from ...classes.models import ClassOption, TrainingClass
from ...core.db import db
from ...core.i18n import money, number
from ...courses.models import Course
from ...needs.models import Need
from ...people.models import Employee, Unit
from ..models import RunClass, RunExplanation
from ..rule_texts import text_of
from ..rules.reasons import idle_label, in_words, resource_label, stretches

_NEED = re.compile(r"n(\d+):")
_NAMED = 10  # people named in one sentence; more are counted

_KINDS = {
    "run": _l("a class that opens"),
    "chain": _l("others who change classes without a loss"),
    "exchange": _l("seats of others"),
}


@dataclass(frozen=True, slots=True)
class ClassObstacles:
    """One option of a class of the course, and all that keeps the need out of it, in sentences."""

    class_code: str
    option_code: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remedy:
    """One change that would give the need a seat; the checker has confirmed it.

    Attributes:
        option_code: where the need would sit.
        steps: what would have to be different, each a sentence.
        others: what it means for other people, each a sentence; empty: nothing.
        lost: how many people would lose their seat.
        points, rest: what the whole plan gains, and of that everybody but the need (negative: what they lose).
        proof: how far a smaller change of this kind is ruled out, in words.
        change: as the optimizer wrote it, for `acts`.
    """

    option_code: str
    steps: tuple[str, ...]
    others: tuple[str, ...]
    lost: int
    points: int
    rest: int
    proof: str = field(compare=False)
    change: Mapping[str, Any] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """
    Attributes:
        classes: every class of the course, with its obstacles.
        remedies: the smallest change of each kind: first those that cost nobody a seat.
        left_out: kinds of changes that there was no time for.
    """

    classes: tuple[ClassObstacles, ...]
    remedies: tuple[Remedy, ...]
    left_out: tuple[str, ...]


def answer(row: RunExplanation, *, named: bool) -> Answer:
    """Return the explanation in the reader's language.

    Args:
        row: a finished explanation.
        named: whether the reader may know who the other people are.
    """
    findings = _findings_of(row.run_id, [row.need_id]).get(row.need_id, {})
    names = _Names(row.run_id, [row.need_id], findings, named=named).about(row.need_id)
    return Answer(
        tuple(_obstacles(candidate, names) for candidate in findings.get("candidates", ())),
        tuple(_remedies(findings, names)),
        tuple(str(_KINDS.get(kind, kind)) for kind in findings.get("left_out", ())),
    )


def first_remedies(run_id: int, need_ids: Sequence[int]) -> dict[int, Remedy]:
    """Return need → the remedy that stands first, for a list of a planner's; without one it is left out."""
    findings = _findings_of(run_id, need_ids)
    names = _Names(run_id, need_ids, {str(need_id): one for need_id, one in findings.items()}, named=True)
    found = {need_id: _remedies(one, names.about(need_id)) for need_id, one in findings.items()}
    return {need_id: remedies[0] for need_id, remedies in found.items() if remedies}


def _remedies(findings: Mapping[str, Any], names: _Names) -> list[Remedy]:
    """Return the changes: first those that cost nobody a seat."""
    # two kinds may come to the same: a class that opens is also the fewest moves of others
    remedies = dict.fromkeys(_remedy(change, names) for change in findings.get("changes", ()))
    return sorted(remedies, key=lambda one: one.lost)


def _findings_of(run_id: int, need_ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """Return need → the optimizer's answer, of those that are finished."""
    statement = sa.select(RunExplanation.need_id, RunExplanation.findings).where(
        RunExplanation.run_id == run_id,
        RunExplanation.need_id.in_(need_ids),
        RunExplanation.findings.is_not(None),
    )
    return {row.need_id: row.findings for row in db.session.execute(statement)}


def option_codes(found: Answer) -> list[str]:
    """Return the codes of all options that the answer mentions."""
    return [*(one.option_code for one in found.classes), *(one.option_code for one in found.remedies)]


# -- names ------------------------------------------------------------------------------------------------------


def _texts(thing: Any) -> Iterator[str]:
    """Yield every text in a JSON value."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, Mapping):
        for value in thing.values():
            yield from _texts(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from _texts(value)


class _Names:
    """Readable names for the ids of answers, read at once; other people have none where nobody may name them."""

    def __init__(
        self, run_id: int, need_ids: Collection[int], findings: Mapping[str, Any], *, named: bool
    ) -> None:
        ids = set(_texts(findings))
        needs = {int(found[1]) for one in ids if (found := _NEED.match(one))} | set(need_ids)
        people = sa.select(Need.id, Need.employee_id, Employee.name, Employee.code).join(Need.employee)
        rows = db.session.execute(people.where(Need.id.in_(needs))).all()
        self._people = {row.id: f"{row.name} ({row.code})" for row in rows} if named else {}
        self._employees = {row.id: row.employee_id for row in rows}
        self._own: int | None = None
        self.named = named
        self.units = _names_of(Unit, ids)
        self.funds = _names_of(Fund, ids)
        self.courses = _names_of(Course, ids)
        options = sa.select(ClassOption.code, TrainingClass.code).join(ClassOption.training_class)
        self.class_of: dict[str, str] = dict(db.session.execute(options.where(ClassOption.code.in_(ids))).all())
        idle = sa.select(TrainingClass.code, RunClass.reason).join(RunClass.training_class)
        self.idle = {
            code: idle_label(reason)
            for code, reason in db.session.execute(
                idle.where(RunClass.run_id == run_id, RunClass.option_id.is_(None), TrainingClass.code.in_(ids))
            )
        }

    def about(self, need_id: int) -> _Names:
        """Return the same for the answer on one need, whose person is "this person"."""
        names = copy.copy(self)
        names._own = self._employees.get(need_id)
        return names

    def is_own(self, need: str) -> bool:
        """Return whether another need is of the same person."""
        found = _NEED.match(need)
        return found is not None and self._own is not None and self._employees.get(int(found[1])) == self._own

    def person(self, need: str) -> str | None:
        """Return the person of a need; None for somebody whom the reader may not know."""
        if self.is_own(need):
            return str(_("this person"))
        found = _NEED.match(need)
        return self._people.get(int(found[1])) if found else None

    def list_of(self, people: Sequence[tuple[str, str]]) -> str:
        """Return people as a list, with a count of those who are not named.

        Args:
            people: (need, what is added to the name).
        """
        if not people:
            return ""
        own_first = sorted(people, key=lambda one: not self.is_own(one[0]))
        named = [(name, more) for need, more in own_first if (name := self.person(need))][:_NAMED]
        rest = len(people) - len(named)
        if not named:
            return str(_("%(count)s people", count=number(rest)))
        same = {more for _need, more in people}
        alike = same.pop() if len(same) == 1 else None  # said once for all of them
        listed = [name if alike is not None else f"{name}{more}" for name, more in named]
        if rest:
            listed.append(str(_("%(count)s more people", count=number(rest))))
        return "; ".join(listed) + (alike if alike is not None else "")


def _names_of(model: Any, codes: Collection[str]) -> dict[str, str]:
    rows = db.session.execute(sa.select(model.code, model.name).where(model.code.in_(codes)))
    return {row.code: row.name for row in rows}


# -- obstacles --------------------------------------------------------------------------------------------------


def _code(one: Mapping[str, Any]) -> str:
    return f"{one['rule']}.{one['side']}" if one.get("side") else str(one["rule"])


def _obstacles(candidate: Mapping[str, Any], names: _Names) -> ClassObstacles:
    class_code = str(candidate["class"])
    blocks = []
    for obstacle in candidate.get("obstacles", ()):
        block = {**obstacle, "code": _code(obstacle), "class_id": class_code}
        if block["code"] == "budget":
            block["fund"] = names.funds.get(block["fund"], block["fund"])
            if not candidate.get("runs"):
                block["code"] = "budget.opening"
        blocks.append(block)
    said = in_words(
        blocks,
        names.courses,
        names.idle.get(class_code, ""),
        people=lambda needs: names.list_of([(need, "") for need in needs]),
    )
    sentences = tuple(one.named if names.named else one.sentence for one in said)
    return ClassObstacles(class_code, str(candidate["option"]), sentences or (_free(candidate),))


def _free(candidate: Mapping[str, Any]) -> str:
    if int(candidate.get("points", 0)) > 0:
        return str(_("Nothing: the plan could still give this seat."))
    return str(text_of("outranked").obstacle)


# -- changes ----------------------------------------------------------------------------------------------------


def _remedy(change: Mapping[str, Any], names: _Names) -> Remedy:
    moves = list(change.get("moves", ()))
    lost = [move for move in moves if not move.get("after")]
    steps = [*_moving(moves, names)]
    steps += [_amendment(one, names) for one in change.get("amendments", ())]
    for option in change.get("opens", ()):
        steps.append(_("Class %(code)s opens.", code=names.class_of.get(option, option)))
    for option in change.get("closes", ()):
        steps.append(_("Class %(code)s does not run.", code=names.class_of.get(option, option)))
    return Remedy(
        str(change["option"]),
        tuple(steps),
        tuple(_others(moves, names)),
        len(lost),
        int(change["points"]),
        int(change["rest"]),
        _proof(change),
        change,
    )


def _proof(change: Mapping[str, Any]) -> str:
    """Return how far a smaller change of the kind is ruled out: of a number, of money, of moves."""
    kind = str(change["kind"])
    # solving again has found classes that open for less money
    if kind == "run" or not change.get("exact", True):
        return str(_("The smallest of this kind that was found."))
    if kind in _KINDS:  # looked for among the people around the need
        return str(_("Proven: while only people of this course and this unit move, nothing smaller is enough."))
    return str(_("Proven: nothing smaller of this kind is enough."))


def _moving(moves: Sequence[Mapping[str, Any]], names: _Names) -> Iterator[str]:
    """Yield what others do in the change, and this person with the other seats that they have."""
    lost = [names.is_own(str(move["need"])) for move in moves if not move.get("after")]
    moved = [names.is_own(str(move["need"])) for move in moves if move.get("before") and move.get("after")]
    if not all(lost):
        yield str(_("Others give up their seats."))
    elif not all(moved):
        yield str(_("Others change classes; nobody loses a seat.") if not lost else _("Others change classes."))
    if any(lost):
        yield str(_("This person gives up a seat for another course."))
    if any(moved):
        yield str(_("This person changes classes for another course."))


def _others(moves: Sequence[Mapping[str, Any]], names: _Names) -> Iterator[str]:
    """Yield what the change means for the others: those who lose, those who move, those who win."""

    def place(option: str | None) -> str:
        return names.class_of.get(option or "", option or "")

    lost = [(str(m["need"]), f", {place(m['before'])}") for m in moves if not m.get("after")]
    moved = [
        (str(m["need"]), f", {place(m['before'])} → {place(m['after'])}")
        for m in moves
        if m.get("before") and m.get("after")
    ]
    won = [(str(m["need"]), f", {place(m['after'])}") for m in moves if not m.get("before")]
    if lost:
        yield _("Lose their seat: %(people)s.", people=names.list_of(lost))
    if moved:
        yield _("Move, and keep a seat: %(people)s.", people=names.list_of(moved))
    if won:
        yield _("Get a seat as well: %(people)s.", people=names.list_of(won))


def _amendment(one: Mapping[str, Any], names: _Names) -> str:
    """Return one changed fact as a sentence."""
    where, other = str(one["where"]), str(one.get("other") or "")
    return str(text_of(_code(one)).remedy or text_of("other-rule").remedy) % {
        "class_": other if one["rule"] == "ban" else where,
        "before": number(one.get("before")),
        "after": number(one.get("after")),
        "money": money(one.get("amount")),
        "fund": names.funds.get(where, where),
        "unit": names.units.get(where, where),
        "days": stretches(one.get("days", ())),
        "course": names.courses.get(other, other),
        "resource": resource_label(other),
    }
