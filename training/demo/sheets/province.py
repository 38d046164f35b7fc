"""The workbooks of the demo province: the sheets that its offices would send, in the import's columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

from ...core.i18n import today as day_in_vietnam
from ...imports.kinds.all_kinds import BY_NAME
from ...imports.writing import SheetOut, write_workbook
from ..budgets import money_sheets, norm_sheets
from .campha import as_published
from .careers import career_sheets, settle_ratings
from .curriculum import BY_CODE, COURSES, EQUIVALENCES, CoursePlan
from .organisation import AREAS, UnitPlan, travel_points, units
from .people import HEADS, POSITIONS, Person, complete, issuer, level_names, people
from .reform import REFORM, reform_sheets, settle_homes, since_the_reform
from .schedule import Teaching, teaching
from .standards import attend_courses_of_the_job, may_study, standards_sheets

_USUAL_ROOM = 12_200 / 179
_NEEDS_PER_PERSON = (1, 2, 3, 4)
_NEEDS_WEIGHTS = (0.615, 0.28, 0.083, 0.022)  # before the prerequisites that somebody registers as well
_PRIORITIES = ((1, 10), (2, 35), (3, 20), (4, 35))
_NOTES = (
    "Chuẩn bị bổ nhiệm",
    "Thay thế người đã chuyển công tác",
    "Đề nghị học tại trung tâm gần nhất",
    "Đợt trước chưa được xếp",
)
_ABSENCES = ("Nghỉ thai sản", "Biệt phái", "Điều trị bệnh", "Công tác dài ngày", "Nghỉ phép năm", "Luân chuyển")

_COPIED, _TWICE = 211, 997  # one in so many certificate numbers is another's, and completions entered twice

Rows = Iterable[dict[str, object]]
Need = tuple[Person, str, int, str | None]


def write_workbooks(
    folder: Path,
    *,
    trainees: int = 12_200,
    classes: int = 179,
    seed: int = 2020,
    year: int | None = None,
    today: date | None = None,
) -> list[Path]:
    """Write the workbooks of a province like Quảng Ninh; the same arguments give the same province.

    Args:
        folder: their folder.
        trainees: people, each with one need or more.
        classes: training classes of the plan.
        seed: of the random numbers.
        year: of the plan; default: next year.
        today: the round is open on this day; default: today.

    Returns:
        The files in the order in which they are to be imported.

    Raises:
        ValueError: fewer than 30 people or 2 classes.
    """
    if trainees < 30 or classes < 2:
        raise ValueError("a province has at least 30 people and 2 classes")
    today = today or day_in_vietnam()
    year = year or today.year + 1
    random = Random(seed)
    all_units = units(random, trainees)
    everybody = people(random, all_units, today)
    as_published(random, everybody, today)
    attend_courses_of_the_job(Random(seed + 2), everybody, today)
    settle_homes(Random(seed + 2), everybody)
    settle_ratings(everybody, today)
    reform = reform_sheets(Random(seed + 3), all_units, everybody, today)
    groups = Counter(person.group for person in everybody)
    wanted = {course.code: course.demand * sum(groups[group] for group in course.groups) for course in COURSES}
    taught = sorted(COURSES, key=lambda course: -wanted[course.code])[: max(2, classes)]
    needs = _needs(random, everybody, taught, today, year)
    demand = Counter(course for _person, course, _priority, _note in needs)
    asking: dict[str, Counter[str]] = {course: Counter() for course in demand}
    for person, course, _priority, _note in needs:
        asking[course][person.unit.code] += 1
    held = teaching(random, demand, asking, classes, min(1.0, trainees / classes / _USUAL_ROOM), year)
    limits = _absence_limits(random, all_units)
    round_code = f"D{year}"
    registered = {(person.code, course) for person, course, _priority, _note in needs}
    standards = standards_sheets(Random(seed + 1), everybody, registered, today)

    folder.mkdir(parents=True, exist_ok=True)
    return [
        _write(folder / "1-danh-muc.xlsx", _catalogue_sheets(all_units, limits, held) | norm_sheets(year)),
        _write(folder / "2-nhan-su.xlsx", _people_sheets(random, everybody, year)),
        _write(folder / "3-tieu-chuan.xlsx", standards),
        _write(
            folder / "4-lop-hoc.xlsx",
            {"classes": held.classes, "options": held.options, "quotas": held.quotas}
            | money_sheets(Random(seed + 3), held, today),
        ),
        _write(folder / "5-nhu-cau.xlsx", _need_sheets(needs, round_code, year, today)),
        _write(folder / "6-sap-xep-2025.xlsx", reform),
        _write(
            folder / "7-quy-hoach-danh-gia.xlsx",
            career_sheets(Random(seed + 4), everybody, standards["held_titles"], today),
        ),
    ]


def _write(path: Path, sheets: dict[str, Rows]) -> Path:
    outs = [
        SheetOut(BY_NAME[name].sheet, BY_NAME[name].shown_columns(sensitive=True), rows)
        for name, rows in sheets.items()
    ]
    write_workbook(path, outs)
    return path


def _needs(
    random: Random, everybody: list[Person], taught: list[CoursePlan], today: date, year: int
) -> list[Need]:
    """Return what everybody registers for.

    Most have completed a prerequisite. Most of the others register for it as well, so that this plan may teach it
    in time; the rest lack it.
    """
    known = {course.code for course in taught}
    offered: dict[str, tuple[list[str], list[float]]] = {}
    for person in everybody:
        if person.group not in offered:
            own = [course for course in taught if person.group in course.groups] or taught
            offered[person.group] = ([c.code for c in own], list(accumulate(c.demand for c in own)))
    found: list[Need] = []
    for person in everybody:
        codes, cumulative = offered[person.group]
        wanted: dict[str, None] = {}
        for _ in range(random.choices(_NEEDS_PER_PERSON, _NEEDS_WEIGHTS)[0]):
            for _attempt in range(6):
                course = random.choices(codes, cum_weights=cumulative)[0]
                member = bool(person.values["party_member"])
                if (
                    not person.has(course)
                    and may_study(person, course, year)
                    and not (member and course == "KND")
                    and not (not member and course == "DVM")
                ):
                    wanted[course] = None
                    break
        if not wanted:
            wanted[
                next((code for code in codes if not person.has(code) and may_study(person, code, year)), codes[-1])
            ] = None
        _meet_prerequisites(random, person, wanted, known, today)
        for course in wanted:
            if course in person.completed:
                continue
            priority = random.choices([p for p, _ in _PRIORITIES], [w for _, w in _PRIORITIES])[0]
            note = random.choice(_NOTES) if random.random() < 0.05 else None
            found.append((person, course, priority, note))
    return found


def _meet_prerequisites(
    random: Random, person: Person, wanted: dict[str, None], known: set[str], today: date
) -> None:
    for course in list(wanted):
        for group in BY_CODE[course].prerequisites:
            if any(one in person.completed or one in wanted for one in group):
                continue
            luck = random.random()
            usual = group[0] if random.random() < 0.8 else random.choice(group)
            settled = person.theory_settled and usual.endswith("LLCT")
            if luck < 0.72 and usual not in wanted and not settled:
                complete(random, person, usual, today)
            elif luck < 0.92 and usual in known:
                wanted[usual] = None
    for course in list(wanted):
        if person.has(course) and len(wanted) > 1:
            wanted.pop(course)


def _absence_limits(random: Random, all_units: list[UnitPlan]) -> dict[str, int | None]:
    """Return the limits of units; nine in ten spare between a tenth and a quarter of their people on one day."""
    limits: dict[str, int | None] = {}
    for unit in all_units:
        limit = max(1, round(unit.people * random.uniform(0.1, 0.25)))
        limits[unit.code] = limit if random.random() < 0.9 and unit.people else None
    return limits


def _catalogue_sheets(all_units: list[UnitPlan], limits: dict[str, int | None], held: Teaching) -> dict[str, Rows]:
    return {
        "places": [{"code": code, "name": name} for code, (name, _x, _y) in AREAS.items()],
        "travel": [
            {"origin": area, "destination": other, "points": points}
            for area in AREAS
            for other in AREAS
            if area != other and (points := travel_points(area, other))
        ],
        "units": [
            {
                "code": unit.code,
                "name": unit.name,
                "kind": unit.kind,
                "parent": unit.parent,
                "place": unit.area,
                "max_absent": limits[unit.code],
                "valid_from": REFORM.isoformat() if since_the_reform(unit) else None,
            }
            for unit in all_units
        ],
        "positions": [{"code": code, "name": name, "head": code in HEADS} for code, name in POSITIONS.items()],
        "courses": [_course(course) for course in COURSES],
        "equivalences": [
            {"course": course, "substitute": substitute, "ground": ground}
            for course, substitute, ground in EQUIVALENCES
        ],
        "hosts": held.hosts,
        "rooms": held.rooms,
        "lecturers": held.lecturers,
        "funds": held.funds,
    }


def _course(course: CoursePlan) -> dict[str, object]:
    return {
        "code": course.code,
        "name": course.name,
        "kind": course.kind,
        "days": course.blocks * course.days,
        "default_min_seats": 30,
        "default_max_seats": 80,
        "audience": course.audience,
        "prerequisites": [sorted(group) for group in course.prerequisites],
        "active": True,
    }


def _people_sheets(random: Random, everybody: list[Person], year: int) -> dict[str, Rows]:
    completions: list[dict[str, object]] = []
    absences: list[dict[str, object]] = []
    for person in everybody:
        person.values.update(level_names(person), active=True)
        for course, day in sorted(person.completed.items()):
            number = len(completions) + 1
            certificate: dict[str, object] = {
                "certificate_number": f"{number:06}/{day.year}",
                "issuer": issuer(course),
            }
            if number % _COPIED == 0:
                certificate = {key: completions[-1].get(key) for key in certificate}
            done = {"employee": person.code, "course": course}
            completions.append({**done, "completed_on": day.isoformat(), **certificate})
            if number % _TWICE == 0:
                completions.append({**done, "completed_on": (day + timedelta(days=12)).isoformat()})
        if random.random() < 0.1:
            absences += _absences(random, person, year)
    return {"employees": [person.values for person in everybody], "absences": absences, "completions": completions}


def _absences(random: Random, person: Person, year: int) -> list[dict[str, object]]:
    starts = {date(year, 1, 5) + timedelta(days=random.randint(0, 330)) for _ in range(random.randint(1, 2))}
    return [
        {
            "employee": person.code,
            "first": first.isoformat(),
            "last": (first + timedelta(days=random.randint(2, 24))).isoformat(),
            "reason": random.choice(_ABSENCES),
        }
        for first in sorted(starts)
    ]


def _need_sheets(needs: list[Need], round_code: str, year: int, today: date) -> dict[str, Rows]:
    return {
        "rounds": [
            {
                "code": round_code,
                "name": f"Đăng ký nhu cầu đào tạo, bồi dưỡng năm {year}",
                "year": year,
                "opens_on": (today - timedelta(days=20)).isoformat(),
                "closes_on": (today + timedelta(days=25)).isoformat(),
            }
        ],
        "needs": [
            {
                "round": round_code,
                "employee": person.code,
                "course": course,
                "priority": priority,
                "note": note,
                "state": "registered",
            }
            for person, course, priority, note in needs
        ],
    }
