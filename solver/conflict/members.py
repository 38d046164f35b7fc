"""A conflict's members as a CP-SAT model: pins and instances of rules, added on demand (`irreducible.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ortools.sat.python import cp_model

from solver.check import violations
from solver.instance.facts import Instance, Seat
from solver.result import Plan
from solver.rules.seat_variables import Constraint, Member, SeatCatalogue, SeatVariables
from solver.rules.table import BY_NAME, CHANGES, PIN, TRAINEE_CHANGES
from solver.rules.trainees.trainee_changes import bound_trainees

_MAX_CHANGES = Member(CHANGES.name, "max_changes")


def words(member: Member) -> str:
    """Describe a member for a reader, in English."""
    return BY_NAME[member.rule].member_words(member.where, member.other)


def asked(instance: Instance) -> list[Member]:
    """Return what an empty plan does not keep: the pins, `max_changes`, and `max_changes_per_trainee`."""
    members = [Member(PIN.name, pin.need, pin.class_id) for pin in instance.pins]
    if instance.policy.max_changes is not None:
        members.append(_MAX_CHANGES)
    members += [Member(TRAINEE_CHANGES.name, trainee) for trainee in bound_trainees(instance)]
    return list(dict.fromkeys(members))


def unkept_pins(catalogue: SeatCatalogue, plan: Plan) -> list[Member]:
    """Return the pins that the plan does not keep."""
    sits = {(seat.need, catalogue.class_of[seat.option]) for seat in plan.seats}
    pins = catalogue.instance.pins
    return [Member(PIN.name, pin.need, pin.class_id) for pin in pins if (pin.need, pin.class_id) not in sits]


def broken(catalogue: SeatCatalogue, plan: Plan) -> list[Member]:
    """Return the rule instances that the plan breaks, apart from pins."""
    found: dict[Member, None] = {}
    for violation in violations(catalogue.instance, plan.options, plan.seats):
        found.update(dict.fromkeys(BY_NAME[violation.rule].members(catalogue, violation)))
    return list(found)


class ConflictModel:
    """A CP-SAT model of some members, over the seats that can help to keep them; every other seat stays empty.

    With `assume`, each member holds only while its own literal does. With `keep`, as many seats of the plan in
    force as possible are kept.
    """

    def __init__(
        self, catalogue: SeatCatalogue, members: Iterable[Member], assume: bool = False, keep: bool = False
    ) -> None:
        self.catalogue = catalogue
        self.model = cp_model.CpModel()
        members = list(members)
        helpful = [_MAX_CHANGES, *members] if keep else members
        self.variables = SeatVariables(catalogue, self.model)
        self.given = sorted(
            {i for m in helpful for i in BY_NAME[m.rule].helpful_seats(catalogue, m.where, m.other)}
        )
        for seat in self.given:
            self.variables.give(seat)
        self.literals: dict[int, Member] = {}
        for member in members:
            constraints = list(self._constraints(member))
            if not assume:
                for constraint in constraints:
                    self.model.add(constraint)
                continue
            literal = self.model.new_bool_var("")
            self.literals[literal.index] = member
            for constraint in constraints:
                self.model.add(constraint).only_enforce_if(literal)
            self.model.add_assumption(literal)
        if keep:
            self.model.maximize(self.variables.total(catalogue.in_force(catalogue.current_needs)))
            return
        # few seats break few rules; an objective would require a proof that there are no fewer
        found: list[Any] = [*self.variables.seats, *self.variables.runs.values(), *self.variables.opened.values()]
        for variable in found:
            if not isinstance(variable, int):
                self.model.add_hint(variable, 0)

    def _constraints(self, member: Member) -> Iterator[Constraint]:
        for constraint in BY_NAME[member.rule].constraints(self.variables, member.where, member.other):
            if constraint is not True:
                yield constraint

    def plan(self, solver: cp_model.CpSolver) -> Plan:
        """Return the seats of a solution, and the options that they need."""
        seats = self.catalogue.seats
        chosen = [seats[i] for i in self.given if solver.boolean_value(self.variables.seats[i])]
        options = dict.fromkeys(option for _, option in chosen)
        return Plan(tuple(options), tuple(Seat(need, option) for need, option in chosen))
