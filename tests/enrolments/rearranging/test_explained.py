"""From an explanation to the door of seats: what the planner's button does is what the explanation says."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.enrolments.conftest import Published
from training.classes.models import TrainingClass
from training.core.audit import SYSTEM, operation
from training.core.chunked_jobs import WorkState
from training.core.db import db
from training.enrolments.rearranging import manual
from training.planning.models import RunExplanation
from training.planning.snapshot import need_name


def _need(published: Published, name: str) -> str:
    code, course = name.split("/")
    return need_name(published.wants[name].id, code, course)


def _explained(published: Published, name: str, **change: Any) -> str:
    """Keep an explanation of one change; return the address of its page."""
    whole = {"kind": "size", "points": 100, "own": 100, "rest": 0, **change}
    row = RunExplanation(
        run_id=published.plan.published_run_id,
        need_id=published.wants[name].id,
        state=WorkState.READY,
        findings={"changes": [whole]},
    )
    with operation(SYSTEM, "test.explanation") as session:
        session.add(row)
    db.session.commit()
    return f"/seats/{published.wants[name].id}/explanation"


def _chain(published: Published) -> dict[str, Any]:
    """NV001 moves from L001 to L003, where a seat is free, and NV005 takes the seat in L001."""
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
    db.session.commit()
    move = {"need": _need(published, "NV001/CV"), "before": "L001-a", "after": "L003-a"}
    return {"kind": "chain", "option": "L001-a", "moves": [move]}


def test_a_planner_moves_the_others_from_the_page(
    client: FlaskClient, published: Published, people: People
) -> None:
    page = _explained(published, "NV005/CV", **_chain(published))
    login(client, people.an)
    said = client.get(page).text
    action = re.search(r'action="(/needs/\d+/chain)"', said)
    into, moves = re.search(r'name="into" value="(\d+)"', said), re.search(r'name="moves" value="([^"]+)"', said)
    assert action is not None
    assert into is not None
    assert moves is not None
    client.post(action[1], data={"into": into[1], "moves": moves[1]})
    seats = published.seats()
    assert (seats["NV001/CV"], seats["NV005/CV"]) == ("L003", "L001")
    assert len(seats) == 7, "nobody lost a seat"
    assert "/chain" not in client.get(page).text, "there is nothing left to do"


def test_no_button_where_a_seat_has_changed_since(
    client: FlaskClient, published: Published, people: People
) -> None:
    page = _explained(published, "NV005/CV", **_chain(published))
    manual.take_back(published.seat("NV001/CV"), reason="nghỉ ốm", actor=people.an)
    db.session.commit()
    login(client, people.an)
    assert "/chain" not in client.get(page).text


@pytest.mark.parametrize("who", ["binh", "giang"])
def test_whoever_does_not_plan_has_no_button(
    client: FlaskClient, published: Published, people: People, who: str
) -> None:
    page = _explained(published, "NV005/CV", **_chain(published))
    login(client, getattr(people, who))
    said = client.get(page)
    assert said.status_code == 200
    assert "/chain" not in said.text
    assert "NV001" not in said.text


def test_a_limit_that_may_be_passed_with_a_ground_leads_to_the_class(
    client: FlaskClient, published: Published, people: People
) -> None:
    quota = {"rule": "quota", "where": "L001", "amount": 1, "before": 2, "after": 3, "other": "0"}
    page = _explained(published, "NV005/CV", kind="quota", option="L001-a", amendments=[quota])
    login(client, people.an)
    said = client.get(page).text
    assert f'href="/classes/{published.first.id}/edit"' in said
    link = re.search(r'href="(/needs/\d+/place[^"#]*)#class-(\d+)"', said)
    assert link is not None
    form = client.get(html.unescape(link[1])).text
    assert f'<tr id="class-{published.first.id}" class="table-primary">' in form
    assert link[2] == str(published.first.id)


def test_a_full_class_is_not_passed_with_a_ground(
    client: FlaskClient, published: Published, people: People
) -> None:
    size = {"rule": "size", "where": "L001", "amount": 1, "before": 2, "after": 3}
    page = _explained(published, "NV005/CV", option="L001-a", amendments=[size])
    login(client, people.an)
    said = client.get(page).text
    made: TrainingClass = published.first
    assert f'href="/classes/{made.id}/edit"' in said
    assert "#class-" not in said
