"""A run by unit: the page that is defended before the units, and that each of them reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook

from tests.conftest import People, Province, login, make_user
from tests.planning.conftest import Planned
from tests.test_query_counts import counted
from training.completions.models import Completion
from training.core.access import ALL, Role, Scope
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.courses.models import Course
from training.enrolments.publishing import publish
from training.exports.producers import PRODUCERS
from training.gaps import reports
from training.needs.models import Need
from training.people.models import Employee, Unit
from training.planning import jobs
from training.planning.by_unit import figures
from training.planning.by_unit.figures import by_unit
from training.planning.models import OptimizerRun, Plan, PlanState, RunPerson
from training.planning.operations import save_plan
from training.standards.levels import RequirementKind
from training.standards.models import Requirement, Standard

Optimise = Callable[[Plan], OptimizerRun]


@pytest.fixture
def run(province: Province, planned: Planned, optimise: Optimise) -> OptimizerRun:
    """Money for the basic class alone; the position of both people requires its course.

    Hồng Gai has 1 of 2 needs met, below the floor of 60 %; Cẩm Phả has its only one.
    """
    with operation(SYSTEM, "test.change") as session:
        province.fund.amount = 11_000_000
        older = Course(code="CU", name="Khóa cũ", kind="theme", days=1)
        asked = [Requirement(number=1, kind=RequirementKind.COURSE, courses=[province.basic])]
        first = date(2020, 1, 1)
        session.add(
            Standard(
                code="TC", name="Chuyên môn", valid_from=first, requirements=asked, position=province.position
            )
        )
        session.add_all(Completion(employee=who, course=older, completed_on=first) for who in
                        (province.chi, province.dung))  # fmt: skip
    db.session.commit()
    made = optimise(planned.plan)
    jobs.unit_standards(run_id=made.id)
    return made


def published(run: OptimizerRun, people: People) -> OptimizerRun:
    publish.publish(run, actor=people.an)
    db.session.commit()
    return run


def rows_of(page: str) -> dict[str, list[str]]:
    """Name of the unit or person → the texts of its row in the list."""
    found = {}
    page = re.sub(r'<div class="[^"]*d-lg-none">.*?</div>', "", page, flags=re.S)  # for telephones
    for row in re.findall(r"<tr>(.*?)</tr>", page.rpartition("<tbody>")[2], re.S):
        cells = [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split())
                 for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]  # fmt: skip
        found[cells[0]] = cells[1:]
    return found


def test_every_unit_has_what_it_asked_for_and_got(client: FlaskClient, people: People, run: OptimizerRun) -> None:
    login(client, people.an)
    rows = rows_of(client.get(f"/runs/{run.id}/units").text)
    assert list(rows) == ["UBND tỉnh", "Phường Cẩm Phả", "Phường Hồng Gai"]  # the tree, siblings by name
    needs, met, share, floor, against, meets, after = rows["UBND tỉnh"]
    assert (needs, met, share, floor) == ("3", "2", "66,7 %", "đơn vị trực thuộc dưới sàn: 1")
    assert against == "Các lớp của chương trình không mở : 1"
    assert (meets, after) == ("0 / 2", "2 / 2 (+2)")
    needs, met, share, floor, against, meets, after = rows["Phường Hồng Gai"]
    assert (needs, met, share) == ("2", "1", "50,0 %")
    assert floor == "dưới sàn: thiếu 1 50,0 %, mức sàn 60 %"
    assert (meets, after) == ("0 / 1", "1 / 1 (+1)")
    assert rows["Phường Cẩm Phả"][3:5] == ["đạt: 100,0 %", ""]


def test_units_below_their_floor_are_a_link_on_the_result(
    client: FlaskClient, people: People, run: OptimizerRun
) -> None:
    login(client, people.an)
    result = client.get(f"/runs/{run.id}").text
    link = re.search(r'href="([^"]+floor=below)">(\d+)<', result)
    assert link is not None
    rows = rows_of(client.get(unescape(link[1])).text)
    assert (list(rows), link[2]) == (["Phường Hồng Gai"], "1")
    assert figures.below_floor(run) == (run.summary["units_short"], run.summary["needs_short"]) == (1, 1)


def test_units_are_searched_without_marks_and_sorted(
    client: FlaskClient, people: People, run: OptimizerRun
) -> None:
    login(client, people.an)
    page = f"/runs/{run.id}/units"
    assert list(rows_of(client.get(f"{page}?q=hong+gai").text)) == ["Phường Hồng Gai"]
    assert list(rows_of(client.get(f"{page}?q=XA2").text)) == ["Phường Cẩm Phả"]
    ascending = ["Phường Hồng Gai", "UBND tỉnh", "Phường Cẩm Phả"]
    assert list(rows_of(client.get(f"{page}?sort=share").text)) == ascending
    assert list(rows_of(client.get(f"{page}?sort=-share").text)) == ascending[::-1]


def test_a_unit_leads_to_its_names_with_their_reasons(
    client: FlaskClient, people: People, province: Province, run: OptimizerRun
) -> None:
    login(client, people.an)
    unit = f"/runs/{run.id}/units/{province.commune_x.id}"
    page = client.get(unit).text
    assert "1 trên 2 nhu cầu của chính đơn vị được xếp (50,0\u00a0%)" in page
    assert "Lê Văn Dũng" not in page
    met = client.get(f"{unit}?outcome=seat").text
    assert rows_of(met)["Trần Thị Chi"][-1] == "Đã xếp vào lớp L001."
    unmet = rows_of(client.get(f"{unit}?outcome=none").text)["Trần Thị Chi"]
    assert province.advanced.name in unmet
    assert "không lớp nào được mở" in unmet[-1]
    whole = client.get(f"/runs/{run.id}/units/{province.province.id}").text  # with the units below it
    assert {"Trần Thị Chi", "Lê Văn Dũng"} == set(rows_of(whole))


def test_every_number_of_the_list_leads_to_its_names(
    client: FlaskClient, people: People, province: Province, run: OptimizerRun
) -> None:
    published(run, people)
    login(client, people.an)
    page = client.get(f"/runs/{run.id}/units").text
    row = next(row for row in re.findall(r"<tr>(.*?)</tr>", page, re.S) if "Phường Hồng Gai" in row)
    links = {unescape(at): " ".join(text.split()) for at, text in re.findall(r'href="([^"]+)">([^<]+)<', row)}
    unit = f"/runs/{run.id}/units/{province.commune_x.id}"
    assert links[f"{unit}?outcome=seat"] == links[f"{unit}?outcome=now"] == "1"
    for address, text in links.items():
        assert "Trần Thị Chi" in rows_of(client.get(address).text) or text == "0 / 1", address
    people_of_unit = f"/runs/{run.id}/people?unit={province.commune_x.id}"
    assert links[f"{people_of_unit}&after=meets"] == "1 / 1 (+1)"
    assert rows_of(client.get(f"{people_of_unit}&before=lacks&after=meets").text)["Trần Thị Chi"][-2:] == [
        "Chưa đạt tiêu chuẩn", "Đạt tiêu chuẩn",
    ]  # fmt: skip
    assert "Trần Thị Chi" not in client.get(f"{people_of_unit}&before=meets").text
    login(client, people.binh)
    assert list(rows_of(client.get(f"/runs/{run.id}/people").text)) == ["Trần Thị Chi"]


def test_draft_is_read_by_planners_and_by_the_leader_of_the_province(
    client: FlaskClient, people: People, province: Province, run: OptimizerRun
) -> None:
    with operation(SYSTEM, "test.leader"):
        leader = make_user("lanhdao", "Lãnh đạo tỉnh", Role.LEADER)
    db.session.commit()
    addresses = ("units", f"units/{province.commune_x.id}", "units.xlsx", "people")
    login(client, leader)
    page = client.get(f"/runs/{run.id}/units").text
    assert "UBND tỉnh" in rows_of(page)
    assert f'href="/runs/{run.id}"' not in page  # the result itself is the planner's
    for address in addresses:
        assert client.get(f"/runs/{run.id}/{address}").status_code == 200
    of_units_or_money = (people.binh, people.giang, people.ha, people.khanh)  # officer, appraiser, head, finance
    for user in of_units_or_money:
        login(client, user)
        for address in addresses:
            assert client.get(f"/runs/{run.id}/{address}").status_code == 404
        with pytest.raises(Refused):
            PRODUCERS["planning.units"].make({"run": run.id}, user, lambda _done, _all: None)


def test_a_plan_that_was_replaced_is_no_longer_read_by_units(
    client: FlaskClient, people: People, run: OptimizerRun
) -> None:
    published(run, people)
    login(client, people.binh)
    assert client.get(f"/runs/{run.id}/units").status_code == 200
    with operation(SYSTEM, "test.replaced"):
        run.plan.state = PlanState.REPLACED
    db.session.commit()
    assert client.get(f"/runs/{run.id}/units").status_code == 404
    login(client, people.an)
    assert client.get(f"/runs/{run.id}/units").status_code == 200


def test_heads_and_officers_read_their_subtree_once_it_is_in_force(
    client: FlaskClient, people: People, province: Province, run: OptimizerRun
) -> None:
    published(run, people)
    for user in (people.binh, people.ha):
        login(client, user)
        page = client.get("/plans/in-force/units", follow_redirects=True)
        assert page.request.path == f"/runs/{run.id}/units"
        assert list(rows_of(page.text)) == ["Phường Hồng Gai"]
        assert "trên 2 lượt đăng ký" in page.text
        assert client.get(f"/runs/{run.id}/units/{province.commune_y.id}").status_code == 404
        assert client.get(f"/runs/{run.id}/units/{province.province.id}").status_code == 404
        book = load_workbook(BytesIO(client.get(f"/runs/{run.id}/units.xlsx").data))
        assert [row[2].value for row in book["Được xếp"].iter_rows(min_row=2)] == ["Trần Thị Chi"]
        text = " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
        assert "Dũng" not in text
        assert "Cẩm Phả" not in text


def test_a_plan_in_force_says_how_many_have_their_seat_today(
    client: FlaskClient, people: People, province: Province, run: OptimizerRun
) -> None:
    login(client, people.an)
    assert "Chưa có kế hoạch nào có hiệu lực" in client.get("/plans/in-force/units").text
    assert by_unit(run).total.in_force is None
    published(run, people)
    assert {line.name: line.whole.in_force for line in by_unit(run).lines} == {
        "UBND tỉnh": 2, "Phường Hồng Gai": 1, "Phường Cẩm Phả": 1,
    }  # fmt: skip
    assert "Hiện có chỗ học" in client.get(f"/runs/{run.id}/units").text


def test_workbook_and_page_have_the_same_figures(client: FlaskClient, people: People, run: OptimizerRun) -> None:
    login(client, people.an)
    rows = rows_of(client.get(f"/runs/{run.id}/units").text)
    book = load_workbook(BytesIO(client.get(f"/runs/{run.id}/units.xlsx").data))
    lines: dict[Any, list[Any]] = {
        row[2].value: [cell.value for cell in row] for row in book["Theo đơn vị"].iter_rows(min_row=2)
    }
    for name, (needs, met, _share, _floor, _against, meets, after) in rows.items():
        line = lines[name]
        assert [str(value) for value in line[9:11]] == [needs, met]
        assert f"{line[17]} / {line[18]}" == meets
        assert after.startswith(f"{line[19]} / {line[20]} ")
    assert lines["Tổng cộng"][4:6] == [3, 2]
    assert sum(line[8] for name, line in lines.items() if name != "Tổng cộng") == lines["Tổng cộng"][8] == 1
    assert [[cell.value for cell in row] for row in book["Lý do"].iter_rows()][-1][1:] == ["Tổng cộng", 1, 1]
    assert [row[2].value for row in book["Chưa xếp"].iter_rows(min_row=2)] == ["Trần Thị Chi"]


def test_a_large_workbook_is_made_by_the_worker(
    client: FlaskClient, people: People, run: OptimizerRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.planning.views.downloads._LARGE", 1)
    login(client, people.an)
    assert client.get(f"/runs/{run.id}/units.xlsx").mimetype == "text/html"
    assert "/downloads/" in client.post(f"/runs/{run.id}/units.xlsx").headers["Location"]
    name, content = PRODUCERS["planning.units"].make({"run": run.id}, people.an, lambda _done, _all: None)
    assert name == f"theo-don-vi-KH1-{run.id}.xlsx"
    assert load_workbook(BytesIO(content))["Theo đơn vị"].max_row == 5


def test_sums_are_those_of_the_result(run: OptimizerRun) -> None:
    total, summary = by_unit(run).total, run.summary
    assert (total.needs, total.met) == (summary["needs"], summary["seats"])
    assert (total.people, total.people_met) == (summary["people"], summary["people_seated"])
    assert {code: {"needs": count, "people": total.unmet_people[code]} for code, count in total.unmet.items()} == (
        summary["unmet"]
    )


def test_who_moves_afterwards_still_counts_where_the_floor_counted_them(
    client: FlaskClient, people: People, province: Province, run: OptimizerRun
) -> None:
    before = {line.name: (line.own.needs, line.own.met, line.short) for line in by_unit(run).lines}
    with operation(SYSTEM, "test.move"):
        province.chi.unit = province.commune_y
    db.session.commit()
    assert {line.name: (line.own.needs, line.own.met, line.short) for line in by_unit(run).lines} == before
    login(client, people.an)
    assert "Trần Thị Chi" in rows_of(client.get(f"/runs/{run.id}/units/{province.commune_x.id}").text)
    assert "Trần Thị Chi" not in rows_of(client.get(f"/runs/{run.id}/units/{province.commune_y.id}").text)


def test_standards_after_the_plan_are_what_the_gaps_say_once_it_is_in_force(
    people: People, province: Province, run: OptimizerRun
) -> None:
    published(run, people)
    found = by_unit(run).days
    assert found == (today(), date(province.year, 12, 31))
    day = found[1]
    gaps = {
        share.key: (share.people, share.meets, share.lacks)
        for share in reports.report(day, "unit", sa.true(), seated=True).groups
    }
    kept = {line.id: (line.own.staff, line.own.meets_after, line.own.lacks_after) for line in by_unit(run).lines}
    assert {unit_id: kept[unit_id] for unit_id in gaps} == gaps
    assert gaps == {province.commune_x.id: (1, 1, 0), province.commune_y.id: (1, 1, 0)}


def test_floor_is_that_of_the_run_although_the_policy_changes(
    client: FlaskClient, people: People, run: OptimizerRun
) -> None:
    save_plan({"floor_percent": 100}, actor=people.an, row=run.plan)
    db.session.commit()
    assert by_unit(run).floor == 60
    assert figures.below_floor(run) == (1, 1)


def test_what_is_not_counted_says_so_and_is_counted_when_asked_for(
    client: FlaskClient, people: People, run: OptimizerRun
) -> None:
    db.session.execute(sa.delete(RunPerson))
    with operation(SYSTEM, "test.older"):
        run.standards_on = run.standards_after = None
        run.summary = {key: value for key, value in run.summary.items() if key != "floor_percent"}
    db.session.commit()
    login(client, people.an)
    page = client.get(f"/runs/{run.id}/units").text
    assert "Chưa tính số người đạt tiêu chuẩn" in page
    assert rows_of(page)["Phường Hồng Gai"][-2:] == ["–", "–"]
    asked = client.post(f"/runs/{run.id}/units/count", follow_redirects=True)
    assert "Đang tính số liệu về tiêu chuẩn" in asked.text
    waiting = sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = 'planning.unit_standards'")
    assert {"run_id": run.id} in list(db.session.scalars(waiting))
    jobs.unit_standards(run_id=run.id)
    assert rows_of(client.get(f"/runs/{run.id}/units").text)["Phường Hồng Gai"][-2:] == ["0 / 1", "1 / 1 (+1)"]
    published(run, people)
    login(client, people.khanh)
    assert "Tính lại" not in client.get(f"/runs/{run.id}/units").text


def test_a_dozen_statements_however_many_units(
    client: FlaskClient, people: People, province: Province, planned: Planned, optimise: Optimise
) -> None:
    with operation(SYSTEM, "test.many") as session:
        for n in range(250):
            unit = Unit(code=f"DV{n}", name=f"Đơn vị {n}", parent=province.commune_y, place=province.place_y)
            person = Employee(code=f"P{n:03}", name=f"Ngô Văn {n}", unit=unit, position=province.position)
            session.add(Need(round=province.round, employee=person, course=province.basic, priority=3))
    db.session.commit()
    run = published(optimise(planned.plan), people)
    jobs.unit_standards(run_id=run.id)
    login(client, people.an)
    for address in ("units", f"units/{province.province.id}", "people"):
        client.get(f"/runs/{run.id}/{address}")  # first use fills caches of the libraries
        with counted() as statements:
            answer = client.get(f"/runs/{run.id}/{address}")
        assert answer.status_code == 200
        assert len(statements) <= 12, statements
    assert run.plan.state == "published"  # read beforehand
    with counted() as statements:
        found = by_unit(run)
    assert len(statements) == 4
    assert (len(found.lines), found.total.needs) == (253, 253)
    (top,) = (line for line in found.lines if line.depth == 0)
    assert (top.whole.needs, top.whole.met, top.below) == (253, found.total.met, 252)
    assert top.units_short == len(found.below_floor) == run.summary["units_short"]
    assert by_unit(run, ALL).needs_short == run.summary["needs_short"]
    mine = by_unit(run, Scope(unit_ids=frozenset({province.commune_x.id})))
    assert [line.name for line in mine.lines] == ["Phường Hồng Gai"]
