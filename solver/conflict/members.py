"""Pins and rule instances as constraints, each on demand: what a conflict is made of (`conflict.py`)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, pairwise
from typing import Any

from ortools.sat.python import cp_model

from solver.check import violations
from solver.instance.columns import stretches
from solver.instance.facts import Instance, Option, Seat
from solver.result import Plan

Row = Any  # an inequality of CP-SAT; a plain bool where no seat is in it
Member = tuple[str, str, str]  # rule, id, second id (the class of a pin, a ban or an eligibility) or ""


def words(member: Member) -> str:
    """A member for a reader."""
    rule, where, other = member
    texts = {
        "pin": f"pin of need {where} to class {other}",
        "ban": f"ban of need {where} from class {other}",
        "eligible": f"need {where} is not for the course of class {other}",
        "budget": f"fund {where}",
        "changes": "max_changes",
        "clash": f"trainee {where} clash",
        "load": f"trainee {where} max_days",
        "absence": f"unit {where} max_absent",
        "resource": f"resource {where}",
        "one-seat": f"need {where} one seat",
        "prerequisite": f"need {where} prerequisite",
    }
    return texts.get(rule, f"{where} {rule}")


class Puzzle:
    """The instance as seats that could be given, whatever the rules say; and each rule instance on demand."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.needs = {need.id: need for need in instance.needs}
        self.trainees = {trainee.id: trainee for trainee in instance.trainees}
        self.classes = {training_class.id: training_class for training_class in instance.classes}
        self.groups = {course.id: course.prerequisites for course in instance.courses}
        self.class_of = {option.id: c.id for c in instance.classes for option in c.options}
        self.days = {option.id: stretches(option.sessions) for c in instance.classes for option in c.options}
        of_course: dict[str, list[Option]] = defaultdict(list)
        for training_class in instance.classes:
            of_course[training_class.course].extend(training_class.options)
        self.current_needs = list(dict.fromkeys(seat.need for seat in instance.current))
        self.seats: list[tuple[str, str]] = []
        self.of_need: dict[str, list[int]] = defaultdict(list)
        self.of_class: dict[str, list[int]] = defaultdict(list)
        self.of_trainee: dict[str, list[int]] = defaultdict(list)
        self.of_unit: dict[str, list[int]] = defaultdict(list)
        pinned: dict[str, list[str]] = defaultdict(list)
        for pin in instance.pins:
            if self.needs[pin.need].course != self.classes[pin.class_id].course:
                pinned[pin.need].append(pin.class_id)
        for need in instance.needs:
            foreign = (option for class_id in pinned[need.id] for option in self.classes[class_id].options)
            for option in (*of_course[need.course], *foreign):
                index = len(self.seats)
                self.seats.append((need.id, option.id))
                self.of_need[need.id].append(index)
                self.of_class[self.class_of[option.id]].append(index)
                self.of_trainee[need.trainee].append(index)
                self.of_unit[self.trainees[need.trainee].unit].append(index)

    def asked(self) -> list[Member]:
        members: list[Member] = [("pin", pin.need, pin.class_id) for pin in self.instance.pins]
        if self.instance.policy.max_changes is not None:
            members.append(("changes", "max_changes", ""))
        return list(dict.fromkeys(members))

    def helpful(self, member: Member) -> list[int]:
        """Seats that can help to keep the member; every other seat can stay empty, for rules only forbid it."""
        rule, where, other = member
        if rule == "pin":
            return [i for i in self.of_need[where] if self.class_of[self.seats[i][1]] == other]
        if rule == "size":
            return self.of_class[where]
        if rule == "prerequisite":
            return self.of_trainee[self.needs[where].trainee]
        if rule == "changes":
            current = {(seat.need, seat.option) for seat in self.instance.current}
            return [i for need in self.current_needs for i in self.of_need[need] if self.seats[i] in current]
        return []

    def unkept(self, plan: Plan) -> list[Member]:
        """The pins that the plan does not keep."""
        sits = {(seat.need, self.class_of[seat.option]) for seat in plan.seats}
        return [("pin", p.need, p.class_id) for p in self.instance.pins if (p.need, p.class_id) not in sits]

    def broken(self, plan: Plan) -> list[Member]:
        """The rule instances that the plan breaks, pins apart."""
        found: list[Member] = []
        for violation in violations(self.instance, plan.options, plan.seats):
            rule, where = violation.rule, violation.where
            if rule == "ban":
                found.extend(("ban", b.need, b.class_id) for b in self.instance.bans if b.need == where)
            elif rule == "eligible":
                found.extend(("eligible", p.need, p.class_id) for p in self.instance.pins if p.need == where)
            elif rule != "pin":
                found.append((rule, where, ""))
        return list(dict.fromkeys(found))


