"""Why no plan exists: a smallest set of pins and rule instances; or the plan, if one is found on the way.

Rules are added lazily. At first only the pins and the limits of changes apply, with few seats. The checker lists
the rule instances that this plan breaks («L001 size», «fund province»); those are added, and so on, until nothing
is broken (a plan) or nothing is left (a conflict). Then members are left out and the rest is solved again, until
every remaining member is needed. Finally a conflict of fewer members is searched for.
"""

from __future__ import annotations

from collections.abc import Sequence

from ortools.sat.python import cp_model

from solver.conflict.members import ConflictModel, asked, broken, unkept_pins, words
from solver.instance.facts import Instance, Seat
from solver.model.cp_sat import sound
from solver.result import Conflict, Plan
from solver.rules.seat_variables import Member, SeatCatalogue
from solver.rules.table import CHANGES, PIN

_TRIES = 150  # solves for the smallest set; after that the known irreducible set is returned
_SEATS = 30_000  # seats in all those solves together
_NAMED = 200  # seats that cannot be kept: the largest number that is named


def _solved(model: ConflictModel) -> tuple[bool, cp_model.CpSolver]:
    solver = cp_model.CpSolver()
    sound(solver)
    solver.parameters.num_workers = 1
    status = solver.solve(model.model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE):
        raise RuntimeError(f"CP-SAT ended with {solver.status_name(status)}")
    return status != cp_model.INFEASIBLE, solver


def _plan(catalogue: SeatCatalogue, members: Sequence[Member]) -> Plan | None:
    """Return a plan that keeps the members, whatever else it breaks; None if there is none."""
    model = ConflictModel(catalogue, members)
    possible, solver = _solved(model)
    return model.plan(solver) if possible else None


def explain(instance: Instance, lost: Sequence[Seat] | None = None) -> Plan | tuple[Conflict, ...]:
    """Return a plan that keeps every rule, or an irreducible set of members that cannot all be kept.

    lost: the fewest seats of the plan in force that cannot be kept, if known.

    1. Lazily: solve for the members so far and add what the checker reports, until a plan or a conflict is found.
    2. CP-SAT's own core shortens the list; halves of it are left out while the rest is still impossible.
    3. A set of fewer members is searched for; if that takes too long, the known one is returned.
    """
    catalogue = SeatCatalogue(instance)
    members = asked(catalogue.instance)
    while (plan := _plan(catalogue, members)) is not None:
        news = [member for member in broken(catalogue, plan) if member not in members]
        if not news:
            return plan
        members += news
    found = _smallest(catalogue, irreducible(catalogue, _core(catalogue, members)))
    return tuple(
        _conflict(catalogue, member, lost) for member in sorted(found, key=lambda member: member.rule != PIN.name)
    )


def _conflict(catalogue: SeatCatalogue, member: Member, lost: Sequence[Seat] | None) -> Conflict:
    if member.rule != CHANGES.name:
        return Conflict(member.rule, tuple(filter(None, member[1:])), words(member))
    if lost is None:
        lost = fewest_changes(catalogue)
    return too_many_changes(catalogue.instance.policy.max_changes or 0, lost)


def too_many_changes(limit: int, lost: Sequence[Seat] | None) -> Conflict:
    """Return `max_changes` as a member of a conflict, with the seats that are lost, if known."""
    seats = None if lost is None else tuple(lost)
    return Conflict(CHANGES.name, ("max_changes",), changes_words(limit, lost), seats)


def changes_words(limit: int, lost: Sequence[Seat] | None) -> str:
    """Describe `max_changes`, and the fewest seats that are lost, if known."""
    told = f"max_changes {limit}"
    if lost is None:
        return told
    named = ", ".join(f"need {seat.need} in {seat.option}" for seat in lost[:_NAMED])
    more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
    seats = "1 seat" if len(lost) == 1 else f"{len(lost)} seats"
    return f"{told}: at least {seats} of the plan in force cannot be kept, for example {named}{more}"


def fewest_changes(catalogue: SeatCatalogue) -> list[Seat] | None:
    """Return the seats in force that a plan with the fewest changes loses, regardless of `max_changes`.

    None if the pins alone leave no plan. Rules are added lazily, as in `explain`.
    """
    members: list[Member] = [member for member in asked(catalogue.instance) if member.rule != CHANGES.name]
    while True:
        model = ConflictModel(catalogue, members, keep=True)
        possible, solver = _solved(model)
        if not possible:
            return None
        plan = model.plan(solver)
        broken_now = [member for member in broken(catalogue, plan) if member.rule != CHANGES.name]
        news = [member for member in broken_now if member not in members]
        if not news:
            held = set(plan.seats)
            return [seat for seat in catalogue.instance.current if seat not in held]
        members += news


def _core(catalogue: SeatCatalogue, members: list[Member]) -> list[Member]:
    """Return the members of CP-SAT's core, if they are indeed impossible together; else all."""
    model = ConflictModel(catalogue, members, assume=True)
    _, solver = _solved(model)
    core = {model.literals[i] for i in solver.sufficient_assumptions_for_infeasibility()}
    shorter = [member for member in members if member in core]
    return shorter if shorter and _plan(catalogue, shorter) is None else members


def irreducible(catalogue: SeatCatalogue, members: list[Member]) -> list[Member]:
    """Return members that cannot all be kept, none of which can be left out (Junker's QuickXplain).

    members: cannot all be kept. A set of k out of n costs about k · log(n / k) solves.
    """

    def needed(held: list[Member], new: bool, rest: list[Member]) -> list[Member]:
        if new and _plan(catalogue, held) is None:
            return []
        if len(rest) == 1:
            return rest
        half = len(rest) // 2
        second = needed(held + rest[:half], half > 0, rest[half:])
        first = needed(held + second, bool(second), rest[:half])
        return first + second

    return needed([], False, members) if members else []


def _smallest(catalogue: SeatCatalogue, known: list[Member]) -> list[Member]:
    """Return a conflict of the fewest members, by implicit hitting sets; `known` if that takes too many solves.

    If no plan keeps everything, the set that any plan breaks holds a member of every conflict. So a smallest set
    that meets all such sets, and is impossible, is a smallest conflict.
    """
    if len(known) <= 2:
        return known  # a single pin or `max_changes` alone breaks no rule instance; the checker would report it
    sets: list[frozenset[Member]] = []
    for _ in range(min(_TRIES, _SEATS // (1 + len(ConflictModel(catalogue, known).given)))):
        candidate = _hitting(sets, len(known))
        if candidate is None:
            return known  # nothing smaller meets them all
        plan = _plan(catalogue, candidate)
        if plan is None:
            return irreducible(catalogue, candidate)
        broken_now = frozenset(broken(catalogue, plan)) | frozenset(unkept_pins(catalogue, plan))
        if not broken_now:
            raise RuntimeError("a plan was found where none should be")
        sets.append(broken_now)
    return known


def _hitting(sets: list[frozenset[Member]], size: int) -> list[Member] | None:
    """Return the fewest members that meet every set; None if that takes `size` or more."""
    model = cp_model.CpModel()
    members = sorted({member for each in sets for member in each})
    chosen = {member: model.new_bool_var("") for member in members}
    for each in sets:
        model.add_bool_or([chosen[member] for member in sorted(each)])
    model.add(sum(chosen.values()) <= size - 1)
    model.minimize(sum(chosen.values()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [member for member in members if solver.boolean_value(chosen[member])]
