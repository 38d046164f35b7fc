"""Every route × every role: a view that is not in the table, or lets in whom the table does not, fails."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter

from tests.access_table import TABLE
from tests.conftest import People, login
from training.core.access import Role, roles_of

_SIGNED_IN = {
    Role.PLANNER: "an",
    Role.UNIT_OFFICER: "binh",
    Role.TRAINEE: "chi",
    Role.ADMINISTRATOR: "quan",
    Role.LEADER: "ha",
    Role.APPRAISER: "giang",
    Role.FINANCE: "khanh",
    Role.HOST: "long",
}
_LIBRARIES = ("security.", "bootstrap.")


def _rules(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, address) of every rule of ours; numbers in addresses name rows that do not exist."""
    found = []
    with app.test_request_context():
        adapter = app.create_url_adapter(None)
        assert adapter is not None
        for rule in app.url_map.iter_rules():
            if rule.endpoint.startswith(_LIBRARIES):
                continue
            values = {name: 999_999_999 if "int:" in str(rule) else "khong-co" for name in rule.arguments}
            values = {
                name: (999_999_999 if isinstance(rule._converters[name], IntegerConverter) else "khong-co")
                for name in rule.arguments
            }
            address = adapter.build(rule.endpoint, values, force_external=False)
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                found.append((rule.endpoint, method, address))
    return found


def test_every_view_is_in_the_table(app: Flask) -> None:
    ours = {endpoint for endpoint, _method, _address in _rules(app)}
    assert ours == set(TABLE)
    assert {endpoint: roles_of(endpoint) for endpoint in ours} == TABLE


@pytest.mark.parametrize("role", [None, *Role])
def test_every_route_by_role(app: Flask, client: FlaskClient, people: People, role: Role | None) -> None:
    if role is not None:
        login(client, getattr(people, _SIGNED_IN[role]))
    wrong = []
    for endpoint, method, address in _rules(app):
        allowed = TABLE[endpoint]
        response = client.open(address, method=method)
        refused = response.status_code == 403 or (
            response.status_code == 302 and "/login" in response.headers.get("Location", "")
        )
        expected_refusal = allowed is not None and (role is None or role not in allowed)
        if refused != expected_refusal or response.status_code >= 500:
            wrong.append(f"{role} {method} {address}: {response.status_code}")
    assert not wrong