class Posted:
    """A CP-SAT model of some members, over the seats that can help to keep them.

    With `assume`, each member holds only while its own literal does. With `kept`, as many seats of the plan in
    force as possible are kept.
    """

    def __init__(
        self, puzzle: Puzzle, members: Iterable[Member], assume: bool = False, kept: bool = False
    ) -> None:
        self.puzzle = puzzle
        self.model = cp_model.CpModel()
        members = list(members)
        self.seats: list[Any] = [0] * len(puzzle.seats)
        self.runs: dict[str, Any] = dict.fromkeys(puzzle.class_of, 0)
        self.opened: dict[str, Any] = dict.fromkeys(puzzle.classes, 0)
        helpful = [("changes", "max_changes", ""), *members] if kept else members
        self.given = sorted({i for member in helpful for i in puzzle.helpful(member)})
        for i in self.given:
            option = puzzle.seats[i][1]
            class_id = puzzle.class_of[option]
            if isinstance(self.opened[class_id], int):
                self.opened[class_id] = self.model.new_bool_var("")
            if isinstance(self.runs[option], int):
                self.runs[option] = self.model.new_bool_var("")
                self.model.add_implication(self.runs[option], self.opened[class_id])
            self.seats[i] = self.model.new_bool_var("")
            self.model.add_implication(self.seats[i], self.runs[option])
        self.literals: dict[int, Member] = {}
        for member in members:
            rows = [row for row in self._rows(member) if row is not True]
            if not assume:
                for row in rows:
                    self.model.add(row)
                continue
            literal = self.model.new_bool_var("")
            self.literals[literal.index] = member
            for row in rows:
                self.model.add(row).only_enforce_if(literal)
            self.model.add_assumption(literal)
        if kept:
            self.model.maximize(sum(self._kept()))
            return
        # few seats break few rules; an objective would ask for a proof that there are no fewer
        for variable in (*self.seats, *self.runs.values(), *self.opened.values()):
            if not isinstance(variable, int):
                self.model.add_hint(variable, 0)

    def _rows(self, member: Member) -> Iterator[Row]:
        rule, where, other = member
        rows: dict[str, Callable[[str, str], Iterator[Row]]] = {
            "pin": self._pin,
            "ban": self._forbidden,
            "eligible": self._forbidden,
            "changes": self._changes,
            "one-option": self._one_option,
            "one-seat": self._one_seat,
            "size": self._size,
            "budget": self._budget,
            "clash": self._clash,
            "prerequisite": self._prerequisite,
            "absence": self._absence,
            "resource": self._resource,
            "quota": self._quota,
            "load": self._load,
        }
        yield from rows[rule](where, other)

    def _in_class(self, need: str, class_id: str) -> list[cp_model.IntVar]:
        puzzle = self.puzzle
        return [self.seats[i] for i in puzzle.of_need[need] if puzzle.class_of[puzzle.seats[i][1]] == class_id]

    def _pin(self, need: str, class_id: str) -> Iterator[Row]:
        yield sum(self._in_class(need, class_id)) >= 1

    def _forbidden(self, need: str, class_id: str) -> Iterator[Row]:
        yield sum(self._in_class(need, class_id)) <= 0

    def _kept(self) -> list[Any]:
        current = {(seat.need, seat.option) for seat in self.puzzle.instance.current}
        of_need = self.puzzle.of_need
        needs = self.puzzle.current_needs
        return [self.seats[i] for need in needs for i in of_need[need] if self.puzzle.seats[i] in current]

    def _changes(self, _: str, __: str) -> Iterator[Row]:
        instance = self.puzzle.instance
        yield sum(self._kept()) >= len(instance.current) - (instance.policy.max_changes or 0)

    def _one_option(self, class_id: str, _: str) -> Iterator[Row]:
        yield sum(self.runs[option.id] for option in self.puzzle.classes[class_id].options) <= 1

    def _one_seat(self, need: str, _: str) -> Iterator[Row]:
        yield sum(self.seats[i] for i in self.puzzle.of_need[need]) <= 1

    def _size(self, class_id: str, _: str) -> Iterator[Row]:
        seats = sum(self.seats[i] for i in self.puzzle.of_class[class_id])
        training_class = self.puzzle.classes[class_id]
        yield seats >= training_class.min_seats * self.opened[class_id]
        yield seats <= training_class.max_seats

    def _budget(self, fund: str, _: str) -> Iterator[Row]:
        budget = next(each.budget for each in self.puzzle.instance.funds if each.id == fund)
        total: Any = 0
        for training_class in self.puzzle.instance.classes:
            if training_class.fund == fund:
                # more than the budget is as dear as one đồng too much
                total += min(training_class.fixed_cost, budget + 1) * self.opened[training_class.id]
                seat = min(training_class.seat_cost, budget + 1)
                total += seat * sum(self.seats[i] for i in self.puzzle.of_class[training_class.id])
        yield total <= budget

    def _clash(self, trainee: str, _: str) -> Iterator[Row]:
        puzzle = self.puzzle
        busy = stretches(puzzle.trainees[trainee].busy)
        own = puzzle.of_trainee[trainee]
        for position, i in enumerate(own):
            option = puzzle.seats[i][1]
            if _meet(puzzle.days[option], busy):
                yield self.seats[i] <= 0
            for j in own[:position]:
                other = puzzle.seats[j][1]
                if puzzle.class_of[option] != puzzle.class_of[other] and _meet(
                    puzzle.days[option], puzzle.days[other]
                ):
                    yield self.seats[i] + self.seats[j] <= 1

    def _prerequisite(self, need_id: str, _: str) -> Iterator[Row]:
        puzzle = self.puzzle
        trainee = puzzle.trainees[puzzle.needs[need_id].trainee]
        for i in puzzle.of_need[need_id]:
            option = puzzle.seats[i][1]
            first = puzzle.days[option][0][0]
            for group in puzzle.groups[puzzle.classes[puzzle.class_of[option]].course]:
                if not set(group).isdisjoint(trainee.completed):
                    continue
                earlier = [
                    self.seats[j]
                    for j in puzzle.of_trainee[trainee.id]
                    if puzzle.days[puzzle.seats[j][1]][-1][1] < first
                    and puzzle.classes[puzzle.class_of[puzzle.seats[j][1]]].course in group
                ]
                yield sum(earlier) >= self.seats[i]

    def _present(self, seats: list[int], days: Iterable[int]) -> Iterator[tuple[int, Any]]:
        """Per day, how many trainees have a seat: whoever has two on one day counts once."""
        puzzle = self.puzzle
        ordered = sorted(days)
        on_day: dict[int, dict[str, list[cp_model.IntVar]]] = {day: defaultdict(list) for day in ordered}
        for i in seats:
            if isinstance(self.seats[i], int):
                continue
            need, option = puzzle.seats[i]
            for first, last in puzzle.days[option]:
                for day in ordered[bisect_left(ordered, first) : bisect_right(ordered, last)]:
                    on_day[day][puzzle.needs[need].trainee].append(self.seats[i])
        for day, there in on_day.items():
            total: Any = 0
            for of_one in there.values():
                if len(of_one) == 1:
                    total += of_one[0]
                    continue
                present = self.model.new_bool_var("")
                for seat in of_one:
                    self.model.add_implication(seat, present)
                total += present
            yield day, total

    def _absence(self, unit: str, _: str) -> Iterator[Row]:
        puzzle = self.puzzle
        limit = next(each.max_absent for each in puzzle.instance.units if each.id == unit)
        seats = puzzle.of_unit[unit]
        # the most people are away on a day on which some stretch starts
        days = sorted({first for i in seats for first, _ in puzzle.days[puzzle.seats[i][1]]})
        for _day, total in self._present(seats, days):
            yield total <= (limit or 0)

    def _resource(self, resource: str, _: str) -> Iterator[Row]:
        users = [
            option.id
            for training_class in self.puzzle.instance.classes
            for option in training_class.options
            if resource in option.resources
        ]
        for one, another in combinations(users, 2):
            if _meet(self.puzzle.days[one], self.puzzle.days[another]):
                yield self.runs[one] + self.runs[another] <= 1

    def _quota(self, class_id: str, _: str) -> Iterator[Row]:
        puzzle = self.puzzle
        for quota in puzzle.classes[class_id].quotas:
            units = set(quota.units)
            inside = [
                self.seats[i]
                for i in puzzle.of_class[class_id]
                if puzzle.trainees[puzzle.needs[puzzle.seats[i][0]].trainee].unit in units
            ]
            yield sum(inside) <= quota.max_seats

    def _load(self, trainee: str, _: str) -> Iterator[Row]:
        puzzle = self.puzzle
        seats = puzzle.of_trainee[trainee]
        edges = sorted(
            {edge for i in seats for first, last in puzzle.days[puzzle.seats[i][1]] for edge in (first, last + 1)}
        )
        length = dict(zip(edges, (b - a for a, b in pairwise(edges)), strict=False))
        total: Any = 0
        for day, present in self._present(seats, edges[:-1]):
            total += length[day] * present
        yield total <= (puzzle.trainees[trainee].max_days or 0)

    def plan(self, solver: cp_model.CpSolver) -> Plan:
        """The seats of a solution, and the options that they need."""
        chosen = [self.puzzle.seats[i] for i in self.given if solver.boolean_value(self.seats[i])]
        options = dict.fromkeys(option for _, option in chosen)
        return Plan(tuple(options), tuple(Seat(need, option) for need, option in chosen))


def _meet(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> bool:
    return any(a <= d and c <= b for a, b in left for c, d in right)
