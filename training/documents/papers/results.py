"""Papers from class books (`results`): roll call, recognition, certificates."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ...classes.models import TrainingClass
from ...core.db import db
from ...core.errors import Refused
from ...courses.models import Signer
from ...enrolments.models import Enrolment
from ...holidays.queries import work_calendar
from ...people.models import Employee, Sex
from ...results.books.half_days import HalfDay, half_days
from ...results.models import (
    AttendanceMark,
    Certificate,
    CertificateKind,
    Classification,
    DayPart,
    HeldHalfDay,
    MarkKind,
    Recognition,
    Result,
)
from ..models import Paper
from .subjects import Subject, class_facts, gathers, open_class, seated, seats_with_all
from .wording import number, period, person_facts, short

_DAYS_A_SHEET = 5
_DAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
_SIGNS = {MarkKind.PRESENT: "x", MarkKind.LATE: "M", MarkKind.LEAVE: "P", MarkKind.ABSENT: "K"}


def _mark(score: Any) -> str:
    return "" if score is None else f"{score:.2f}".rstrip("0").rstrip(".").replace(".", ",")


@gathers(Paper.ATTENDANCE_SHEET)
def _attendance(class_id: int) -> Subject:
    """Return a sheet for every five days of class in a week, with the marks of the roll call so far."""
    opened, seats = open_class(class_id), seated(class_id)
    if not seats:
        raise Refused(_("Nobody has a seat in this class."))
    changed = {
        (row.day, DayPart(row.part)): row.held
        for row in db.session.scalars(sa.select(HeldHalfDay).where(HeldHalfDay.class_id == class_id))
    }
    halves = [half for half in half_days(opened.option.periods, changed, work_calendar()) if half.held]
    signs = {kind.value: sign for kind, sign in _SIGNS.items()}
    marks = {
        (seat_id, day, part): signs[kind]
        for seat_id, day, part, kind in db.session.execute(
            sa.select(
                AttendanceMark.enrolment_id, AttendanceMark.day, AttendanceMark.part, AttendanceMark.kind
            ).where(AttendanceMark.enrolment_id.in_([seat.id for seat in seats]))
        )
    }
    people = [person_facts(seat.employee, n) for n, seat in enumerate(seats, start=1)]
    weeks: dict[date, list[HalfDay]] = defaultdict(list)
    for half in halves:
        weeks[half.day - timedelta(days=half.day.weekday())].append(half)
    sheets = []
    for _monday, mine in sorted(weeks.items()):
        taught = sorted({half.day for half in mine})
        for start in range(0, len(taught), _DAYS_A_SHEET):
            days = taught[start : start + _DAYS_A_SHEET]
            free = _DAYS_A_SHEET - len(days)
            sheets.append(
                {
                    "tieu_de": _first_upper(period(days[0], days[-1])),
                    "ngay": [*(f"{_DAYS[d.weekday()]} {d:%d/%m}" for d in days), *[""] * free],
                    "hoc_vien": [
                        {
                            **person,
                            "buoi": [marks.get((seat.id, d, part), "") for d in days for part in DayPart]
                            + [""] * (2 * free),
                        }
                        for person, seat in zip(people, seats, strict=True)
                    ],
                }
            )
    made = opened.training_class
    return Subject(
        title=f"{made.code} · {made.name}",
        facts={"lop": class_facts(made, opened.option), "tuan": sheets},
        class_id=class_id,
        host_id=made.host_id,
    )


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _results(class_id: int) -> list[Result]:
    return list(
        db.session.scalars(
            sa.select(Result)
            .join(Result.enrolment)
            .join(Enrolment.employee)
            .where(Result.class_id == class_id)
            .options(
                joinedload(Result.enrolment).joinedload(Enrolment.employee).joinedload(Employee.unit),
                joinedload(Result.enrolment).joinedload(Enrolment.employee).joinedload(Employee.position),
            )
            .order_by(Employee.sort_key, Employee.id)
        )
    )


def _named(classification: str | None) -> str:
    """Return «Giỏi» of «Giỏi (…)»."""
    if classification is None:
        return ""
    return {"excellent": "Xuất sắc", "good": "Giỏi", "fair": "Khá", "average": "Trung bình"}[
        Classification(classification).value
    ]


def _outcome(row: Result) -> str:
    if not row.passed:
        return "Không đạt"
    return f"Đạt, loại {_named(row.classification).lower()}" if row.classification else "Đạt"


@gathers(Paper.RECOGNITION)
def _recognition(class_id: int) -> Subject:
    decided = db.session.scalar(
        sa.select(Recognition).where(Recognition.class_id == class_id, Recognition.withdrawn_at.is_(None))
    )
    if decided is None:
        raise Refused(_("The results of this class are not recognised yet."))
    opened, rows = open_class(class_id), _results(class_id)
    passed = sum(row.passed for row in rows)
    made = opened.training_class
    people = [
        {**person_facts(row.enrolment.employee, n), "diem": _mark(row.average), "ket_qua": _outcome(row)}
        for n, row in enumerate(rows, start=1)
    ]
    return Subject(
        title=f"{made.code} · {made.name}",
        facts={
            "lop": class_facts(made, opened.option),
            "tong": number(len(rows)),
            "dat": number(passed),
            "khong_dat": number(len(rows) - passed),
            "hoc_vien": people,
        },
        class_id=class_id,
        host_id=made.host_id,
        symbol=decided.number,
        issued_on=decided.decided_on,
        signer=decided.signer_row,
        signature=decided.signature,
    )


def _certificates(condition: Any) -> list[Certificate]:
    """Return entries of the registers, in the order in which they were made."""
    return list(
        db.session.scalars(
            sa.select(Certificate)
            .where(condition)
            .options(
                joinedload(Certificate.register),
                joinedload(Certificate.reissue_of).joinedload(Certificate.register),
                joinedload(Certificate.replaces).joinedload(Certificate.register),
                joinedload(Certificate.signer_row).joinedload(Signer.issuer),
                joinedload(Certificate.enrolment).joinedload(Enrolment.employee).joinedload(Employee.unit),
                joinedload(Certificate.enrolment).joinedload(Enrolment.employee).joinedload(Employee.position),
            )
            .order_by(Certificate.id)
        )
    )


def _printed(row: Certificate) -> dict[str, str]:
    """Return name and birth as in the register, even if the person's record has changed."""
    born = short(row.birth_date) if row.birth_date else str(row.birth_year or "")
    woman = row.enrolment.employee.sex == Sex.FEMALE
    return {
        "ho_ten": row.holder,
        "ngay_sinh": born,
        "sinh_nam": "" if woman else born,
        "sinh_nu": born if woman else "",
    }


