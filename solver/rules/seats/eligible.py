"""`eligible`: a seat's option runs, and its class teaches the need's course.

In the optimizer other pairs do not exist, and no seat is without its option (`size`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from solver.check import Violation
from solver.rules.base import Rule, Scope
from solver.rules.seat_variables import Constraint, Member, SeatCatalogue, SeatVariables


class Eligible(Rule):
    name = "eligible"
    scope = Scope.SEAT

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        yield variables.total(variables.catalogue.in_class(where, other)) <= 0

    def members(self, catalogue: SeatCatalogue, violation: Violation) -> Iterable[Member]:
        pins = catalogue.instance.pins
        return [Member(self.name, pin.need, pin.class_id) for pin in pins if pin.need == violation.where]

    def member_words(self, where: str, other: str) -> str:
        return f"need {where} is not for the course of class {other}"
