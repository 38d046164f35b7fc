"""A single button with a question: what is sent without its confirmation gets the question and is not done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import nodes

from tests.conftest import People, Province, login
from tests.test_access import _SIGNED_IN
from training.core.access import roles_of
from training.core.audit import AuditEntry
from training.core.db import db
from training.web.confirming import is_asking

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
# Templates whose form with questions sends to the address of its page.
OF_PAGES = {
    "enrolments/seat_request.html": "enrolments.seat_request",
    "messages/correction.html": "messages.correction",
}

_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
_ACTION = re.compile(r"""action="\{\{ url_for\(['"]([\w.]+)['"]""")


def _texts(node: nodes.Node) -> list[str]:
    """The constant parts of an endpoint, such as «.», «_delete» of '.' ~ catalogue.key ~ '_delete'."""
    return [str(one.value) for one in ([node] if isinstance(node, nodes.Const) else node.find_all(nodes.Const))]


def _asking(app: Flask) -> Iterator[tuple[str, list[str]]]:
    """(template, parts of the endpoint) of every button with a question."""
    for path in sorted(TEMPLATES.rglob("*.html")):
        name, source = str(path.relative_to(TEMPLATES)), path.read_text()
        if name in {"_form.html", "question_simple.html"}:
            continue
        tree = app.jinja_env.parse(source)
        own = {call: macro for macro in tree.find_all(nodes.Macro) for call in macro.find_all(nodes.Call)}
        for call in tree.find_all(nodes.Call):
            if not (isinstance(call.node, nodes.Name) and call.node.name == "post_button"):
                continue
            if len(call.args) > 3 or any(one.key == "confirm" for one in call.kwargs):
                address = call.args[0]
                assert isinstance(address, nodes.Call), name
                if isinstance(address.args[0], nodes.Name):  # a button of the template's own, by its endpoint
                    used = [
                        one for one in tree.find_all(nodes.Call) if getattr(one.node, "name", "") == own[call].name
                    ]
                    assert used, name
                    yield from ((name, _texts(one.args[0])) for one in used)
                else:
                    yield name, _texts(address.args[0])
        for form in _FORM.findall(source):
            if 'name="question' in form or "questions(" in form:
                action = _ACTION.search(form)
                yield name, [action[1] if action else OF_PAGES[name]]


def test_every_button_with_a_question_leads_to_a_view_that_asks(app: Flask) -> None:
    found = list(_asking(app))
    assert len(found) > 20
    acts = []
    with app.app_context():
        for name, parts in found:
            endpoints = [parts[0]] if parts[0] in app.view_functions else [
                one for one in app.view_functions if all(part in one for part in parts) and one.endswith(parts[-1])
            ]  # fmt: skip
            if len(parts) > 1:  # of declared pages
                endpoints = [one for one in endpoints if app.view_functions[one].__name__ == "delete_row"]
            assert endpoints, (name, parts)
            acts += [f"{name}: {one}" for one in endpoints if not is_asking(one)]
    assert not acts


def test_nothing_sent_without_a_confirmation_acts(
    app: Flask, client: FlaskClient, province: Province, people: People
) -> None:
    """Every view that asks, by a request that no page of ours sends: the question, and nothing is written."""
    with app.test_request_context():
        adapter = app.create_url_adapter(None)
        assert adapter is not None
        rules = [
            (rule, adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), force_external=False))
            for rule in app.url_map.iter_rules()
            if "POST" in (rule.methods or ()) and is_asking(rule.endpoint)
        ]
    assert len(rules) > 40
    before = db.session.scalar(sa.select(sa.func.count(AuditEntry.id)))
    wrong = []
    signed_in = None
    for rule, address in sorted(rules, key=lambda one: sorted(roles_of_rule(app, one[0].endpoint))):
        who = _SIGNED_IN[sorted(roles_of_rule(app, rule.endpoint))[0]]  # type: ignore[index]  # roles are strings
        if who != signed_in:
            login(client, getattr(people, who))
            signed_in = who
            before = db.session.scalar(sa.select(sa.func.count(AuditEntry.id)))
        response = client.post(address)
        if response.status_code != 200 or 'name="confirmed"' not in response.text:
            wrong.append(f"{rule.endpoint}: {response.status_code}")
    db.session.expire_all()
    assert not wrong
    assert db.session.scalar(sa.select(sa.func.count(AuditEntry.id))) == before


def roles_of_rule(app: Flask, endpoint: str) -> set[str]:
    with app.app_context():
        return set(roles_of(endpoint) or ())


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_round_is_closed_when_it_was_confirmed(
    client: FlaskClient, province: Province, people: People, confirmed: bool
) -> None:
    login(client, people.an)
    client.post(f"/rounds/{province.round.id}/close", data={"confirmed": "1"} if confirmed else {})
    db.session.expire_all()
    assert (province.round.closed_at is not None) == confirmed


def test_a_question_of_ones_own_does_not_stand_for_a_confirmation(
    client: FlaskClient, province: Province, people: People
) -> None:
    """An empty question is none: what is missing is asked all the same."""
    login(client, people.an)
    asked = client.post(f"/rounds/{province.round.id}/close", data={"question": ""})
    assert 'name="confirmed"' in asked.text
    db.session.expire_all()
    assert province.round.closed_at is None


def test_an_administrator_role_is_needed_before_anything_is_asked(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.chi)
    assert client.post(f"/rounds/{province.round.id}/close").status_code == 403
