"""Small random instances over all rules: `shapes.shape` bent, one way after another, until something contradicts.

    python -m tests.solver.random_instances [COUNT [FIRST]]

solves COUNT of them (500) and tells every deviation: a score that is not the exact optimum of the reference, a
bound below it, a rule that is broken, an infeasible instance that got a plan, or the other way round.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from random import Random

from solver.check import score, violations
from solver.instance.facts import ApartSet, Instance, Need, NeedClass, NeedSet, Policy, Reserve, Seat
from solver.result import Status
from solver.solve import solve
from tests.solver.shapes import exact_score, shape

COUNT = 500


def plain(instance: Instance, random: Random) -> Instance:
    """As it is: options, resources, quotas, load, busy days, floors, bans and often a plan in force."""
    return instance


def another_plan(instance: Instance, random: Random) -> tuple[Seat, ...]:
    """Seats of a plan that keeps all rules and is best for other values."""
    values = [need.value for need in instance.needs]
    random.shuffle(values)
    needs = tuple(replace(need, value=value) for need, value in zip(instance.needs, values, strict=True))
    plan = solve(replace(instance, needs=needs), time_limit=60, workers=1).solution
    return () if plan is None else plan.seats


def class_of(instance: Instance) -> dict[str, str]:
    """Option → class."""
    return {option.id: each.id for each in instance.classes for option in each.options}


def pinned(instance: Instance, random: Random) -> Instance:
    """Seats of another plan, pinned; now and then one more pin, which may not fit."""
    seats = another_plan(instance, random)
    kind = class_of(instance)
    chosen = random.sample(seats, min(len(seats), random.randrange(1, 5)))
    pins = [NeedClass(seat.need, kind[seat.option]) for seat in chosen]
    pairs = [NeedClass(n.id, c.id) for n in instance.needs for c in instance.classes if n.course == c.course]
    if random.random() < 0.3 and pairs:
        pins.append(random.choice(pairs))
    return replace(instance, pins=tuple(dict.fromkeys((*instance.pins, *pins))))


def contradicting(instance: Instance, random: Random) -> Instance:
    """One of the plain contradictions: pin and ban, two classes for one need, a class of another course."""
    pairs = [(n, c) for n in instance.needs for c in instance.classes if n.course == c.course]
    if not pairs:
        return instance
    need, training_class = random.choice(pairs)
    first = NeedClass(need.id, training_class.id)
    others = [c for c in instance.classes if c.id != training_class.id]
    kind = random.randrange(3)
    if kind == 0:
        return replace(instance, pins=(first,), bans=tuple(dict.fromkeys((*instance.bans, first))))
    wrong = [c for c in others if (c.course == need.course) == (kind == 1)]
    second = (NeedClass(need.id, random.choice(wrong).id),) if wrong else ()
    return replace(instance, pins=(first, *second))


def crowded(instance: Instance, random: Random) -> Instance:
    """Everybody of one class of another plan pinned to it, and often one more than can be kept."""
    seats = another_plan(instance, random)
    kind = class_of(instance)
    if not seats:
        return instance
    chosen = kind[random.choice(seats).option]
    inside = [seat.need for seat in seats if kind[seat.option] == chosen]
    (course,) = (each.course for each in instance.classes if each.id == chosen)
    others = [need.id for need in instance.needs if need.course == course and need.id not in inside]
    more = random.sample(others, min(len(others), random.randrange(2)))
    return replace(instance, pins=tuple(NeedClass(need, chosen) for need in (*inside, *more)))


def few_changes(instance: Instance, random: Random) -> Instance:
    """Another plan is in force, of which no seat or few may change, while half of the time the money shrinks."""
    seats = another_plan(instance, random)
    limit = random.choice((0, 0, 1, 2, len(seats) // 2))
    policy = replace(instance.policy, max_changes=limit, change_penalty=random.choice((0, 30, 1000)))
    percent = random.choice((100, 100, 85, 60))
    funds = tuple(replace(fund, budget=fund.budget * percent // 100) for fund in instance.funds)
    return replace(instance, current=seats, policy=policy, funds=funds)


def solved_before(instance: Instance, random: Random) -> Instance:
    """The optimum is in force, and then a class falls away: re-planning as it happens in May."""
    before = solve(instance, time_limit=60, workers=1).solution
    if before is None or not before.options:
        return instance
    gone = random.choice(before.options)
    classes = tuple(c for c in instance.classes if gone not in {option.id for option in c.options})
    left = {c.id for c in classes}
    options = {option.id for c in classes for option in c.options}
    kept = tuple(seat for seat in before.seats if seat.option in options)
    limit = random.choice((None, 0, 1, 3))
    policy = replace(instance.policy, max_changes=limit, change_penalty=random.choice((0, 25, 10_000)))
    return replace(
        instance,
        classes=classes,
        pins=tuple(pin for pin in instance.pins if pin.class_id in left),
        bans=tuple(ban for ban in instance.bans if ban.class_id in left),
        current=kept,
        policy=policy,
    )


def floors_first(instance: Instance, random: Random) -> Instance:
    """Floors that outweigh every value, in units that are held short by absences."""
    units = tuple(replace(unit, max_absent=random.choice((None, 1, 1, 2))) for unit in instance.units)
    policy = Policy(random.choice((33, 67, 100)), random.choice((500, 5000)), 0, None)
    return replace(instance, units=units, policy=policy)


def shared_halls(instance: Instance, random: Random) -> Instance:
    """Every option needs the hall or a lecturer, so that what runs when is most of the decision."""
    classes = tuple(
        replace(
            c,
            options=tuple(
                replace(o, resources=random.choice((("hall",), ("lecturer",), ("hall", "lecturer"))))
                for o in c.options
            ),
        )
        for c in instance.classes
    )
    return replace(instance, classes=classes)


def chained(instance: Instance, random: Random) -> Instance:
    """Courses that rest on one another, several groups deep, and nobody has completed anything."""
    courses = []
    for i, course in enumerate(instance.courses):
        earlier = [f"c{k}" for k in range(i)]
        groups = [
            tuple(random.sample(earlier, random.randrange(1, len(earlier) + 1)))
            for _ in range(random.choice((0, 1, 2)) if earlier else 0)
        ]
        courses.append(replace(course, prerequisites=tuple(dict.fromkeys(groups))))
    trainees = tuple(replace(t, completed=()) for t in instance.trainees)
    return replace(instance, courses=tuple(courses), trainees=trainees)


def large_numbers(instance: Instance, random: Random) -> Instance:
    """Money up to trillions and values up to hundreds of billions, with no common divisor."""
    points = 10 ** random.choice((3, 6, 9))

    def odd(number: int, scale: int) -> int:
        return number * scale + random.randrange(scale // 100) if number else 0

    classes = tuple(
        replace(c, fixed_cost=odd(c.fixed_cost, 10**10), seat_cost=odd(c.seat_cost, 10**10))
        for c in instance.classes
    )
    funds = tuple(replace(f, budget=odd(f.budget, 10**10)) for f in instance.funds)
    needs = tuple(Need(n.id, n.trainee, n.course, odd(n.value, points)) for n in instance.needs)
    travel = {a: {b: odd(lost, points) for b, lost in row.items()} for a, row in instance.travel.items()}
    policy = replace(
        instance.policy,
        floor_penalty=odd(instance.policy.floor_penalty, points),
        change_penalty=odd(instance.policy.change_penalty, points),
    )
    return replace(instance, classes=classes, funds=funds, needs=needs, travel=travel, policy=policy)


def reserved(instance: Instance, random: Random) -> Instance:
    """Seats of most classes kept for some units; some of them released where nobody claims them."""
    units = [unit.id for unit in instance.units]
    classes = []
    for each in instance.classes:
        random.shuffle(units)
        first = random.randrange(1, len(units))
        sets = [tuple(units[:first]), tuple(units[first : first + 1])][: random.choice((1, 1, 2))]
        left, reserves = each.max_seats, []
        for chosen in sets:
            kept = random.randrange(0, left + 1)
            left -= kept
            reserves.append(Reserve(chosen, kept, random.random() < 0.5))
        classes.append(replace(each, reserves=tuple(reserves)))
    return replace(instance, classes=tuple(classes))


def grouped(instance: Instance, random: Random) -> Instance:
    """Needs of one course that only sit together; others of which few may sit in one class."""
    of_course: dict[str, list[str]] = {}
    for need in instance.needs:
        of_course.setdefault(need.course, []).append(need.id)
    together, apart = [], []
    for mine in of_course.values():
        random.shuffle(mine)
        at = 0
        while len(mine) - at > 1 and random.random() < 0.6:
            size = min(random.choice((2, 2, 3)), len(mine) - at)
            together.append(NeedSet(tuple(mine[at : at + size])))
            at += size
        if len(mine) - at > 2:
            apart.append(ApartSet(tuple(mine[at:][: random.choice((2, 3, 4))]), random.choice((1, 1, 2))))
    needs = list(instance.needs)
    random.shuffle(needs)  # no trainee's needs lie side by side
    return replace(instance, needs=tuple(needs), together=tuple(together), apart=tuple(apart))


def few_changes_each(instance: Instance, random: Random) -> Instance:
    """Another plan is in force, of which nobody loses more than a seat or two, while money may shrink."""
    seats = another_plan(instance, random)
    limit = random.choice((0, 1, 1, 2))
    policy = replace(
        instance.policy, max_changes=None, max_changes_per_trainee=limit, change_penalty=random.choice((0, 30))
    )
    percent = random.choice((100, 100, 85, 60))
    funds = tuple(replace(fund, budget=fund.budget * percent // 100) for fund in instance.funds)
    return replace(instance, current=seats, policy=policy, funds=funds)


BENDS: tuple[Callable[[Instance, Random], Instance], ...] = (
    plain,
    pinned,
    contradicting,
    crowded,
    few_changes,
    solved_before,
    floors_first,
    shared_halls,
    chained,
    large_numbers,
    reserved,
    grouped,
    few_changes_each,
)


def instance_of(number: int) -> Instance:
    """The instance of that number: the bends take turns, and every third turn bends twice."""
    random = Random(number)
    instance = shape(number)
    bends = [BENDS[number % len(BENDS)]]
    if number % 3 == 0:
        bends.append(random.choice([bend for bend in BENDS if bend is not bends[0]]))
    for bend in bends:
        instance = bend(instance, random)
    return replace(instance, name=f"{number}: " + ", ".join(bend.__name__ for bend in bends))


def deviations(number: int) -> list[str]:
    """What is wrong with the answer to that instance; nothing when all is right."""
    instance = instance_of(number)
    expected = exact_score(instance)
    result = solve(instance, time_limit=120, workers=1 + number // len(BENDS) % 2, seed=number)
    found = []
    if expected is None:
        if result.status is not Status.INFEASIBLE or result.solution is not None:
            found.append(f"no plan exists, but the status is {result.status.value}")
        if not result.conflict:
            found.append("no conflict is told")
        return [f"{instance.name}: {text}" for text in found]
    if result.solution is None:
        return [f"{instance.name}: the optimum is {expected}, but {result.status.value}: {result.message}"]
    for violation in violations(instance, result.solution.options, result.solution.seats):
        found.append(violation.message)
    if result.score != score(instance, result.solution.options, result.solution.seats):
        found.append("the score told is not the checker's")
    if result.score != expected:
        found.append(f"score {result.score}, optimum {expected}")
    if result.bound is None or result.bound < expected:
        found.append(f"bound {result.bound} below the optimum {expected}")
    if result.status is not Status.OPTIMAL:
        found.append(f"{result.status.value} with score {result.score} and bound {result.bound}")
    return [f"{instance.name}: {text}" for text in found]


def main(arguments: list[str]) -> int:
    count = int(arguments[0]) if arguments else COUNT
    first = int(arguments[1]) if len(arguments) > 1 else 0
    wrong = 0
    for number in range(first, first + count):
        found = deviations(number)
        wrong += bool(found)
        for text in found:
            print(text, flush=True)
    print(f"{count} instances, {wrong} with a deviation")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
