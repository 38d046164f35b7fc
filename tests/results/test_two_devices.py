"""The roll called on two devices: nobody overwrites what they have not seen, and nobody is told «saved» of a mark
that was not taken."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import login
from tests.interleaving import at_once
from tests.results.conftest import Held
from training.core.audit import SystemActor, utcnow
from training.core.db import db
from training.results import queries
from training.results.books import roll_call
from training.results.books.roll_call import Conflict, Mark
from training.results.models import DayPart, MarkKind


def _sent(client: FlaskClient, held: Held, kind: str, **more: Any) -> dict[str, Any]:
    mark = {
        "seat": held.chi.id,
        "half_day": held.half_days[0].key,
        "kind": kind,
        "at": utcnow().isoformat(),
        **more,
    }
    answer = client.post("/roll-call/marks", json={"marks": [mark]}).json
    assert answer is not None
    return {key: value[0] for key, value in answer.items()}


def _kinds(held: Held) -> list[str]:
    return [kind.value for kind in queries.marks(held.opened.class_id).get(held.chi.id, {}).values()]


def test_a_mark_made_without_seeing_the_others_is_told_and_not_taken(client: FlaskClient, held: Held) -> None:
    """Whatever the clocks of the two say: B's is an hour fast, and B's mark arrives last."""
    login(client, held.people.long)
    first = _sent(client, held, "present", seen=0)
    assert (first["told"], first["stands"]["kind"]) == (None, "present")
    late = _sent(client, held, "absent", seen=0, at=(utcnow() + timedelta(hours=1)).isoformat())
    assert "Cao Thế Long (long) đánh dấu “Có mặt”" in late["told"]
    assert "bạn đánh dấu “Vắng”" in late["told"]
    assert late["stands"] == first["stands"]
    assert late["conflicts"]["person"] == "Trần Thị Chi"
    assert _kinds(held) == ["present"]
    # Whoever has seen the other's mark may overwrite it.
    chosen = _sent(client, held, "absent", seen=late["stands"]["version"])
    assert (chosen["told"], chosen["stands"]["kind"]) == (None, "absent")
    assert _kinds(held) == ["absent"]


def test_a_clock_that_is_slow_loses_nothing(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    first = _sent(client, held, "present", seen=0)
    slow = (utcnow() - timedelta(days=400)).isoformat()
    assert _sent(client, held, "late", seen=first["stands"]["version"], at=slow)["told"] is None
    assert _kinds(held) == ["late"]


def test_the_same_mark_of_two_devices_is_no_conflict(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    first = _sent(client, held, "present", seen=0)
    second = _sent(client, held, "present", seen=0)
    assert (second["told"], second["conflicts"], second["stands"]) == (None, None, first["stands"])


def test_all_others_are_those_whom_nobody_has_marked(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    _sent(client, held, "absent", seen=0)
    rest = _sent(client, held, "present", seen=0, rest=True)
    assert (rest["told"], rest["stands"]["kind"]) == (None, "absent")


def test_a_mark_taken_away_meanwhile_is_told(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    first = _sent(client, held, "present", seen=0)
    roll_call.take_marks_away(held.opened, held.chi, ground="Nhầm người", actor=held.people.an)
    db.session.commit()
    answer = _sent(client, held, "absent", seen=first["stands"]["version"])
    assert answer["told"]
    assert answer["stands"]["kind"] is None
    # A version never comes back: what was marked anew is not what the first device saw.
    again = _sent(client, held, "late", seen=0)
    assert again["stands"]["version"] != first["stands"]["version"]
    assert _sent(client, held, "absent", seen=first["stands"]["version"])["told"]


def test_a_page_asks_what_others_marked_meanwhile(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    _sent(client, held, "present", seen=0)
    address = f"/class-books/{held.opened.class_id}/roll-call/marks"
    answer = client.get(address, query_string={"half_day": held.half_days[0].key}).json
    assert answer is not None
    kinds = {one["seat"]: one["kind"] for one in answer["stands"]}
    assert kinds == {seat.id: "present" if seat is held.chi else None for seat in held.seats}
    assert client.get(address, query_string={"half_day": "x"}).status_code == 404


def test_a_form_without_scripts_leaves_what_it_did_not_touch(client: FlaskClient, held: Held) -> None:
    """B's page shows nobody marked. A marks Chi present; B marks Dũng and saves the whole form."""
    login(client, held.people.long)
    address = f"/class-books/{held.opened.class_id}/roll-call?half_day={held.half_days[0].key}"
    shown = {f"was-{seat.id}": "" for seat in held.seats} | {f"version-{seat.id}": "0" for seat in held.seats}
    held.mark(held.chi, held.half_days[0], "present")
    given = {**shown, f"m-{held.chi.id}": "absent", f"m-{held.dung.id}": "late"}
    page = client.post(address, data=given, follow_redirects=True).text
    assert "Trần Thị Chi: Cao Thế Long (long) đánh dấu “Có mặt”" in page
    assert ">Đã lưu" not in page
    assert _kinds(held) == ["present"]
    assert [kind.value for kind in queries.marks(held.opened.class_id)[held.dung.id].values()] == ["late"]
    # A page that showed Chi absent, and whoever sends it leaves that alone.
    shown[f"was-{held.chi.id}"] = "absent"
    untouched = {**shown, f"m-{held.chi.id}": "absent", "rest": "leave"}
    client.post(address, data=untouched)
    assert _kinds(held) == ["present"]


def test_two_devices_in_the_same_instant(app: Flask, held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    seat_id, one = held.chi.id, held.half_days[0]
    user = SystemActor(held.people.long.name, held.people.long.id)
    told: list[str | None] = []
    db.session.rollback()

    def mark(kind: MarkKind) -> None:
        told.extend(
            roll_call.save_marks([Mark(seat_id, one.day, DayPart(one.part), kind, utcnow(), 0)], actor=user)
        )

    ended = at_once(
        app,
        monkeypatch,
        lambda: mark(MarkKind.ABSENT),
        lambda: mark(MarkKind.PRESENT),
        holding=(roll_call, "_insert"),
    )
    assert ended == [None, None]
    assert sorted(isinstance(why, Conflict) for why in told) == [False, True]


def test_two_people_say_when_the_class_is_taught(client: FlaskClient, held: Held) -> None:
    """Each takes another half-day out, on a page that was opened before the other saved."""
    login(client, held.people.long)
    address = f"/class-books/{held.opened.class_id}/days"
    keys = [one.key for one in held.half_days]
    was = ["", *keys]
    client.post(address, data={"was": was, "held": keys[1:]})
    client.post(address, data={"was": was, "held": keys[:-1]})
    db.session.expire_all()
    assert [one.key for one in held.half_days] == keys[1:-1]
