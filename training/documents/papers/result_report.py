"""The yearly result report in the official columns: who completed what, by group of staff; attendances and persons
counted separately."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from ...classes.models import Payment, TrainingClass
from ...completions.models import Completion
from ...core.db import db
from ...core.i18n import today
from ...core.vietnamese import search_key
from ...courses.models import CourseKind
from ...enrolments.models import OpenClass
from ...people.models import COMMUNE_LEVEL, Employee, SensitiveRecord, Sex, UnitKind
from ...results.models import Result
from ...standards.levels import Level, RequirementKind
from ...standards.models import CourseLevel, HeldTitle, Title, TitleKind
from ..models import Paper
from .fields import REPORT_COLUMNS
from .plan import money_of, open_classes_of, plan_in_force
from .rounding import apportion_groups
from .subjects import Subject, gathers, runs_of
from .wording import TENTH, millions, number, short

_MAJORITY = "kinh"  # the ethnicity that is no minority
# The rows of the official form: key → (number, name, key of its parent row).
_ROWS: dict[str, tuple[str, str, str | None]] = {
    "lead": ("I", "Cán bộ, công chức lãnh đạo, quản lý", None),
    "lead_dept": ("1", "Cấp tỉnh, cấp sở và tương đương", "lead"),
    "lead_office": ("2", "Cấp phòng và tương đương", "lead"),
    "civil": ("II", "Công chức chuyên môn", None),
    "commune": ("III", "Cán bộ, công chức cấp xã", None),
    "commune_lead": ("1", "Cán bộ lãnh đạo, quản lý", "commune"),
    "commune_civil": ("2", "Công chức chuyên môn và khác", "commune"),
    "service": ("IV", "Viên chức", None),
    "service_lead": ("1", "Viên chức quản lý", "service"),
    "service_civil": ("2", "Viên chức chuyên môn", "service"),
    "council": ("V", "Đại biểu Hội đồng nhân dân", None),
}
_LEVELS = {
    Level.THEORY_ELEMENTARY: "llct_so",
    Level.THEORY_INTERMEDIATE: "llct_trung",
    Level.THEORY_ADVANCED: "llct_cao",
    Level.THEORY_BACHELOR: "llct_cu_nhan",
    Level.MANAGEMENT_ASSISTANT: "qlnn_cs",
    Level.MANAGEMENT_SPECIALIST: "qlnn_cv",
    Level.MANAGEMENT_PRINCIPAL: "qlnn_cvc",
    Level.MANAGEMENT_SENIOR: "qlnn_cvcc",
    Level.INTERMEDIATE_SCHOOL: "dt_tc",
    Level.COLLEGE: "dt_cd",
    Level.UNIVERSITY: "dt_dh",
    Level.MASTER: "dt_ths",
    Level.DOCTOR: "dt_ts",
}
_KINDS = {
    CourseKind.LEADERSHIP: "ldql",
    CourseKind.JOB_POSITION: "vtvl",
    CourseKind.PROFESSIONAL_TITLE: "vtvl",
    CourseKind.DEFENCE: "qpan",
}


@dataclass(frozen=True, slots=True)
class _Attendance:
    """One completion of the year."""

    employee_id: int
    row: str
    columns: tuple[str, ...]
    cost: Fraction  # its share of the class's cost, in đồng


def column_of(kind: CourseKind, name: str, levels: set[Level]) -> str:
    """Return the one column of content in which a completion of a course counts.

    Args:
        kind, name: the course's.
        levels: the levels that it gives.
    """
    for level in sorted(levels, key=lambda level: level.rank, reverse=True):
        if level in _LEVELS:
            return _LEVELS[level]
    if kind in _KINDS:
        return _KINDS[kind]
    plain = search_key(name)
    if "tieng dan toc" in plain:
        return "tieng_dt"
    kinds = {level.kind for level in levels}
    if RequirementKind.COMPUTING in kinds or (kind is CourseKind.LANGUAGE_IT and "tin" in plain.split()):
        return "tin_hoc"
    if RequirementKind.LANGUAGE in kinds or kind is CourseKind.LANGUAGE_IT:
        return "ngoai_ngu"
    return "khac"


def row_of(person: Employee, kind: CourseKind, titles: str | None) -> str:
    """Return the row of the form in which an attendance counts.

    Args:
        person: with unit and position.
        kind: the course's.
        titles: names of the leadership titles that the person holds; None: none.
    """
    if kind is CourseKind.COUNCILLOR:
        return "council"
    position = person.position.name if person.position else ""
    leads = titles is not None or bool(person.position and person.position.head)
    words = search_key(f"{titles or ''} {position}").split()
    unit = UnitKind(person.unit.kind)
    if unit in COMMUNE_LEVEL or (unit is UnitKind.PARTY and ("xa" in words or "thon" in words)):
        return "commune_lead" if leads else "commune_civil"
    if unit is UnitKind.PUBLIC_SERVICE:
        return "service_lead" if leads else "service_civil"
    if leads:
        return "lead_office" if "phong" in words else "lead_dept"
    return "civil"


@gathers(Paper.RESULT_REPORT)
def _report(plan_id: int) -> Subject:
    plan = plan_in_force(plan_id)
    year = plan.round.year
    opened = open_classes_of(plan.round)
    found = _attendances(year, {each.class_id: sum(money_of(each.training_class).values()) for each in opened})
    counts: dict[str, Counter[str]] = {key: Counter() for key in (*_ROWS, "all")}
    cost: dict[str, Fraction] = dict.fromkeys(counts, Fraction(0))
    for each in found:
        row: str | None = each.row
        while row is not None:
            counts[row].update(each.columns)
            cost[row] += each.cost
            row = _ROWS[row][2]
        counts["all"].update(each.columns)
        cost["all"] += each.cost
    tenths = _tenths(cost)
    held = _held(opened)
    paid = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Payment.amount), 0)).where(
            Payment.class_id.in_(sa.select(TrainingClass.id).where(TrainingClass.year == year))
        )
    )

    def cells(key: str) -> dict[str, str]:
        filled = {c: number(counts[key][c]) if counts[key][c] else "" for c in REPORT_COLUMNS if c != "kinh_phi"}
        return {**filled, "kinh_phi": millions(tenths[key], cost[key])}

    return Subject(
        title=str(plan),
        facts={
            "nam": str(year),
            "ten_ke_hoach": plan.name,
            "den_ngay": f"ngày {short(today())}",
            "so_lop": number(len(opened)),
            "so_lop_xong": number(held.over),
            "so_lop_dang_hoc": number(held.running) if held.running else "",
            "so_lop_chua_hoc": number(held.ahead) if held.ahead else "",
            "tong_nguoi": number(len({each.employee_id for each in found})),
            "da_chi": number(int(paid or 0)),
            "tong": {**cells("all"), **{k: number(counts["all"][k]) for k in ("tong", "nu", "dtts")}},
            "dong": [{"tt": tt, "ten": name, **cells(key)} for key, (tt, name, _part_of) in _ROWS.items()],
        },
        plan_id=plan.id,
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """How many classes of a plan are over today, are running, and have not begun."""

    over: int
    running: int
    ahead: int


def _held(opened: list[OpenClass]) -> _Held:
    day = today()
    days = [(min(first for first, _last in runs), max(last for _first, last in runs))
            for runs in (runs_of(each.option) for each in opened)]  # fmt: skip
    return _Held(
        over=sum(last < day for _first, last in days),
        running=sum(first <= day <= last for first, last in days),
        ahead=sum(first > day for first, _last in days),
    )


def _tenths(cost: dict[str, Fraction]) -> dict[str, int]:
    """Return the money of each row in tenths of a million đồng: parts add up to their row, the rows to the
    total."""
    parts: dict[str, list[str]] = {key: [] for key, (_tt, _name, part_of) in _ROWS.items() if part_of is None}
    for key, (_tt, _name, part_of) in _ROWS.items():
        if part_of is not None:
            parts[part_of].append(key)
    exact = [[cost[key] / TENTH for key in parts[row] or [row]] for row in parts]
    total, totals, inner = apportion_groups(exact)
    found = {"all": total, **dict(zip(parts, totals, strict=True))}
    for row, tenths in zip(parts, inner, strict=True):
        found.update(zip(parts[row], tenths, strict=bool(parts[row])))
    return found


def _attendances(year: int, class_cost: dict[int, int]) -> list[_Attendance]:
    """Return everything that was completed in the year; the people who completed a class share its cost."""
    last = date(year, 12, 31)
    completions = db.session.scalars(
        sa.select(Completion)
        .where(Completion.completed_on >= date(year, 1, 1), Completion.completed_on <= last)
        .options(
            joinedload(Completion.course),
            joinedload(Completion.employee).joinedload(Employee.unit),
            joinedload(Completion.employee).joinedload(Employee.position),
        )
    ).all()
    levels: dict[int, set[Level]] = {}
    for course_id, level in db.session.execute(sa.select(CourseLevel.course_id, CourseLevel.level)):
        levels.setdefault(course_id, set()).add(Level(level))
    named = db.session.execute(
        sa.select(HeldTitle.employee_id, sa.func.string_agg(Title.name, sa.literal(" ")))
        .join(HeldTitle.title)
        .where(
            Title.kind == TitleKind.LEADERSHIP,
            HeldTitle.first <= last,
            sa.or_(HeldTitle.last.is_(None), HeldTitle.last >= last),
        )
        .group_by(HeldTitle.employee_id)
    )
    titles: dict[int, str] = {row[0]: row[1] for row in named}
    minorities = set(
        db.session.scalars(
            sa.select(SensitiveRecord.employee_id).where(
                SensitiveRecord.ethnicity.is_not(None), sa.func.lower(SensitiveRecord.ethnicity) != _MAJORITY
            )
        )
    )
    results = db.session.scalars(sa.select(Result).where(Result.completion_id.is_not(None)))
    class_of = {row.completion_id: row.class_id for row in results}
    completed = Counter(class_of.values())
    found = []
    for row in completions:
        person, kind = row.employee, CourseKind(row.course.kind)
        columns: list[Any] = ["tong", column_of(kind, row.course.name, levels.get(row.course_id, set()))]
        columns.append("ngoai_nuoc" if kind is CourseKind.ABROAD else "trong_nuoc")
        if person.sex == Sex.FEMALE:
            columns.append("nu")
        if person.id in minorities:
            columns.append("dtts")
        class_id = class_of.get(row.id)
        share = Fraction(class_cost.get(class_id, 0), completed[class_id]) if class_id is not None else Fraction(0)
        found.append(_Attendance(person.id, row_of(person, kind, titles.get(person.id)), tuple(columns), share))
    return found
