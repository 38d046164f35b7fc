"""Standards and their versions: what may be saved, and that a change leaves the past as it was."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Province
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.people.models import Position
from training.standards.levels import Level, RequirementKind
from training.standards.models import Competency, Standard, Title
from training.standards.operations import delete_title, save_title
from training.standards.versions import change_standard, delete_standard, save_standard


def values(province: Province, **changes: Any) -> dict[str, Any]:
    return {
        "code": "TC-CM",
        "position_id": province.position.id,
        "valid_from": date(2024, 1, 1),
        "requirements": [{"kind": "course", "course_ids": [province.basic.id]}],
        **changes,
    }


def faults(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {fault.field for fault in refused.value.faults}


def test_a_standard_is_named_after_its_position_and_numbers_its_requirements(province: Province) -> None:
    asked = [
        {"kind": "course", "course_ids": [province.basic.id, province.advanced.id]},
        {"kind": "political_theory", "least_level": Level.THEORY_INTERMEDIATE, "validity_months": 60},
    ]
    made = save_standard(values(province, requirements=asked), actor=SYSTEM)
    db.session.commit()
    assert made.name == "Chuyên môn"
    assert [(r.number, r.kind, r.validity_months) for r in made.requirements] == [
        (1, "course", None),
        (2, "political_theory", 60),
    ]
    assert {course.code for course in made.requirements[0].courses} == {"CV", "CVC"}


@pytest.mark.parametrize(
    ("requirement", "says"),
    [
        ({"kind": "nonsense"}, "chọn loại"),
        ({"kind": "degree"}, "chưa yêu cầu gì"),
        ({"kind": "degree", "least_level": Level.THEORY_ADVANCED}, "loại khác"),
        ({"kind": "competency", "competency_level": 3}, "chọn năng lực"),
        ({"kind": "competency", "competency_id": 1, "competency_level": 6}, "mức 1 đến 5"),
        ({"kind": "degree", "least_level": Level.MASTER, "competency_level": 2}, "mới ghi năng lực"),
        ({"kind": "degree", "least_level": Level.MASTER, "validity_months": 0}, "tháng"),
        ({"kind": "course", "course_ids": [99]}, "không tồn tại"),
    ],
)
def test_a_requirement_that_asks_for_nonsense_is_refused(
    province: Province, requirement: dict[str, Any], says: str
) -> None:
    with operation(SYSTEM, "test"):
        db.session.add(Competency(code="SOAN", name="Soạn thảo"))
    with pytest.raises(Refused) as refused:
        save_standard(values(province, requirements=[requirement]), actor=SYSTEM)
    assert faults(refused) == {"requirements"}
    assert says in str(refused.value)
    db.session.rollback()


def test_a_standard_asks_for_something_of_exactly_one_subject(province: Province) -> None:
    with operation(SYSTEM, "test"):
        title = save_title({"code": "TP", "name": "Trưởng phòng", "kind": "leadership"}, actor=SYSTEM)
    for changes in ({"position_id": None}, {"title_id": title.id}, {"requirements": []}):
        with pytest.raises(Refused):
            save_standard(values(province, **changes), actor=SYSTEM)
        db.session.rollback()


@pytest.mark.parametrize(
    ("first", "last", "allowed"),
    [
        (date(2023, 1, 1), date(2023, 12, 31), True),
        (date(2023, 1, 1), date(2024, 1, 1), False),
        (date(2024, 6, 30), None, False),
        (date(2024, 7, 1), None, True),
    ],
)
def test_versions_of_one_subject_do_not_overlap(
    province: Province, first: date, last: date | None, allowed: bool
) -> None:
    save_standard(values(province, valid_to=date(2024, 6, 30)), actor=SYSTEM)
    other = values(province, code="TC-2", valid_from=first, valid_to=last)
    if allowed:
        save_standard(other, actor=SYSTEM)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Standard)) == 2
    else:
        with pytest.raises(Refused) as refused:
            save_standard(other, actor=SYSTEM)
        assert faults(refused) == {"valid_from"}


def test_the_database_itself_refuses_versions_that_overlap(province: Province) -> None:
    save_standard(values(province), actor=SYSTEM)
    with pytest.raises(sa.exc.IntegrityError), operation(SYSTEM, "test"):
        db.session.add(
            Standard(
                code="X", name="X", position_id=province.position.id, valid_from=date(2025, 1, 1), requirements=[]
            )
        )
    db.session.rollback()


def test_a_change_from_a_day_is_a_new_version_and_the_old_one_stays(province: Province) -> None:
    old = save_standard(values(province, paper="QĐ 1"), actor=SYSTEM)
    new = change_standard(
        old,
        date(2026, 7, 1),
        {"requirements": [{"kind": "degree", "least_level": Level.UNIVERSITY}], "paper": "QĐ 2"},
        actor=SYSTEM,
    )
    db.session.commit()
    db.session.expire_all()
    assert (old.valid_from, old.valid_to) == (date(2024, 1, 1), date(2026, 6, 30))
    assert [r.kind for r in old.requirements] == [RequirementKind.COURSE]
    assert (new.valid_from, new.valid_to, new.code) == (date(2026, 7, 1), None, "TC-CM-20260701")
    assert [r.least_level for r in new.requirements] == [Level.UNIVERSITY]
    assert (old.paper, new.paper) == ("QĐ 1", "QĐ 2")
    again = change_standard(new, date(2027, 1, 1), {}, actor=SYSTEM)
    assert again.code == "TC-CM-20270101"
    assert [r.least_level for r in again.requirements] == [Level.UNIVERSITY]


def test_a_change_outside_of_the_version_is_refused_and_changes_nothing(province: Province) -> None:
    old = save_standard(values(province, valid_to=date(2026, 12, 31)), actor=SYSTEM)
    db.session.commit()
    for day in (date(2024, 1, 1), date(2027, 1, 1)):
        with pytest.raises(Refused) as refused:
            change_standard(old, day, {}, actor=SYSTEM)
        assert faults(refused) == {"changes_from"}
    with pytest.raises(Refused):
        change_standard(old, date(2026, 7, 1), {"requirements": [{"kind": "degree"}]}, actor=SYSTEM)
    db.session.rollback()
    db.session.refresh(old)
    assert old.valid_to == date(2026, 12, 31)


def test_a_corrected_requirement_keeps_its_row(province: Province) -> None:
    made = save_standard(values(province), actor=SYSTEM)
    row_id = made.requirements[0].id
    wanted = {"requirements": [{"number": 1, "kind": "course", "course_ids": [province.advanced.id]}]}
    save_standard(wanted, actor=SYSTEM, row=made)
    db.session.commit()
    assert [(r.id, [c.code for c in r.courses]) for r in made.requirements] == [(row_id, ["CVC"])]


def test_a_version_that_has_begun_is_not_deleted(province: Province) -> None:
    made = save_standard(values(province, valid_from=date(2026, 1, 1)), actor=SYSTEM)
    with pytest.raises(Refused):
        delete_standard(made, actor=SYSTEM, today=date(2026, 1, 1))
    delete_standard(made, actor=SYSTEM, today=date(2025, 12, 31))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Standard)) == 0


def test_a_title_with_a_standard_is_not_deleted(province: Province) -> None:
    title = save_title({"code": "01.003", "name": "Chuyên viên", "kind": "rank"}, actor=SYSTEM)
    save_standard(values(province, position_id=None, title_id=title.id), actor=SYSTEM)
    with pytest.raises(Refused):
        delete_title(title, actor=SYSTEM)
    assert db.session.get(Title, title.id) is not None


def test_many_standards_are_saved_in_one_operation(province: Province) -> None:
    with operation(SYSTEM, "test"):
        positions = [Position(code=f"P{n}", name=f"Vị trí {n}") for n in range(20)]
        db.session.add_all(positions)
        db.session.flush()
        for position in positions:
            wanted = values(province, code=f"TC-{position.code}", position_id=position.id)
            save_standard(wanted, actor=SYSTEM)
        with pytest.raises(Refused):
            save_standard(values(province, code="TC-X", position_id=positions[3].id), actor=SYSTEM)
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Standard)) == 20
