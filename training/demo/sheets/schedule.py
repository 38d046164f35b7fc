"""The classes of the demo province: numbers, dates, places, resources, costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from .curriculum import BY_CODE, CoursePlan
from .names import full_name
from .organisation import AREAS
from .shares import shares

Period = tuple[date, date]

# First day of the lunar year.
_TET = {
    2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17),
    2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31),
}  # fmt: skip
_FIRST_WEEK, _LAST_WEEK = 2, 48  # classes neither begin in the first days of January nor last into December
SCHOOL, UNIVERSITY, ACADEMY, MILITARY, MEDICAL = "TCT", "DHHL", "HVCT", "QSQK", "CDYT"
_HOSTS = (
    (SCHOOL, "Trường Chính trị Nguyễn Văn Cừ", "HALONG"),
    (UNIVERSITY, "Trường Đại học Hạ Long", "UONGBI"),
    (ACADEMY, "Học viện Chính trị khu vực I", "HANOI"),
    (MILITARY, "Trường Quân sự tỉnh", "HALONG"),
    (MEDICAL, "Trường Cao đẳng Y tế Quảng Ninh", "HALONG"),
)
_TITLES = ("Giảng viên", "Giảng viên chính", "Thạc sĩ, giảng viên", "Tiến sĩ, giảng viên chính", "Báo cáo viên")
# Of a buổi (half a day), in đồng: 2.0, 1.8, 1.5 and 1.3 million by tier.
_LECTURE = (2_000_000, 1_800_000, 1_500_000, 1_300_000)
_TEA = 20_000  # a person and buổi
TIERS = ("B1", "B2", "B3", "B4")  # whose lecture costs that


@dataclass(slots=True)
class Teaching:
    """The resources of classes, as plain values of import rows."""

    hosts: list[dict[str, object]] = field(default_factory=list)
    rooms: list[dict[str, object]] = field(default_factory=list)
    lecturers: list[dict[str, object]] = field(default_factory=list)
    classes: list[dict[str, object]] = field(default_factory=list)
    options: list[dict[str, object]] = field(default_factory=list)
    quotas: list[dict[str, object]] = field(default_factory=list)
    funds: list[dict[str, object]] = field(default_factory=list)


def teaching(
    random: Random, needs: Counter[str], asking: dict[str, Counter[str]], classes: int, room: float, year: int
) -> Teaching:
    """Return the classes of a year, and their resources.

    Args:
        needs: course → number of needs: classes are shared out by it.
        asking: course → unit → number of needs.
        classes: how many.
        room: sizes are that part of the usual ones.
        year: of the plan.
    """
    found = Teaching()
    _hosts(random, found)
    courses = sorted(needs)
    counts = shares(classes, [needs[course] for course in courses])
    calendar = _Calendar(random, found, year)
    number = 0
    for course, count in zip(courses, counts, strict=True):
        for nth in range(count):
            number += 1
            _class(random, found, calendar, BY_CODE[course], f"L{number:03}", nth + 1, room, year, asking[course])
    _funds(found, year)
    return found


def _hosts(random: Random, found: Teaching) -> None:
    hosts = [*_HOSTS, *((f"TTCT-{area}", f"Trung tâm Chính trị khu vực {name}", area) for area, (name, _x,
    _y) in AREAS.items()
                        if area != "HANOI")]  # fmt: skip
    for code, name, area in hosts:
        main = code in {SCHOOL, UNIVERSITY, ACADEMY, MILITARY, MEDICAL}
        found.hosts.append(
            {"code": code, "name": name, "place": area, "phone": f"0203{random.randrange(10**7):07}"}
        )
        for number in range(1, (6 if code == SCHOOL else 3 if main else 2) + 1):
            seats = 220 if number == 1 else random.choice((80, 100, 120, 150))
            found.rooms.append(
                {"code": f"{code}-{number}", "name": f"Hội trường {number}, {name}", "host": code, "seats": seats}
            )
        for number in range(1, (30 if code == SCHOOL else 8 if main else 4) + 1):
            lecturer: dict[str, object] = {"code": f"GV-{code}-{number:02}", "name": full_name(random,
            female=random.random() < 0.5), "host": code,
                        "title": random.choice(_TITLES),
                        "phone": f"091{random.randrange(10**7):07}"}  # fmt: skip
            found.lecturers.append(lecturer)


def _holidays(year: int) -> set[date]:
    month, day = _TET.get(year, (2, 5))
    first = date(year, month, day)
    tet = {first + timedelta(days=n) for n in range(-4, 8)}
    return tet | {date(year, 1, 1), date(year, 4, 30), date(year, 5, 1), date(year, 9, 2), date(year, 9, 1)}


class _Calendar:
    """Weeks in which a course can be taught, and the rooms and lecturers that are free then."""

    def __init__(self, random: Random, found: Teaching, year: int) -> None:
        self.random = random
        self.found = found
        self.holidays = _holidays(year)
        start = date(year, 1, 1)
        self.monday = start - timedelta(days=start.weekday())
        self.taken: dict[str, set[date]] = {}

    def periods(self, course: CoursePlan) -> list[Period]:
        """Return the stretches of a course from some week on, skipping weeks with holidays.

        Short rows of stretches leave a week between them.
        """
        step = 2 if course.blocks <= 4 else 1
        length = (course.blocks - 1) * step + 1 + (course.days - 1) // 7
        week = self.random.randint(_FIRST_WEEK, max(_FIRST_WEEK, _LAST_WEEK - length - 2))
        found: list[Period] = []
        while len(found) < course.blocks:
            first = self.monday + timedelta(weeks=week)
            last = first + timedelta(days=course.days - 1)
            days = {first + timedelta(days=n) for n in range(course.days)}
            if days & self.holidays and week < _LAST_WEEK + 2:
                week += 1
                continue
            found.append((first, last))
            week += step
        return found

    def free(self, kind: str, host: str, periods: list[Period], seats: int = 0) -> str | None:
        """Book a room (with this number of seats) or lecturer of a host that is free on all these days."""
        days = {first + timedelta(days=n) for first, last in periods for n in range((last - first).days + 1)}
        offered = self.found.rooms if kind == "rooms" else self.found.lecturers
        own = [
            str(one["code"])
            for one in offered
            if one["host"] == host and int(str(one.get("seats") or 10**6)) >= seats
        ]
        self.random.shuffle(own)
        for code in own:
            if not self.taken.setdefault(code, set()) & days:
                self.taken[code] |= days
                return code
        return None


def _class(
    random: Random, found: Teaching, calendar: _Calendar, course: CoursePlan, code: str, nth: int, room: float,
    year: int,
    asking: Counter[str],
) -> None:  # fmt: skip
    largest = random.randint(120, 200) if random.random() < 0.04 else round(random.triangular(43, 120, 58))
    largest = max(4, round(largest * room))
    host, area = _host(random, found, course)
    letters = "ab" if random.random() < 0.1 else "a"
    for letter in letters:
        periods = calendar.periods(course)
        hall = calendar.free("rooms", host, periods, largest)
        lecturer = calendar.free("lecturers", host, periods)
        found.options.append(
            {
                "code": f"{code}-{letter}",
                "training_class": code,
                "place": area,
                "sessions": [[first.isoformat(), last.isoformat()] for first, last in periods],
                "rooms": [hall] if hall else [],
                "lecturers": [lecturer] if lecturer else [],
            }
        )
    fixed, per_seat, tier = _cost(random, course, hall is not None)
    fund = course.fund if random.random() < 0.8 else random.choice(("province", "unit", "self", "party"))
    found.classes.append(
        {
            "code": code,
            "name": f"{course.name} – lớp {nth}",
            "year": year,
            "course": course.code,
            "host": host,
            "mode": "mixed" if course.kind == "theme" and random.random() < 0.3 else "in_person",
            "min_seats": largest // 2,
            "max_seats": largest,
            "fund": _FUNDS[fund][0].format(year=year),
            "tier": tier,
            "fixed_cost": fixed,
            "seat_cost": per_seat,
        }
    )
    if random.random() < 0.125 and asking:
        units = [unit for unit, _count in sorted(asking.items(), key=lambda item: (-item[1], item[0]))[:3]]
        found.quotas.append({"training_class": code, "units": sorted(units), "max_seats": max(1, largest // 8)})


def _host(random: Random, found: Teaching, course: CoursePlan) -> tuple[str, str]:
    if course.kind == "abroad" or (course.code in {"CC-LLCT", "CVCC"} and random.random() < 0.5):
        code = ACADEMY
    elif course.kind == "defence":
        code = MILITARY if random.random() < 0.6 else _centre(random)
    elif course.code in {"BS2", "DD3"}:
        code = MEDICAL
    elif course.kind == "professional_title":
        code = UNIVERSITY
    elif course.kind in {"political_theory", "state_management", "leadership"}:
        code = SCHOOL if random.random() < 0.65 else _centre(random)
    else:
        code = SCHOOL if random.random() < 0.2 else _centre(random)
    area = next(str(host["place"]) for host in found.hosts if host["code"] == code)
    return code, area


def _centre(random: Random) -> str:
    areas = [area for area in AREAS if area not in {"HANOI", "COTO"}]
    weights = [
        5 if area == "HALONG" else 3 if area in {"CAMPHA", "UONGBI", "DONGTRIEU", "QUANGYEN"} else 1
        for area in areas
    ]
    return f"TTCT-{random.choices(areas, weights)[0]}"


def _cost(random: Random, course: CoursePlan, own_hall: bool) -> tuple[int, int, str]:
    """Return (fixed, per trainee, tier of lecturers): an estimate in đồng, until the norms give cost lines.

    It covers lecturers by buổi and tier, two buổi a day; their travel and lodging; hall; management of at most 10
    %; materials, tea and part of the meals by trainee (`budgets`).
    """
    days = course.blocks * course.days
    price = random.choice(_LECTURE[1:] if course.kind != "abroad" else _LECTURE[:2])
    lecturers = 2 * days * price
    lodging = days * random.choice((0, 350_000, 600_000))
    hall = days * (400_000 if own_hall else 1_500_000)
    fixed = lecturers + lodging + hall + random.randint(30, 90) * 100_000
    fixed += fixed * random.randint(5, 10) // 100
    per_seat = 2 * days * _TEA + random.randint(8, 20) * 10_000 + days * random.choice((0, 20_000, 40_000))
    if course.kind == "abroad":
        per_seat += 38_000_000
    return round(fixed, -4), round(per_seat, -4), TIERS[_LECTURE.index(price)]


_FUNDS = {
    "province": ("NST{year}", "Ngân sách tỉnh"),
    "unit": ("NSDV{year}", "Kinh phí của cơ quan, đơn vị"),
    "party": ("NSD{year}", "Ngân sách Đảng"),
    "self": ("TUCHU{year}", "Đơn vị sự nghiệp tự chủ và nguồn khác"),
}


def _funds(found: Teaching, year: int) -> None:
    """Add the funds; each pays 85 % of the cost of its full classes."""
    full: Counter[str] = Counter()
    for one in found.classes:
        full[str(one["fund"])] += int(str(one["fixed_cost"])) + int(str(one["seat_cost"])) * int(
            str(one["max_seats"])
        )
    for key, (pattern, name) in _FUNDS.items():
        code = pattern.format(year=year)
        found.funds.append(
            {
                "code": code,
                "name": f"{name} năm {year}",
                "kind": "self_financed" if key == "self" else key,
                "year": year,
                "amount": full[code] * 85 // 10**8 * 10**6,
            }
        )
