"""Seeded, realistic instances: the yearly plan of a province, or of several in one plan.

The shape is that of the reference province (12,200 trainees, about 18,900 needs, 179 classes, 48 courses, 260
units, 4 funds that cover 85 % of the full cost, minimum size half the maximum). More classes mean more provinces
side by side, each with its own courses, units, places and funds and a few trainees who may cross the border. So
the need–class pairs grow with the size and not with its square. A small plan has fewer courses and smaller
classes, so that classes can still run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from math import pow
from random import Random

from solver.generate.curriculum import CATALOGUE, CourseKind
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
    Trainee,
    TrainingClass,
    Unit,
)

CLASSES_PER_PROVINCE = 179
TRAINEES_PER_CLASS = 12_200 / CLASSES_PER_PROVINCE
TRAINEES_PER_UNIT = 47
PLACES_PER_PROVINCE = 13
FUNDS_PER_PROVINCE = 4
NEEDS_PER_TRAINEE = (1, 2, 3, 4)
NEEDS_WEIGHTS = (0.615, 0.28, 0.083, 0.022)  # before the prerequisites that a trainee registers as well
VALUES = (100, 200, 300, 400)  # points of the four priorities
VALUE_WEIGHTS = (0.35, 0.35, 0.2, 0.1)
FIRST_WEEK, LAST_WEEK = 3, 47  # teaching weeks of the year: after Tết's rush, before the closing of accounts


@dataclass(frozen=True, slots=True)
class _Kind:
    """A course of the catalogue in one of the provinces."""

    id: str
    province: int
    kind: CourseKind
    groups: tuple[tuple[str, ...], ...]


def generate(
    *,
    trainees: int = 12_200,
    classes: int = CLASSES_PER_PROVINCE,
    seed: int = 1,
    options: int = 1,
    year: int = 2026,
    budget_percent: int = 85,
    bans: int | None = None,
) -> Instance:
    """Return an instance with these numbers of trainees and classes; the same arguments give the same instance.

    options: calendars per class; above 1 they also share halls and lecturers. budget_percent: what the funds cover
    of the cost of all classes, full. bans: banned need–class pairs (default: 1 in 500 needs).

    Raises ValueError if `trainees`, `classes` or `options` is below 1.
    """
    if min(trainees, classes, options) < 1:
        raise ValueError("trainees, classes and options must each be at least 1")
    random = Random(seed)
    provinces = max(1, round(classes / CLASSES_PER_PROVINCE))
    places = [[f"p{p + 1}-{n + 1:02}" for n in range(PLACES_PER_PROVINCE)] for p in range(provinces)]
    travel = {place: row for of_province in places for place, row in _travel(random, of_province).items()}
    taught = sorted(CATALOGUE, key=lambda kind: -kind.demand)[: max(2, classes)]
    kinds = [_kind(kind, p, provinces, taught) for p in range(provinces) for kind in taught]
    room = min(1.0, trainees / classes / TRAINEES_PER_CLASS)
    class_list, resources = _classes(random, kinds, classes, options, places, year, room)
    units, unit_of = _units(random, trainees, places)
    trainee_list, needs = _trainees(random, unit_of, units, kinds, provinces, year)
    units = _absence_limits(random, units, trainee_list)
    class_list = _quotas(random, class_list, units, needs, trainee_list)
    return Instance(
        name=f"Kế hoạch {year} ({trainees} học viên, {classes} lớp, số {seed})",
        travel=travel,
        funds=_funds(class_list, provinces, budget_percent),
        units=tuple(units),
        resources=tuple(resources),
        courses=tuple(Course(kind.id, kind.groups) for kind in kinds),
        classes=tuple(class_list),
        trainees=tuple(trainee_list),
        needs=tuple(needs),
        bans=_bans(random, needs, class_list, len(needs) // 500 if bans is None else bans),
        policy=Policy(floor_percent=60, floor_penalty=150, change_penalty=30),
    )


def _kind(kind: CourseKind, province: int, provinces: int, taught: Sequence[CourseKind]) -> _Kind:
    """Return a course with the part of its prerequisites that the plan knows."""
    suffix = f"-{province + 1}" if provinces > 1 else ""
    known = {other.slug for other in taught}
    groups = (tuple(slug + suffix for slug in group if slug in known) for group in kind.prerequisites)
    return _Kind(kind.slug + suffix, province, kind, tuple(group for group in groups if group))


def _travel(random: Random, places: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return points lost between places scattered over a square of 120 km: one point for each 5 km."""
    at = {place: (random.uniform(0, 120), random.uniform(0, 120)) for place in places}
    return {
        home: {
            away: round(((at[home][0] - at[away][0]) ** 2 + (at[home][1] - at[away][1]) ** 2) ** 0.5 / 5)
            for away in places
        }
        for home in places
    }


