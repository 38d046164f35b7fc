"""What a run's solution means for every need, class and fund: pure computation, no database."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from solver.explain.reasons import Reason
from solver.instance.facts import Instance, Option, Seat, TrainingClass
from solver.rules.plan_state import Obstacle

from ..snapshot import Snapshot


@dataclass(frozen=True)
class RunOutcome:
    """Rows to store.

    Attributes:
        needs: keyword arguments of each `RunNeed`, without its run.
        classes: keyword arguments of each `RunClass`, without its run.
        summary: figures of the whole, as `summarise` describes them.
    """

    needs: list[dict[str, Any]]
    classes: list[dict[str, Any]]
    summary: dict[str, Any]


def work_out(
    snapshot: Snapshot, options: Sequence[str], seats: Sequence[Seat], reasons: Mapping[str, Reason]
) -> RunOutcome:
    """Return the rows to store for a solution.

    Args:
        options, seats: the solution, which has passed the checker.
        reasons: the true first reason of every need without a seat.
    """
    instance = snapshot.instance
    option_of = {seat.need: seat.option for seat in seats}
    unit_of = {trainee.id: snapshot.units.get(trainee.unit) for trainee in instance.trainees}
    needs = []
    for need in instance.needs:
        reason = None if need.id in option_of else reasons[need.id]
        needs.append(
            {
                "need_id": snapshot.needs[need.id],
                "value": need.value,
                "value_parts": [part.as_json() for part in snapshot.worths[snapshot.needs[need.id]]],
                "unit_id": unit_of[need.trainee],
                "option_id": snapshot.options[option_of[need.id]] if need.id in option_of else None,
                "reason": reason.code if reason else None,
                "blocks": [plain(each) for each in reason.every] if reason else [],
            }
        )
    return RunOutcome(needs, _classes(snapshot, options, seats), summarise(snapshot, options, seats, reasons))


def plain(obstacle: Obstacle) -> dict[str, Any]:
    """Return an obstacle to one candidate as JSON."""

    def simple(value: Any) -> Any:
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, tuple | list | frozenset):
            return [simple(item) for item in value]
        return value

    fields = {key: value for key, value in dataclasses.asdict(obstacle).items() if key not in {"rule", "side"}}
    told = {key: simple(value) for key, value in fields.items() if value not in (None, ())}
    return {"code": obstacle.code, **told}


def cost(training_class: TrainingClass, seats: int) -> int:
    """Return the cost in đồng of a running class with this many seats."""
    return training_class.fixed_cost + training_class.seat_cost * seats


def short_of_floor(percent: int, needs: int, met: int) -> int:
    """Return how many more of a unit's needs would have to be met to reach a floor of `percent` of them."""
    return max(0, -(-percent * needs // 100) - met)


def summarise(
    snapshot: Snapshot, options: Sequence[str], seats: Sequence[Seat], reasons: Mapping[str, Reason]
) -> dict[str, Any]:
    """Return the figures shown at the top of every page about the run.

    Returns:
        needs, people: registered attendances (lượt) and the persons (người) behind them; seats, people_seated:
            those placed; classes, running; cost in đồng; funds: what each holds (`budget`), is planned, and was
            paid for classes that are not held (`sunk`), by code; others_pay: who pays in addition to the funds,
            for how many classes and how much, by the cost lines that the optimizer was given; unmet: reason →
            needs and people; floor_percent: the policy's floor; units_short, needs_short: units below it, and by
            how many needs;
            max_changes, max_changes_per_trainee: the policy's limits, None if it sets none.
    """
    instance = snapshot.instance
    trainee_of = {need.id: need.trainee for need in instance.needs}
    seated = {seat.need for seat in seats}
    running = {option: made for made in instance.classes for option in (o.id for o in made.options)}
    per_class = Counter(running[seat.option].id for seat in seats)
    spent: Counter[str] = Counter()
    for option in options:
        spent[running[option].fund] += cost(running[option], per_class[running[option].id])
    held = {running[option].id for option in options}
    sunk: Counter[str] = Counter()
    for (fund, class_id), paid in snapshot.money.paid.items():
        sunk[fund] += 0 if class_id in held else paid
    unmet: dict[str, list[str]] = defaultdict(list)
    for need_id, reason in reasons.items():
        if need_id not in seated:
            unmet[reason.code].append(trainee_of[need_id])
    units = {trainee.id: trainee.unit for trainee in instance.trainees}
    registered = Counter(units[trainee] for trainee in trainee_of.values())
    met = Counter(units[trainee_of[need_id]] for need_id in seated)
    percent = instance.policy.floor_percent
    short = [short_of_floor(percent, count, met[unit]) for unit, count in registered.items()]
    return {
        "needs": len(instance.needs),
        "people": len(set(trainee_of.values())),
        "seats": len(seats),
        "people_seated": len({trainee_of[need_id] for need_id in seated}),
        "classes": len(instance.classes),
        "running": len(options),
        "cost": sum(spent.values()),
        "funds": [
            {
                "code": fund.id,
                "budget": snapshot.money.amounts.get(fund.id, fund.budget),
                "planned": spent[fund.id],
                "sunk": sunk[fund.id],
            }
            for fund in instance.funds
        ],
        "others_pay": _others_pay(snapshot, {class_id: per_class[class_id] for class_id in sorted(held)}),
        "unmet": {code: {"needs": len(who), "people": len(set(who))} for code, who in sorted(unmet.items())},
        "max_changes": instance.policy.max_changes,
        "max_changes_per_trainee": instance.policy.max_changes_per_trainee,
        "floor_percent": percent,
        "units_short": sum(1 for missing in short if missing),
        "needs_short": sum(short),
    }


def _others_pay(snapshot: Snapshot, seats: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return what others than the funds pay for these classes; a class counts once for each payer."""
    amounts: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    for class_id, count in seats.items():
        for payer, (whole, each) in snapshot.money.others.get(class_id, {}).items():
            amounts[payer] += whole + each * count
            classes[payer] += 1
    return [{"payer": payer, "classes": classes[payer], "amount": amount} for payer, amount in amounts.items()]


# -- why a class does not run -----------------------------------------------------------------------------------


def _classes(snapshot: Snapshot, options: Sequence[str], seats: Sequence[Seat]) -> list[dict[str, Any]]:
    instance = snapshot.instance
    taken = Counter(seat.option for seat in seats)
    chosen = {snapshot.class_of[snapshot.options[option]]: option for option in options}
    idle = _Idle(instance, options, seats)
    rows = []
    for made in instance.classes:
        class_id = snapshot.classes[made.id]
        option = chosen.get(class_id)
        row: dict[str, Any]
        if option is not None:
            row = {
                "option_id": snapshot.options[option],
                "seats": taken[option],
                "cost": cost(made, taken[option]),
            }
        else:
            reason, detail = idle.why(made)
            row = {"option_id": None, "seats": 0, "cost": 0, "reason": reason, "detail": detail}
        rows.append({"class_id": class_id, **row})
    return rows


class _Idle:
    """Why classes do not run, looked up in one solution."""

    def __init__(self, instance: Instance, options: Sequence[str], seats: Sequence[Seat]) -> None:
        option_of: dict[str, tuple[TrainingClass, Option]] = {
            option.id: (made, option) for made in instance.classes for option in made.options
        }
        seated = {seat.need for seat in seats}
        banned: dict[str, set[str]] = defaultdict(set)
        for ban in instance.bans:
            banned[ban.class_id].add(ban.need)
        self.wishes: dict[str, list[str]] = defaultdict(list)
        for need in instance.needs:
            self.wishes[need.course].append(need.id)
        self.seated, self.banned = seated, banned
        self.left = {fund.id: fund.budget for fund in instance.funds}
        per_class = Counter(option_of[seat.option][0].id for seat in seats)
        self.users: dict[str, list[Option]] = defaultdict(list)
        for option_id in options:
            made, option = option_of[option_id]
            self.left[made.fund] -= cost(made, per_class[made.id])
            for resource in option.resources:
                self.users[resource].append(option)

    def why(self, made: TrainingClass) -> tuple[str, dict[str, Any]]:
        """Return the first reason that applies.

        Too few people registered; every option collides with a class that runs; the fund cannot pay; too few
        people are left without a seat; the class would not gain enough points.
        """
        wishes = [need for need in self.wishes[made.course] if need not in self.banned[made.id]]
        if len(wishes) < max(1, made.min_seats):
            return "few-needs", {"needs": len(wishes), "min_seats": made.min_seats}
        collisions = [self._collision(option) for option in made.options]
        if all(collisions):
            first = next(found for found in collisions if found)
            return "resource", {"resource": first[0], "option": first[1]}
        least = cost(made, made.min_seats)
        if self.left[made.fund] < least:
            return "budget", {"fund": made.fund, "left": self.left[made.fund], "least": least}
        waiting = sum(1 for need in wishes if need not in self.seated)
        if waiting < max(1, made.min_seats):
            return "few-left", {"needs": waiting, "min_seats": made.min_seats}
        return "outranked", {"needs": waiting, "min_seats": made.min_seats}

    def _collision(self, option: Option) -> tuple[str, str] | None:
        """Return (resource, the running option that uses it on a day of `option`), if any."""
        for resource in option.resources:
            for other in self.users.get(resource, ()):
                if _meet(option.sessions, other.sessions):
                    return resource, other.id
        return None


def _meet(left: Iterable[tuple[date, date]], right: Sequence[tuple[date, date]]) -> bool:
    return any(a_first <= b_last and b_first <= a_last for a_first, a_last in left for b_first, b_last in right)
