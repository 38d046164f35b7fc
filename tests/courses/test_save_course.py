"""Saving courses: every fault at once, and no course that would have to come before itself."""

from __future__ import annotations

from datetime import date

import pytest

from tests.conftest import Province
from training.completions.models import Completion
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.courses.models import Course
from training.courses.operations import delete_course, save_course, save_course_equivalence


def _fields(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [fault.field for fault in refused.value.faults]


def _course(code: str, **more: object) -> Course:
    values = {"code": code, "name": f"Khóa {code}", "kind": "theme", "days": 1, **more}
    course = save_course(values, actor=SYSTEM)
    db.session.commit()
    return course


def test_all_faults_are_told_at_once_and_nothing_is_written(province: Province) -> None:
    values = {
        "code": "CV", "name": " ", "kind": "cooking", "days": 0, "default_min_seats": 9, "default_max_seats": 8,
        "prerequisites": [[], [99], [province.basic.id, province.basic.id]],
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        save_course(values, actor=SYSTEM)
    assert sorted(set(_fields(refused))) == ["code", "days", "default_max_seats", "kind", "name", "prerequisites"]
    assert _fields(refused).count("prerequisites") == 3
    db.session.commit()
    assert db.session.query(Course).count() == 2


@pytest.mark.parametrize("sizes", [(0, 1), (30, 30)])
def test_sizes_at_their_edge_are_taken(province: Province, sizes: tuple[int, int]) -> None:
    course = _course("MOI", default_min_seats=sizes[0], default_max_seats=sizes[1], days=1)
    assert (course.default_min_seats, course.default_max_seats) == sizes


def test_new_maximum_is_compared_with_the_usual_minimum(province: Province) -> None:
    """What a new row leaves out takes its default, 30 seats at least."""
    with pytest.raises(Refused) as refused:
        _course("MOI", default_max_seats=29)
    assert _fields(refused) == ["default_max_seats"]


def test_only_what_is_given_changes(province: Province) -> None:
    save_course({"prerequisites": [[province.basic.id]]}, actor=SYSTEM, row=province.advanced)
    db.session.commit()
    save_course({"days": 7}, actor=SYSTEM, row=province.advanced)
    db.session.commit()
    assert province.advanced.prerequisites == [[province.basic.id]]
    assert province.advanced.kind == "state_management"


def test_prerequisites_are_replaced_as_a_whole_but_equal_groups_stay(province: Province) -> None:
    third = _course("KY")
    a, b = province.basic.id, third.id
    save_course({"prerequisites": [[a], [a, b]]}, actor=SYSTEM, row=province.advanced)
    db.session.commit()
    kept = {frozenset(c.id for c in g.alternatives): g.id for g in province.advanced.prerequisite_groups}
    save_course({"prerequisites": [[b, a], [b]]}, actor=SYSTEM, row=province.advanced)
    db.session.commit()
    now = {frozenset(c.id for c in g.alternatives): g.id for g in province.advanced.prerequisite_groups}
    assert set(now) == {frozenset({a, b}), frozenset({b})}
    assert now[frozenset({a, b})] == kept[frozenset({a, b})]


def test_no_course_comes_before_itself(province: Province) -> None:
    with pytest.raises(Refused, match="chính nó"):
        save_course({"prerequisites": [[province.basic.id]]}, actor=SYSTEM, row=province.basic)


def test_longer_cycle_through_any_alternative_is_refused(province: Province) -> None:
    """basic ← advanced ← third; then basic after «third or fourth» closes it, even as one alternative of two."""
    fourth = _course("DOC")
    third = _course("BA", prerequisites=[[province.advanced.id]])
    save_course({"prerequisites": [[province.basic.id]]}, actor=SYSTEM, row=province.advanced)
    db.session.commit()
    with pytest.raises(Refused, match=r"CV ← BA ← CVC ← CV") as refused:
        save_course({"prerequisites": [[fourth.id, third.id]]}, actor=SYSTEM, row=province.basic)
    assert _fields(refused) == ["prerequisites"]
    db.session.rollback()
    save_course({"prerequisites": [[fourth.id]]}, actor=SYSTEM, row=province.basic)
    db.session.commit()
    assert province.basic.prerequisites == [[fourth.id]]


def test_cycle_through_an_equivalence_is_refused_from_both_sides(province: Province) -> None:
    """advanced needs basic; a third course stands in for basic: then the third cannot need advanced."""
    third = _course("BA")
    save_course({"prerequisites": [[province.basic.id]]}, actor=SYSTEM, row=province.advanced)
    save_course_equivalence({"course_id": province.basic.id, "substitute_id": third.id}, actor=SYSTEM)
    db.session.commit()
    with pytest.raises(Refused, match="BA"):
        save_course({"prerequisites": [[province.advanced.id]]}, actor=SYSTEM, row=third)
    db.session.rollback()

    other = _course("TU", prerequisites=[[province.advanced.id]])
    with pytest.raises(Refused, match="TU") as refused:
        save_course_equivalence({"course_id": province.basic.id, "substitute_id": other.id}, actor=SYSTEM)
    assert _fields(refused) == ["substitute_id"]


def test_bulk_sees_its_own_changes(province: Province) -> None:
    """Within one operation the check knows what was saved before, new courses included."""
    with operation(SYSTEM, "test.bulk") as session:
        new = save_course(
            {"code": "N", "name": "N", "kind": "theme", "days": 1, "prerequisites": [[province.basic.id]]},
            actor=SYSTEM,
        )
        session.flush()
        with pytest.raises(Refused, match="CV"):
            save_course({"prerequisites": [[new.id]]}, actor=SYSTEM, row=province.basic)
        # taken away in the same operation, the way is free
        save_course({"prerequisites": []}, actor=SYSTEM, row=new)
        save_course({"prerequisites": [[new.id]]}, actor=SYSTEM, row=province.basic)
    db.session.commit()
    assert province.basic.prerequisites == [[new.id]]


def test_second_course_of_the_same_code_in_one_operation(province: Province) -> None:
    values = {"code": "N", "name": "N", "kind": "theme", "days": 1}
    with operation(SYSTEM, "test.bulk"):
        save_course(values, actor=SYSTEM)
        with pytest.raises(Refused) as refused:
            save_course(values, actor=SYSTEM)
        assert _fields(refused) == ["code"]


def test_course_in_use_is_not_deleted_and_says_why(province: Province) -> None:
    save_course({"prerequisites": [[province.basic.id]]}, actor=SYSTEM, row=province.advanced)
    with operation(SYSTEM, "test.completion") as session:
        session.add(Completion(employee=province.chi, course=province.basic, completed_on=date(2020, 1, 1)))
    db.session.commit()
    with pytest.raises(Refused) as refused:
        delete_course(province.basic, actor=SYSTEM)
    for use in ("kết quả hoàn thành (1)", "điều kiện tiên quyết (1)", "lớp học (1)"):
        assert use in str(refused.value)


def test_course_without_use_goes_with_its_prerequisites(province: Province) -> None:
    third = _course("BA", prerequisites=[[province.basic.id, province.advanced.id]])
    delete_course(third, actor=SYSTEM)
    db.session.commit()
    assert db.session.query(Course).count() == 2