def _demand(kind: CourseKind) -> float:
    """Return a course's share of the needs; the power gives a need as many candidate classes as was measured."""
    return pow(kind.demand, 1.06)


def _shares(total: int, weights: Sequence[float]) -> list[int]:
    """Split `total` by weight into whole numbers (largest remainder)."""
    scale = total / sum(weights)
    counts = [int(weight * scale) for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: counts[i] - weights[i] * scale)
    for i in by_remainder[: total - sum(counts)]:
        counts[i] += 1
    return counts


def _sessions(year: int, week: int, kind: CourseKind) -> tuple[Period, ...]:
    """Return the stretches of a course from a Monday on; short rows of stretches leave a week between them."""
    monday = date(year, 1, 1) + timedelta(days=-date(year, 1, 1).weekday() + 7 * week)
    step = 14 if kind.blocks <= 4 else 7
    starts = [monday + timedelta(days=step * block) for block in range(kind.blocks)]
    return tuple((start, start + timedelta(days=kind.days - 1)) for start in starts)


def _weeks(kind: CourseKind) -> int:
    return (kind.blocks - 1) * (2 if kind.blocks <= 4 else 1) + 1 + (kind.days - 1) // 7


def _classes(
    random: Random,
    kinds: Sequence[_Kind],
    count: int,
    options: int,
    places: Sequence[Sequence[str]],
    year: int,
    room: float,
) -> tuple[list[TrainingClass], list[str]]:
    """Return classes by demand, `room` times the usual 40 to 120 seats; the halls and lecturers they share."""
    classes: list[TrainingClass] = []
    used: set[str] = set()
    lecturers = max(2, count // len(places) // 6)
    for kind, number in zip(kinds, _shares(count, [_demand(kind.kind) for kind in kinds]), strict=True):
        prefix = f"p{kind.province + 1}"
        for _ in range(number):
            class_id = f"L{len(classes) + 1:03}"
            max_seats = max(2, round(5 * random.randint(8, 24) * room))
            training_days = kind.kind.blocks * kind.kind.days
            fixed_cost = 100_000 * (random.randint(60, 160) + random.randint(18, 32) * training_days)
            seat_cost = 10_000 * (random.randint(8, 15) + random.randint(4, 7) * training_days)
            fund = f"{prefix}-fund-{random.choices((1, 2, 3, 4), (5, 2, 2, 1))[0]}"
            calendars = []
            for letter in range(options):
                place = random.choice(places[kind.province])
                week = random.randint(FIRST_WEEK, max(FIRST_WEEK, LAST_WEEK - _weeks(kind.kind) + 1))
                shared: tuple[str, ...] = ()
                if options > 1:
                    shared = (
                        f"hall-{place}-{random.randint(1, 2)}",
                        f"lecturer-{prefix}-{random.randint(1, lecturers):02}",
                    )
                    used.update(shared)
                name = f"{class_id}-{letter + 1}"
                calendars.append(Option(name, place, _sessions(year, week, kind.kind), shared))
            classes.append(
                TrainingClass(
                    id=class_id,
                    course=kind.id,
                    min_seats=max_seats // 2,
                    max_seats=max_seats,
                    fund=fund,
                    fixed_cost=fixed_cost,
                    seat_cost=seat_cost,
                    options=tuple(calendars),
                )
            )
    return classes, sorted(used)


def _funds(classes: Sequence[TrainingClass], provinces: int, percent: int) -> tuple[Fund, ...]:
    """Return the funds; each pays that part of the cost of its full classes."""
    full_cost: Counter[str] = Counter()
    for each in classes:
        full_cost[each.fund] += each.fixed_cost + each.seat_cost * each.max_seats
    names = [f"p{p + 1}-fund-{n + 1}" for p in range(provinces) for n in range(FUNDS_PER_PROVINCE)]
    return tuple(Fund(name, full_cost[name] * percent // 100) for name in names)


def _units(
    random: Random, trainees: int, places: Sequence[Sequence[str]]
) -> tuple[list[Unit], list[tuple[int, int]]]:
    """Return the units, few of them large, and for each trainee the province and the position of the unit."""
    provinces = len(places)
    count = max(provinces, round(trainees / TRAINEES_PER_UNIT))
    units = [Unit(f"u{i + 1:03}", random.choice(places[i % provinces])) for i in range(count)]
    cumulative = list(accumulate(random.lognormvariate(0, 0.8) for _ in units))
    chosen = random.choices(range(count), cum_weights=cumulative, k=trainees)
    return units, [(i % provinces, i) for i in chosen]


def _trainees(
    random: Random,
    unit_of: Sequence[tuple[int, int]],
    units: Sequence[Unit],
    kinds: Sequence[_Kind],
    provinces: int,
    year: int,
) -> tuple[list[Trainee], list[Need]]:
    """Return trainees with their past courses and busy days, and what each registers for.

    Most have completed a prerequisite. Most of the others register for it as well, so that this plan may teach it
    in time; the rest lack it.
    """
    of_province = [[kind for kind in kinds if kind.province == p] for p in range(provinces)]
    cumulative = list(accumulate(_demand(kind.kind) for kind in of_province[0]))
    trainees: list[Trainee] = []
    needs: list[Need] = []
    for number, (province, unit) in enumerate(unit_of, start=1):
        trainee_id = f"t{number:05}"
        wanted: dict[str, None] = {}
        completed: dict[str, None] = {}
        for _ in range(random.choices(NEEDS_PER_TRAINEE, NEEDS_WEIGHTS)[0]):
            source = province
            if provinces > 1 and random.random() < 0.05:
                source = random.randrange(provinces)
            kind = random.choices(of_province[source], cum_weights=cumulative)[0]
            wanted[kind.id] = None
            for group in kind.groups:
                luck = random.random()
                if luck < 0.72:
                    completed[random.choice(group)] = None
                elif luck < 0.92:
                    wanted[random.choice(group)] = None
        for course in wanted:
            completed.pop(course, None)
        for course in wanted:
            value = random.choices(VALUES, VALUE_WEIGHTS)[0] + random.randint(-20, 20)
            needs.append(Need(f"n{len(needs) + 1:05}", trainee_id, course, value))
        trainees.append(
            Trainee(
                id=trainee_id,
                unit=units[unit].id,
                completed=tuple(completed),
                busy=_busy(random, year) if random.random() < 0.1 else (),
                max_days=random.choice((10, 15, 20, 30, 40)) if random.random() < 0.1 else None,
            )
        )
    return trainees, needs


def _busy(random: Random, year: int) -> tuple[Period, ...]:
    """Return one or two absences: leave, a secondment, a hospital stay."""
    starts = {date(year, 1, 5) + timedelta(days=random.randint(0, 330)) for _ in range(random.randint(1, 2))}
    return tuple((start, start + timedelta(days=random.randint(2, 24))) for start in sorted(starts))


def _absence_limits(random: Random, units: Sequence[Unit], trainees: Sequence[Trainee]) -> list[Unit]:
    """Return the units; nine in ten spare between a tenth and a quarter of their people on one day."""
    people = Counter(trainee.unit for trainee in trainees)
    limited = []
    for unit in units:
        share = random.uniform(0.1, 0.25)
        limit = max(1, round(people[unit.id] * share)) if random.random() < 0.9 else None
        limited.append(Unit(unit.id, unit.place, limit))
    return limited


def _quotas(
    random: Random,
    classes: Sequence[TrainingClass],
    units: Sequence[Unit],
    needs: Sequence[Need],
    trainees: Sequence[Trainee],
) -> list[TrainingClass]:
    """Return the classes; one in eight limits the seats of the three units that need its course most."""
    unit_of = {trainee.id: trainee.unit for trainee in trainees}
    demand: dict[str, Counter[str]] = {}
    for need in needs:
        demand.setdefault(need.course, Counter())[unit_of[need.trainee]] += 1
    position = {unit.id: i for i, unit in enumerate(units)}
    result = []
    for training_class in classes:
        asking = demand.get(training_class.course, Counter())
        if random.random() < 0.125 and asking:
            largest = sorted(asking, key=lambda unit: (-asking[unit], position[unit]))[:3]
            quota = Quota(tuple(largest), max(1, training_class.max_seats // 8))
            result.append(replace(training_class, quotas=(quota,)))
        else:
            result.append(training_class)
    return result


def _bans(
    random: Random, needs: Sequence[Need], classes: Sequence[TrainingClass], count: int
) -> tuple[NeedClass, ...]:
    """Return banned pairs: a candidate class of a need, for a need that has one."""
    of_course: dict[str, list[str]] = {}
    for training_class in classes:
        of_course.setdefault(training_class.course, []).append(training_class.id)
    with_class = [need for need in needs if need.course in of_course]
    chosen = random.sample(with_class, min(count, len(with_class)))
    return tuple(NeedClass(need.id, random.choice(of_course[need.course])) for need in chosen)
