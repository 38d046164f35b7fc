"""Seeded instances shaped like a term of a university: many short sessions, hence many clashes, and no money.

Every class meets on one or two days a week, so a calendar is a row of single days. A student asks for three to
five courses, half of them common ones with many classes and half of the own programme with few; all needs are
worth the same, the fund pays for everything, and seats are a little scarce. The only decision left is who sits
where, so that a student's classes share no day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from random import Random

from solver.instance.facts import Course, Fund, Instance, Need, Option, Period, Trainee, TrainingClass, Unit

CLASSES_PER_COURSE = 5
TRAINEES_PER_UNIT = 125  # one year of one programme
COMMON_SHARE = 0.2  # of the courses; they get half of the needs
NEEDS_PER_TRAINEE = (3, 4, 4, 4, 5)
VALUE = 100
WEEKS = 15
ONE_DAY, TWO_DAYS, HALF_TERM = (0,), (0, 3), (0, 2)  # weekdays of a class, counted from its first


def generate_term(
    *, trainees: int = 5_000, classes: int = 950, seed: int = 1, options: int = 1, year: int = 2026
) -> Instance:
    """Return an instance with these numbers of students and classes; the same arguments give the same instance.

    options: calendars per class, each from another weekday on; above 1 they also share rooms.

    Raises ValueError if `trainees`, `classes` or `options` is below 1.
    """
    if min(trainees, classes, options) < 1:
        raise ValueError("trainees, classes and options must each be at least 1")
    random = Random(seed)
    units = [Unit(f"u{i + 1:03}", "campus") for i in range(max(1, round(trainees / TRAINEES_PER_UNIT)))]
    courses = [f"c{i + 1:03}" for i in range(max(1, classes // CLASSES_PER_COURSE))]
    trainee_list, needs = _trainees(random, trainees, units, courses)
    demand = Counter(need.course for need in needs)
    rooms = [f"room-{i + 1:03}" for i in range(max(1, -(-classes // 5)))] if options > 1 else []
    class_list = _classes(random, courses, demand, classes, options, rooms, year)
    return Instance(
        name=f"Học kỳ {year} ({trainees} sinh viên, {classes} lớp, số {seed})",
        funds=(Fund("term", sum(each.fixed_cost + each.seat_cost * each.max_seats for each in class_list)),),
        units=tuple(units),
        resources=tuple(rooms),
        courses=tuple(Course(course) for course in courses),
        classes=tuple(class_list),
        trainees=tuple(trainee_list),
        needs=tuple(needs),
    )


def _trainees(
    random: Random, count: int, units: Sequence[Unit], courses: Sequence[str]
) -> tuple[list[Trainee], list[Need]]:
    """Return students, unit after unit, and the courses that each asks for: common ones and the programme's."""
    common = max(1, round(COMMON_SHARE * len(courses)))
    own = courses[common:] or courses
    of_unit = [
        [own[(i * len(own) // len(units) + k) % len(own)] for k in range(min(5, len(own)))]
        for i in range(len(units))
    ]
    popularity = list(accumulate(1 / (1 + 0.1 * i) for i in range(common)))
    asked = [NEEDS_PER_TRAINEE[i % len(NEEDS_PER_TRAINEE)] for i in range(count)]
    random.shuffle(asked)
    trainees: list[Trainee] = []
    needs: list[Need] = []
    for number, wish in enumerate(asked):
        unit = number * len(units) // count
        wanted: set[str] = set()
        while len(wanted) < min(wish, len(courses)):
            if random.random() < 0.5:
                wanted.add(random.choices(courses[:common], cum_weights=popularity)[0])
            elif random.random() < 0.9:
                wanted.add(random.choice(of_unit[unit]))
            else:
                wanted.add(random.choice(courses))
        trainees.append(Trainee(f"t{number + 1:05}", units[unit].id))
        for course in sorted(wanted):
            needs.append(Need(f"n{len(needs) + 1:05}", trainees[-1].id, course, VALUE))
    return trainees, needs


def _classes(
    random: Random,
    courses: Sequence[str],
    demand: Counter[str],
    count: int,
    options: int,
    rooms: Sequence[str],
    year: int,
) -> list[TrainingClass]:
    """Return classes by demand, at least one a course, with seats for about as many as ask; few have a minimum."""
    number = dict.fromkeys(courses, 1)
    for _ in range(count - len(courses)):
        fullest = max(courses, key=lambda course: demand[course] / number[course])
        number[fullest] += 1
    classes: list[TrainingClass] = []
    for course in courses:
        rhythm = random.choices((ONE_DAY, TWO_DAYS, HALF_TERM), (0.8, 0.12, 0.08))[0]
        slack = random.uniform(0.95, 1.15)
        first = random.randrange(6)
        for position in range(number[course]):
            class_id = f"L{len(classes) + 1:03}"
            max_seats = max(2, round(slack * demand[course] / number[course]))
            calendars = []
            for letter in range(options):
                weekday = (first + position + letter * 2 + random.randrange(2)) % 6
                room = (random.choice(rooms),) if rooms else ()
                sessions = _sessions(random, year, weekday, rhythm)
                calendars.append(Option(f"{class_id}-{letter + 1}", "campus", sessions, room))
            classes.append(
                TrainingClass(
                    id=class_id,
                    course=course,
                    min_seats=random.choice((0, 0, 0, min(5, max_seats))),
                    max_seats=max_seats,
                    fund="term",
                    fixed_cost=1_000_000 * random.randint(8, 15),
                    seat_cost=100_000,
                    options=tuple(calendars),
                )
            )
    return classes


def _sessions(random: Random, year: int, weekday: int, rhythm: Sequence[int]) -> tuple[Period, ...]:
    """Return single days, Monday to Saturday, in every week of the term or of one half of it."""
    start = date(year, 2, 23)
    monday = start - timedelta(days=start.weekday())
    weeks = range(WEEKS)
    if rhythm is HALF_TERM:
        weeks = random.choice((range(WEEKS // 2), range(WEEKS // 2, WEEKS)))
    days = sorted((weekday + step) % 6 for step in rhythm)
    dates = [monday + timedelta(weeks=week, days=day) for week in weeks for day in days]
    return tuple((day, day) for day in dates)
