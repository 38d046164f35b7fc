"""Seats that could be given, and their variables: rules are stated over these when a conflict is searched for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from solver.instance.columns import stretches
from solver.instance.facts import Instance, Option

Constraint = Any  # an inequality of CP-SAT; a plain bool where no seat is in it
Stretches = list[tuple[int, int]]


class Member(NamedTuple):
    """One instance of a rule, as a member of a conflict.

    other: a second id (the class of a pin, a ban or an eligibility), or "".
    """

    rule: str
    where: str
    other: str = ""


class SeatCatalogue:
    """Every seat that could be given, whatever the rules say, indexed for the rules.

    A seat is a need and an option of its course; a need that is pinned elsewhere has those seats too.
    """

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
        self.current = {(seat.need, seat.option) for seat in instance.current}
        self.in_force_of = Counter(self.needs[seat.need].trainee for seat in instance.current)
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

    def in_class(self, need: str, class_id: str) -> list[int]:
        """Return the seats of the need in the class."""
        return [i for i in self.of_need[need] if self.class_of[self.seats[i][1]] == class_id]

    def in_force(self, needs: Iterable[str]) -> list[int]:
        """Return the seats of the plan in force that these needs hold."""
        return [i for need in needs for i in self.of_need[need] if self.seats[i] in self.current]

    def unit_of(self, seat: int) -> str:
        """Return the unit of the seat's trainee."""
        return self.trainees[self.needs[self.seats[seat][0]].trainee].unit


class SeatVariables:
    """Variables of a CP-SAT model: seats, options that run, classes that are open; 0 where a seat stays empty.

    model: the CP-SAT model. Each is a list or dict by the positions and ids of the catalogue.
    """

    def __init__(self, catalogue: SeatCatalogue, model: Any) -> None:
        self.catalogue = catalogue
        self.model = model
        self.seats: list[Any] = [0] * len(catalogue.seats)
        self.runs: dict[str, Any] = dict.fromkeys(catalogue.class_of, 0)
        self.opened: dict[str, Any] = dict.fromkeys(catalogue.classes, 0)

    def give(self, seat: int) -> None:
        """Allow the seat; its option then runs, and its class is open."""
        option = self.catalogue.seats[seat][1]
        class_id = self.catalogue.class_of[option]
        if isinstance(self.opened[class_id], int):
            self.opened[class_id] = self.model.new_bool_var("")
        if isinstance(self.runs[option], int):
            self.runs[option] = self.model.new_bool_var("")
            self.model.add_implication(self.runs[option], self.opened[class_id])
        self.seats[seat] = self.model.new_bool_var("")
        self.model.add_implication(self.seats[seat], self.runs[option])

    def total(self, seats: Iterable[int]) -> Any:
        """Return how many of the seats are given."""
        return sum(self.seats[i] for i in seats)

    def present(self, seats: list[int], days: Iterable[int]) -> Iterator[tuple[int, Any]]:
        """Yield per day how many trainees have a seat: a trainee with two on one day counts once."""
        catalogue = self.catalogue
        ordered = sorted(days)
        on_day: dict[int, dict[str, list[Any]]] = {day: defaultdict(list) for day in ordered}
        for i in seats:
            if isinstance(self.seats[i], int):
                continue
            need, option = catalogue.seats[i]
            for first, last in catalogue.days[option]:
                for day in ordered[bisect_left(ordered, first) : bisect_right(ordered, last)]:
                    on_day[day][catalogue.needs[need].trainee].append(self.seats[i])
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


def meet(left: Stretches, right: Stretches) -> bool:
    """Return whether the two have a day in common."""
    return any(a <= d and c <= b for a, b in left for c, d in right)