def _remark(row: Certificate) -> str:
    if row.cancelled_at is not None:
        return "Đã hủy"
    if row.replaces is not None:
        return f"Thay số {row.replaces.full_number}"
    return "Giấy xác nhận" if row.kind == CertificateKind.CONFIRMATION else ""


@gathers(Paper.CERTIFICATE_REGISTER)
def _register(class_id: int) -> Subject:
    """Return every entry, also cancelled ones: a number that is missing from the register would be a gap."""
    opened, rows = open_class(class_id), _certificates(Certificate.class_id == class_id)
    if not rows:
        raise Refused(_("No certificate of this class has been issued yet."))
    made = opened.training_class
    entries = [
        {
            **person_facts(row.enrolment.employee, n),
            **_printed(row),
            "xep_loai": _named(row.classification),
            "so_hieu": row.full_number,
            "so_vao_so": str(row.number),
            "ngay_cap": short(row.issued_on),
            "ghi_chu": _remark(row),
        }
        for n, row in enumerate(rows, start=1)
    ]
    latest = next((row for row in reversed(rows) if row.cancelled_at is None), rows[-1])
    counts = Counter(CertificateKind(row.kind) for row in rows if row.cancelled_at is None)
    return Subject(
        title=f"{made.code} · {made.name}",
        facts={
            "lop": class_facts(made, opened.option),
            "chung_chi": entries,
            "tong": number(len(rows)),
            "so_chung_chi": number(counts[CertificateKind.CERTIFICATE]),
            "so_xac_nhan": number(counts[CertificateKind.CONFIRMATION]),
            "so_huy": number(len(rows) - counts.total()),
        },
        class_id=class_id,
        host_id=made.host_id,
        signer=latest.signer_row,
        signature=latest.signature,
    )


def certificate_subjects(enrolment_ids: list[int]) -> list[Subject]:
    """Return a subject for the latest entry of the register of each of these seats."""
    living = sa.and_(Certificate.enrolment_id.in_(enrolment_ids), Certificate.cancelled_at.is_(None))
    latest = {row.enrolment_id: row for row in _certificates(living)}
    seats = seats_with_all(list(latest))
    known: dict[int, dict[str, Any]] = {}
    found = []
    for enrolment_id, row in latest.items():
        seat = seats[enrolment_id]
        made: TrainingClass = seat.training_class
        if made.id not in known:
            known[made.id] = class_facts(made, seat.option)
        confirmation = row.kind == CertificateKind.CONFIRMATION
        original = row.reissue_of or row.replaces
        found.append(
            Subject(
                title=f"{row.holder} · {made.code}",
                facts={
                    "ten_loai": "GIẤY XÁC NHẬN" if confirmation else "CHỨNG CHỈ",
                    "lop": {**known[made.id], "khoa": row.course},
                    "hoc_vien": {**person_facts(seat.employee), **_printed(row)},
                    "xep_loai": _named(row.classification),
                    "so_hieu": row.full_number,
                    "so_vao_so": str(row.number),
                    "thay_cho": (
                        f"(Thay cho chứng chỉ số {original.full_number} cấp ngày {short(original.issued_on)})"
                        if original
                        else ""
                    ),
                },
                plan_id=seat.plan_id,
                class_id=made.id,
                enrolment_id=seat.id,
                employee_id=seat.employee_id,
                host_id=made.host_id,
                symbol=row.full_number,
                issued_on=row.issued_on,
                signer=row.signer_row,
                signature=row.signature,
                names=f"{seat.employee.code} {row.holder} {seat.employee.unit.name}",
            )
        )
    return found


@gathers(Paper.CERTIFICATE)
def _certificate(enrolment_id: int) -> Subject:
    found = certificate_subjects([enrolment_id])
    if not found:
        raise Refused(_("No certificate has been issued to this person."))
    return found[0]
