"""A figure has one source: wherever it stands, it agrees to the unit and to the đồng."""

from __future__ import annotations

from datetime import date

from tests.figures.comparison import LUOT, NGUOI, Browse, Comparison, compare, own_data_seats, papers_of_class
from tests.figures.conftest import Rich
from training.completions.models import Completion
from training.core.access import Role
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.people.models import Employee
from training.planning import jobs
from training.standards.levels import RequirementKind
from training.standards.models import Requirement, Standard


def _all(rich: Rich, browse: Browse) -> Comparison:
    _standard_of_everybody(rich)
    found = compare(rich.plan, browse)
    found.say(LUOT, "everybody's own data", own_data_seats(rich.year))
    for code, made in rich.classes.items():
        if made.runs:
            papers_of_class(found, rich.opened(code))
    return found


def _standard_of_everybody(rich: Rich) -> None:
    """The position of all requires the basic course; one has it, and of everybody it is known what they have."""
    first, crowd = date(2020, 1, 1), rich.people
    basic, theory = rich.classes["L001"].course, rich.classes["L006"].course
    with operation(SYSTEM, "test.standard") as session:
        done = Employee(code="Q01", name="Lê Thị Xong", unit=crowd[0].unit, position=crowd[0].position)
        asked = [Requirement(number=1, kind=RequirementKind.COURSE, courses=[basic])]
        session.add(
            Standard(code="TC", name="TC", valid_from=first, requirements=asked, position=crowd[0].position)
        )
        session.add(Completion(employee=done, course=basic, completed_on=first))
        session.add_all(Completion(employee=who, course=theory, completed_on=first) for who in crowd[:6])
    db.session.commit()
    assert rich.plan.published_run_id is not None
    jobs.unit_standards(run_id=rich.plan.published_run_id)


def test_a_plan_just_published_says_the_same_everywhere(planned_year: Rich, browse: Browse) -> None:
    found = _all(planned_year, browse)
    assert found.wrong == []
    assert found.days > 30
    assert any("result, as planned" in said for said in found.figures.values())
    before, after = (found.figures[f"meet the standard {when} the plan (người)"] for when in ("before", "after"))
    assert set(before.values()) == {1}
    assert {"gaps", "by name", "by unit", "workbook by unit"} == set(before)
    assert len(after) == len(before)
    assert set(after.values()) != {1}


def test_after_a_year_of_changes_everything_still_agrees(rich: Rich, browse: Browse) -> None:
    found = _all(rich, browse)
    assert found.wrong == []
    assert set(found.figures["offers"].values()) == {1}
    seats, people = (next(iter(found.figures[figure].values())) for figure in (LUOT, NGUOI))
    assert seats > people
    planned = next(iter(found.figures["planned seats (lượt)"].values()))
    assert planned != seats, "the result stays as it was planned"
    assert len(found.figures[LUOT]) >= 19
    db.session.rollback()


def test_the_sheet_of_seats_holds_the_readers_people_alone(rich: Rich, browse: Browse) -> None:
    from tests.figures.reading import Sheets, download, page, whole

    client = browse(Role.UNIT_OFFICER)
    book = Sheets(download(client, f"/seats/export.xlsx?round={rich.round.id}"))
    rows = book.table("Chỗ đang có hiệu lực")
    assert {row["Đơn vị"] for row in rows} == {"Phường Hồng Gai"}
    shown = page(client, f"/seats?round={rich.round.id}")
    assert len(rows) == shown.card("Seats given (attendances)") > 0
    assert "Kinh phí (đồng)" not in book.rows("Lớp đang mở")[0]
    card = page(client, "/").table("Plan", "Seats (attendances)", "People with a seat")[0]
    values = [whole(card[name]) for name in list(card)[1:4]]
    assert values == [
        shown.card("Needs (attendances)"), len(rows), shown.note("Seats given (attendances)"),
    ], "the officer's home counts as the page of seats does, after a plan took another's place too"  # fmt: skip
