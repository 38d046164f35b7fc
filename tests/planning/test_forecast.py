"""Will it reach 100 %: what is forecast before publishing is what the gaps say once everybody has passed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.planning.conftest import Planned
from tests.planning.test_by_unit import rows_of
from training.completions.models import Completion
from training.core.access import ALL, Scope
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.courses.models import Course
from training.enrolments.models import Enrolment
from training.enrolments.publishing import publish
from training.gaps.queries import states
from training.gaps.rules import Horizon
from training.people.models import Employee
from training.planning import jobs
from training.planning.by_unit import forecast
from training.planning.models import OptimizerRun, Plan, RunPerson, RunRequirement
from training.standards.levels import RequirementKind
from training.standards.models import Requirement, Standard

Optimise = Callable[[Plan], OptimizerRun]


@pytest.fixture
def run(province: Province, planned: Planned, optimise: Optimise) -> OptimizerRun:
    """The fund pays for the basic class alone. The position requires both courses, and one that nobody asked for.

    Before the plan Chi and Dũng lack all three, Em has everything; of Phúc nothing is known.
    """
    first = date(2020, 1, 1)
    with operation(SYSTEM, "test.change") as session:
        province.fund.amount = 11_000_000
        older = Course(code="CU", name="Khóa cũ", kind="theme", days=1)
        third = Course(code="BA", name="Khóa thứ ba", kind="theme", days=1)
        courses = (province.basic, province.advanced, third)
        session.add(
            Standard(
                code="TC", name="Chuyên môn", valid_from=first, position=province.position,
                requirements=[
                    Requirement(number=n, kind=RequirementKind.COURSE, courses=[course])
                    for n, course in enumerate(courses, start=1)
                ],
            )
        )  # fmt: skip
        em, phuc = (
            Employee(code=code, name=name, unit=province.commune_x, position=province.position)
            for code, name in (("E1", "Lê Văn Em"), ("P1", "Lê Thị Phúc"))
        )
        session.add_all(Completion(employee=em, course=course, completed_on=first) for course in courses)
        session.add_all(Completion(employee=who, course=older, completed_on=first)
                        for who in (province.chi, province.dung))  # fmt: skip
        session.add(phuc)
    db.session.commit()
    made = optimise(planned.plan)
    jobs.unit_standards(run_id=made.id)
    return made


def forecast_states(run: OptimizerRun) -> dict[tuple[int, int], str]:
    rows = db.session.scalars(sa.select(RunRequirement).where(RunRequirement.run_id == run.id))
    return {(row.employee_id, row.requirement_id): row.state_after for row in rows if row.state_after}


def test_forecast_is_what_the_gaps_say_once_everybody_has_passed(
    client: FlaskClient, people: People, run: OptimizerRun
) -> None:
    foreseen = forecast_states(run)
    standings = {
        row.employee_id: row.standing_after
        for row in db.session.scalars(sa.select(RunPerson).where(RunPerson.run_id == run.id))
    }
    publish.publish(run, actor=people.an)
    with operation(SYSTEM, "test.pass") as session:
        for seat in session.scalars(sa.select(Enrolment)):
            last = max(one.last for one in seat.option.sessions)
            session.add(Completion(employee=seat.employee, course=seat.need.course, completed_on=last))
    db.session.commit()
    assert run.standards_after is not None
    table = states(run.standards_after)
    found = {(gap.employee_id, gap.asked.id): str(gap.state) for gap in table if gap.horizon is Horizon.CURRENT}
    assert foreseen == found
    assert len(found) == 12
    assert standings == {employee_id: str(standing) for employee_id, standing in table.standings().items()}
    login(client, people.an)
    gaps = client.get(f"/gaps?by=position&day={run.standards_after:%d/%m/%Y}").text
    total = forecast.total(run, ALL)
    assert f"{total.meets_after} trên {total.meets_after + total.lacks_after} người" in gaps


def test_each_group_counts_people_now_and_after_and_what_binds(run: OptimizerRun) -> None:
    total = forecast.total(run, ALL)
    assert (total.people, total.meets, total.meets_after, total.lacks_after, total.unknown) == (4, 1, 1, 2, 1)
    lines = {line.name: line for line in forecast.by(run, ALL, forecast.REQUIREMENT)}
    assert [(line.meets, line.meets_after, line.lacks_after, dict(line.reasons)) for line in lines.values()] == [
        (1, 3, 0, {}),
        (1, 1, 2, {"not-run": 1, "unregistered": 1}),
        (1, 1, 2, {"unregistered": 2}),
    ]
    units = {line.name: (line.people, line.lacks_after) for line in forecast.by(run, ALL, forecast.UNIT)}
    assert units == {"Phường Hồng Gai": (3, 1), "Phường Cẩm Phả": (1, 1)}
    (position,) = forecast.by(run, ALL, forecast.POSITION)
    assert (position.people, dict(position.reasons)) == (4, {"unregistered": 2, "not-run": 1})


def test_what_binds_is_named_with_the_cheapest_remedy(
    client: FlaskClient, people: People, province: Province, run: OptimizerRun
) -> None:
    found = {reason.code: reason for reason in forecast.reasons(run, ALL)}
    assert {code: (one.people, one.alone) for code, one in found.items()} == {
        "unregistered": (2, 0), "not-run": (1, 0),
    }  # fmt: skip
    (remedy,) = found["not-run"].remedies
    made = province.class_advanced
    assert remedy.training_class is made
    assert remedy.cost == made.cost(max(1, made.min_seats))
    login(client, people.an)
    page = client.get(f"/runs/{run.id}/forecast").text
    assert f"Mở lớp {made.code}: " in page
    assert f'href="/runs/{run.id}/forecast"' in client.get(f"/runs/{run.id}").text


def test_every_number_leads_to_its_people(client: FlaskClient, people: People, run: OptimizerRun) -> None:
    login(client, people.an)
    for group in forecast.GROUPS:
        page = client.get(f"/runs/{run.id}/forecast?by={group}").text
        links = re.findall(r'href="([^"]*/people\?[^"]+)">([^<]+)</a>(?:: (\d+))?', page)
        assert len(links) > 4
        for address, text, after in links:
            count = int(after or text.split()[0])
            assert len(rows_of(client.get(unescape(address)).text)) == count, address


def test_units_see_their_own_people_once_it_is_in_force(
    client: FlaskClient, people: People, province: Province, run: OptimizerRun
) -> None:
    login(client, people.binh)
    assert client.get(f"/runs/{run.id}/forecast").status_code == 404
    mine = Scope(unit_ids=frozenset({province.commune_x.id}))
    assert forecast.total(run, mine).people == 3
    publish.publish(run, actor=people.an)
    db.session.commit()
    page = client.get(f"/runs/{run.id}/forecast?by=unit").text
    assert "Phường Hồng Gai" in page
    assert "Phường Cẩm Phả" not in page
