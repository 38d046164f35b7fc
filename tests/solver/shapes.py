"""Small instances of many shapes for the optimizer's tests, and a reference that shares no code with it.

`exact_score` is a plain CP-SAT model, written from the problem's own page, day by day and trainee by trainee.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from ortools.sat.python import cp_model

from solver.instance.facts import (
    Course,
    Fund,
    Instance,
    Need,
    NeedClass,
    Option,
    Period,
    Policy,
    Quota,
    Seat,
    Trainee,
    TrainingClass,
    Unit,
)

MONDAY = date(2020, 3, 2)


def shape(seed: int, *, pinned: bool = False, trainees: int | None = None) -> Instance:
    """A random instance of a dozen to a few dozen trainees in which every rule can bind."""
    random = Random(seed)
    places = ["a", "b", "c"]
    travel = {x: {y: random.randrange(0, 60) for y in places if random.random() < 0.8} for x in places}
    units = [Unit(f"u{i}", random.choice(places), random.choice([None, 0, 1, 2, 3])) for i in range(4)]
    courses = []
    for i in range(5):
        groups = []
        if i >= 1 and random.random() < 0.6:
            earlier = (f"c{random.randrange(i)}" for _ in range(random.choice([1, 2])))
            groups.append(tuple(dict.fromkeys(earlier)))
        courses.append(Course(f"c{i}", tuple(groups)))
    classes = []
    for i in range(random.choice([4, 6, 8])):
        options = tuple(_option(random, f"L{i}-{k}", places) for k in range(random.choice([1, 2, 2, 3])))
        least = random.choice([0, 1, 2, 3])
        quotas = []
        if random.random() < 0.4:
            quotas.append(Quota(tuple(f"u{j}" for j in random.sample(range(4), 2)), random.randrange(0, 4)))
        classes.append(
            TrainingClass(
                f"L{i}", f"c{random.randrange(5)}",
                least, least + random.randrange(0, 5), f"f{random.randrange(2)}",
                random.randrange(0, 50), random.randrange(0, 9), options, tuple(quotas),
            )
        )  # fmt: skip
    funds = [Fund(f"f{i}", random.randrange(40, 250)) for i in range(2)]
    people, needs = [], []
    for i in range(trainees or random.choice([6, 12, 20])):
        wanted = random.sample(range(5), random.choice([1, 2, 2, 3]))
        busy = ((_day(random), _day(random)),) if random.random() < 0.3 else ()
        people.append(
            Trainee(
                f"t{i}",
                f"u{random.randrange(4)}",
                tuple(f"c{k}" for k in range(5) if k not in wanted and random.random() < 0.4),
                tuple((min(pair), max(pair)) for pair in busy),
                random.choice([None, None, 4, 7, 9]),
            )
        )
        needs += [Need(f"n{i}-{k}", f"t{i}", f"c{k}", random.randrange(0, 200)) for k in wanted]
    pairs = [(n, c) for n in needs for c in classes if n.course == c.course]
    random.shuffle(pairs)
    bans = tuple(NeedClass(n.id, c.id) for n, c in pairs[:3])
    wished = pairs[random.choice([2, 3, 3, 3]) :][: random.randrange(1, 4)] if pinned else []
    pins = tuple(NeedClass(n.id, c.id) for n, c in wished)
    in_force = pairs[3:9] if random.random() < 0.6 else []
    current = tuple(Seat(n.id, random.choice(c.options).id) for n, c in in_force)
    limit = random.choice([None, None, len(current), max(0, len(current) - 1)]) if current else None
    return Instance(
        name=f"shape {seed}",
        travel=travel,
        funds=tuple(funds),
        units=tuple(units),
        resources=("hall", "lecturer"),
        courses=tuple(courses),
        classes=tuple(classes),
        trainees=tuple(people),
        needs=tuple(needs),
        pins=pins,
        bans=bans,
        current=current,
        policy=Policy(random.choice([0, 50, 70]), random.choice([0, 40, 150]), random.choice([0, 20]), limit),
    )


def _day(random: Random) -> date:
    return MONDAY + timedelta(days=random.randrange(0, 28))


def _option(random: Random, name: str, places: list[str]) -> Option:
    sessions: list[Period] = []
    for _ in range(random.choice([1, 1, 2])):
        first = _day(random)
        sessions.append((first, first + timedelta(days=random.randrange(0, 4))))
    resources = tuple(r for r in ("hall", "lecturer") if random.random() < 0.25)
    return Option(name, random.choice(places), tuple(dict.fromkeys(sessions)), resources)


def _days(periods: tuple[Period, ...]) -> set[date]:
    return {first + timedelta(days=i) for first, last in periods for i in range((last - first).days + 1)}


def _boolean(model: cp_model.CpModel, value: cp_model.LinearExprT) -> cp_model.IntVar:
    """The value, which is 0 or 1, as a literal."""
    literal = model.new_bool_var("")
    model.add(literal == value)
    return literal


def exact_score(instance: Instance) -> int | None:
    """The best score, or None when no plan keeps all rules."""
    model = cp_model.CpModel()
    of = {o.id: c for c in instance.classes for o in c.options}
    options = {o.id: o for c in instance.classes for o in c.options}
    days = {o.id: _days(o.sessions) for o in options.values()}
    trainees = {t.id: t for t in instance.trainees}
    courses = {c.id: c for c in instance.courses}
    units = {u.id: u for u in instance.units}
    run = {o: model.new_bool_var(f"run {o}") for o in options}
    seat = {
        (n.id, o): model.new_bool_var(f"{n.id} in {o}")
        for n in instance.needs
        for o in options
        if of[o].course == n.course
    }
    need = {n.id: n for n in instance.needs}
    for c in instance.classes:
        model.add(sum(run[o.id] for o in c.options) <= 1)
        for o in c.options:
            taken = sum(v for (_, p), v in seat.items() if p == o.id)
            model.add(taken <= c.max_seats * run[o.id])
            model.add(taken >= c.min_seats * run[o.id])
        for quota in c.quotas:
            inside = [n for n in need if trainees[need[n].trainee].unit in quota.units]
            model.add(sum(v for (n, p), v in seat.items() if of[p] is c and n in inside) <= quota.max_seats)
        kept = []
        for reserve in c.reserves:
            claims = [
                n.id
                for n in instance.needs
                if n.course == c.course
                and trainees[n.trainee].unit in reserve.units
                and NeedClass(n.id, c.id) not in instance.bans
                and all(pin.class_id == c.id for pin in instance.pins if pin.need == n.id)
            ]
            kept.append(min(reserve.min_seats, len(claims)) if reserve.release else reserve.min_seats)
        if kept:
            used = []
            for reserve, least in zip(c.reserves, kept, strict=True):
                here = [
                    v
                    for (n, p), v in seat.items()
                    if of[p] is c and trainees[need[n].trainee].unit in reserve.units
                ]
                places = model.new_int_var(0, 10_000, "")
                model.add_max_equality(places, [sum(here), least])
                used.append((here, places))
            everybody = sum(v for (_, p), v in seat.items() if of[p] is c)
            inside = sum(v for here, _ in used for v in here)
            running = sum(run[o.id] for o in c.options)
            model.add(everybody - inside + sum(p for _, p in used) <= c.max_seats).only_enforce_if(
                _boolean(model, running)
            )
    for group in instance.together:
        for c in instance.classes:
            seats = [sum(v for (n, p), v in seat.items() if n == one and of[p] is c) for one in group.needs]
            for one in seats[1:]:
                model.add(one == seats[0])
    for separate in instance.apart:
        for c in instance.classes:
            inside = [v for (n, p), v in seat.items() if n in separate.needs and of[p] is c]
            model.add(sum(inside) <= separate.max_seats)
    for fund in instance.funds:
        paid = sum(c.fixed_cost * run[o.id] for c in instance.classes if c.fund == fund.id for o in c.options)
        paid += sum(of[p].seat_cost * v for (_, p), v in seat.items() if of[p].fund == fund.id)
        model.add(paid <= fund.budget)
    for n in instance.needs:
        model.add(sum(v for (m, _), v in seat.items() if m == n.id) <= 1)
    for t in instance.trainees:
        own = [(n, p, v) for (n, p), v in seat.items() if need[n].trainee == t.id]
        busy = _days(t.busy)
        for day in {d for _, p, _ in own for d in days[p]}:
            there = [v for _, p, v in own if day in days[p]]
            model.add(sum(there) <= (0 if day in busy else 1))
        if t.max_days is not None:
            model.add(sum(len(days[p]) * v for _, p, v in own) <= t.max_days)
        for n, p, v in own:
            for group in courses[need[n].course].prerequisites:
                if not set(group) & set(t.completed):
                    before = [w for m, q, w in own if need[m].course in group and max(days[q]) < min(days[p])]
                    model.add(sum(before) >= v)
    for u in instance.units:
        if u.max_absent is not None:
            own = [(p, v) for (n, p), v in seat.items() if trainees[need[n].trainee].unit == u.id]
            for day in {d for p, _ in own for d in days[p]}:
                model.add(sum(v for p, v in own if day in days[p]) <= u.max_absent)
    for a in options.values():
        for b in options.values():
            if a.id < b.id and set(a.resources) & set(b.resources) and days[a.id] & days[b.id]:
                model.add(run[a.id] + run[b.id] <= 1)
    for pin in instance.pins:
        model.add(sum(v for (n, p), v in seat.items() if n == pin.need and of[p].id == pin.class_id) == 1)
    for ban in instance.bans:
        model.add(sum(v for (n, p), v in seat.items() if n == ban.need and of[p].id == ban.class_id) == 0)
    policy = instance.policy
    kept = sum(seat[s.need, s.option] for s in instance.current if (s.need, s.option) in seat)
    changed = len(instance.current) - kept
    if policy.max_changes is not None:
        model.add(changed <= policy.max_changes)
    most = policy.max_changes_per_trainee
    for t in instance.trainees if most is not None else ():
        own = [s for s in instance.current if need[s.need].trainee == t.id]
        model.add(len(own) - sum(seat[s.need, s.option] for s in own if (s.need, s.option) in seat) <= most)
    score = sum(need[n].value * v for (n, _), v in seat.items()) - policy.change_penalty * changed
    for (n, p), v in seat.items():
        home = units[trainees[need[n].trainee].unit].place
        score -= instance.travel.get(home, {}).get(options[p].place, 0) * v
    for u in instance.units:
        own = [n.id for n in instance.needs if trainees[n.trainee].unit == u.id]
        target = (policy.floor_percent * len(own) + 99) // 100
        short = model.new_int_var(0, len(own), f"short {u.id}")
        model.add(short >= target - sum(v for (n, _), v in seat.items() if n in own))
        score -= policy.floor_penalty * short
    model.maximize(score)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.presolve_inclusion_work_limit = (
        0  # see solver.model.cp_sat.sound; the reference shares no code
    )
    status = solver.solve(model)
    assert status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    return round(solver.objective_value) if status == cp_model.OPTIMAL else None
