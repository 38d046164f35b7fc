"""An account with two roles reaches no row through a page that neither role alone reaches through it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule

from tests.access_table import TABLE
from tests.conftest import login, make_user
from tests.documents.conftest import Office, office, optimise, planned, published, stand_in
from training.accounts.models import User, user_host
from training.core.access import Role
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.courses.models import Host
from training.documents.models import DocumentState, Paper
from training.enrolments.models import Enrolment, EnrolmentState, WaitingListEntry, WaitingState
from training.needs.approval.approvers import hands_of
from training.needs.models import ApprovalStep
from training.people.models import Absence, Employee, SensitiveRecord

__all__ = ["office", "optimise", "planned", "published", "stand_in"]


@pytest.fixture
def other_host(office: Office) -> Host:
    """A second host, who holds L003: it is a stranger to the account of the first."""
    with operation(SYSTEM, "test.other_host"):
        host = Host(code="KHAC", name="Trung tâm khác", place=office.published.second.options[0].place)
        office.published.second.host = host
        for employee in db.session.scalars(sa.select(Employee)):
            employee.sensitive = SensitiveRecord(ethnicity=f"Dân tộc của {employee.code}")
            first = office.published.first.options[0].sessions[0].first
            db.session.add(Absence(employee=employee, first=first, last=first, reason="Nghỉ phép"))
    db.session.commit()
    return host


def _person(code: str) -> Employee:
    return db.session.scalars(sa.select(Employee).where(Employee.code == code)).one()


def with_roles(office: Office, *roles: Role, units: bool = False, code: str = "hai") -> User:
    """An account of these roles, of commune X if it names units, of the first host and of Dũng of commune Y."""
    own = _person("NV002")
    with operation(SYSTEM, "test.account"):
        for user in db.session.scalars(sa.select(User).where(User.employee_id == own.id)):
            user.employee = None  # an employee has one account
        db.session.flush()
        commune = _person("NV001").unit
        user = make_user(
            code, "Người hai vai", *roles, units=[commune] if units else (),
            employee=own if Role.TRAINEE in roles else None,
        )  # fmt: skip
        db.session.flush()
        if Role.HOST in roles:
            host_id = office.published.first.host_id
            db.session.execute(sa.insert(user_host).values(user_id=user.id, host_id=host_id))
    db.session.commit()
    return user


# -- the attacks that were made ----------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [Role.LEADER, Role.APPRAISER, Role.FINANCE, Role.ADMINISTRATOR])
def test_a_trainee_with_a_second_role_answers_for_themself_alone(
    client: FlaskClient, office: Office, other: Role
) -> None:
    stranger, own = office.published.seat("NV001/CV"), office.published.seat("NV002/CV")
    queued = db.session.scalars(sa.select(WaitingListEntry).where(WaitingListEntry.state == "waiting")).first()
    assert queued is not None
    login(client, with_roles(office, Role.TRAINEE, other))
    for address, form in (
        (f"/seats/of/{stranger.id}/confirm", {}),
        (f"/seats/of/{stranger.id}/accept", {}),
        (f"/seats/of/{stranger.id}/decline", {"reason": "Bận việc"}),
        (f"/waiting/{queued.id}/leave", {"confirmed": "1"}),
        (f"/needs/{queued.need_id}/wait", {}),
    ):
        assert client.post(address, data=form).status_code == 404, address
    assert "Xác nhận" not in client.get(f"/seats/{stranger.need_id}").get_data(as_text=True)
    assert stranger.confirmed_at is None
    assert stranger.state == EnrolmentState.ENROLLED
    assert queued.state == WaitingState.WAITING
    assert client.post(f"/seats/of/{own.id}/confirm").status_code == 302
    assert db.session.get_one(Enrolment, own.id).confirmed_at is not None


@pytest.mark.parametrize("other", [Role.LEADER, Role.APPRAISER, Role.FINANCE, Role.ADMINISTRATOR])
def test_a_host_with_a_second_role_issues_papers_of_its_own_classes_alone(
    client: FlaskClient, office: Office, other_host: Host, other: Role
) -> None:
    theirs = office.issue(Paper.TRAINEE_LIST, office.published.second.id)
    mine = office.issue(Paper.TRAINEE_LIST, office.published.first.id)
    of_plan = office.issue(Paper.PLAN_DECISION, office.published.plan.id)
    login(client, with_roles(office, Role.HOST, other))
    second = office.published.second.id
    for address in (
        f"/papers/{theirs.id}/revoke",
        f"/papers/{of_plan.id}/revoke",
        f"/papers/issue/trainee_list/{second}",
        f"/papers/issue/summons/{office.published.seat('NV003/CV').id}"
        if office.published.seats().get("NV003/CV") == "L003"
        else f"/papers/issue/opening_decision/{second}",
        f"/papers/batch/summons/class/{second}",
        f"/papers/batch/summons/plan/{office.published.plan.id}",
        f"/class-books/{second}",
    ):
        assert client.get(address).status_code == 404, address
        assert client.post(address, data={"reason": "Sai"}).status_code in {404, 405}, address
    assert theirs.state == of_plan.state == DocumentState.ISSUED
    page = client.get(f"/classes/{second}/papers").get_data(as_text=True)
    assert "/papers/batch/" not in page
    assert "/papers/issue/" not in page
    assert client.post(f"/papers/{mine.id}/revoke", data={"reason": "Sai tên"}).status_code == 302


def test_letters_of_another_hosts_class_are_not_downloaded(
    client: FlaskClient, office: Office, other_host: Host
) -> None:
    login(client, office.people.an)
    signer = {"signer_id": office.signer.id, "issued_on": "27/11/2026", "hour": "8 giờ"}
    asked = client.post(f"/papers/batch/summons/class/{office.published.second.id}", data=signer)
    batch = asked.headers["Location"]
    assert client.get(f"{batch}/letters.zip").status_code == 200
    stranger = with_roles(office, Role.HOST, Role.LEADER)
    login(client, stranger)
    for part in ("", "/progress", "/letters.zip", "/units.zip"):
        assert client.get(batch + part).status_code == 404


def test_an_officer_who_also_plans_reads_sensitive_data_of_their_units_alone(
    client: FlaskClient, office: Office, other_host: Host
) -> None:
    known = {code: _person(code).id for code in ("NV001", "NV002")}
    login(client, with_roles(office, Role.UNIT_OFFICER, Role.PLANNER, units=True))
    assert client.get(f"/people/{known['NV001']}/sensitive").status_code == 200
    assert client.get(f"/people/{known['NV002']}/sensitive").status_code in {403, 404}
    for address in ("/exports/employees", "/exports/employees?format=csv", "/planned-titles/minorities"):
        found = client.get(address, follow_redirects=True)
        assert "Dân tộc của NV002" not in text_of(found.data), address


def test_a_head_who_also_plans_approves_as_head_for_their_units_alone(
    client: FlaskClient, office: Office, app: Flask
) -> None:

    step = ApprovalStep(role=Role.LEADER, name="Lãnh đạo", position=1, own_unit=False, forbids_own=False)
    user = with_roles(office, Role.LEADER, Role.PLANNER, units=True)
    hands = hands_of(user)
    near, far = (
        db.session.scalars(sa.select(Employee).where(Employee.code == c)).one() for c in ("NV001", "NV002")
    )
    assert hands.own is not None
    assert hands.own.reaches(step, near.unit_id)
    assert not hands.own.reaches(step, far.unit_id)


# -- all pages ----------------------------------------------------------------------------------------------------


def _rules(app: Flask) -> Iterator[tuple[Rule, str, list[str]]]:
    """(rule, method, addresses) of every view of ours; numbers in addresses name the first rows of each table."""
    words = {
        "kind": ["summons", "trainee_list", "employees", "needs", "completions"],
        "of": ["class"],
        "act": ["cut"],
    }
    with app.test_request_context():
        adapter = app.create_url_adapter(None)
        assert adapter is not None
        for rule in app.url_map.iter_rules():
            if TABLE.get(rule.endpoint) is None:
                continue
            choices = [
                ([2026] if name == "year" else [1, 2, 3])
                if isinstance(rule._converters[name], IntegerConverter)
                else words.get(name, ["khong-co"])
                for name in sorted(rule.arguments)
            ]
            addresses = [
                adapter.build(rule.endpoint, dict(zip(sorted(rule.arguments), values, strict=True)))
                for values in product(*choices)
            ]
            for method in {"GET", "POST"} & (rule.methods or set()):
                yield rule, method, addresses


def text_of(content: bytes) -> str:
    """What an answer says; of a workbook or an archive, what all its parts say."""
    if content[:2] != b"PK":
        return content.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(text_of(archive.read(name)) for name in archive.namelist())


_CODES = re.compile(r"NV00\d")  # of people: whoever is named is named with a code somewhere


def _seen(client: FlaskClient, method: str, address: str) -> frozenset[str] | None:
    """The codes of the people whom an answer names; None: it lets nobody in, or there is no such row."""
    try:
        answer = client.open(address, method=method)
    except Exception:  # what a view made is taken back at once, so that it may miss it afterwards
        return frozenset()
    if answer.status_code in {400, 403, 404, 405}:
        return None
    return frozenset(_CODES.findall(text_of(answer.data)))


# The others see no other rows than one of these; `tests.load.fuzz` walks more of them, with more rows.
_PAIRS = [
    (Role.TRAINEE, Role.LEADER, False),
    (Role.TRAINEE, Role.UNIT_OFFICER, True),
    (Role.HOST, Role.LEADER, False),
    (Role.HOST, Role.TRAINEE, False),
    (Role.UNIT_OFFICER, Role.LEADER, False),
    (Role.UNIT_OFFICER, Role.PLANNER, True),
    (Role.UNIT_OFFICER, Role.ADMINISTRATOR, True),
    (Role.FINANCE, Role.TRAINEE, False),
    (Role.LEADER, Role.PLANNER, True),
]


@pytest.mark.parametrize(("one", "two", "units"), _PAIRS)
def test_two_roles_reach_through_a_page_what_one_of_them_reaches(
    app: Flask, client: FlaskClient, office: Office, other_host: Host, monkeypatch: pytest.MonkeyPatch,
    one: Role, two: Role, units: bool,
) -> None:  # fmt: skip
    office.issue(Paper.TRAINEE_LIST, office.published.second.id)
    for name in ("NV001/CV", "NV002/CV"):
        office.issue(Paper.SUMMONS, office.published.seat(name).id)
    asked = [
        (method, address, TABLE[rule.endpoint] or frozenset())
        for rule, method, addresses in _rules(app)
        for address in addresses
        if (TABLE[rule.endpoint] or frozenset()) & {one, two}
        and rule.endpoint != "accounts.session_end"  # of one's own sessions: the first is that of the pair
    ]
    reached = {}
    for roles in ((one, two), (one,), (two,)):
        login(client, with_roles(office, *roles, units=units, code="-".join(roles)))
        with monkeypatch.context() as patched:
            patched.setattr(
                db.session, "commit", db.session.rollback
            )  # what is sent changes nothing that is asked later
            for method, address, allowed in asked:
                if allowed & set(roles):
                    reached[roles, method, address] = _seen(client, method, address)
    too_far = []
    for method, address, _allowed in asked:
        alone = [found for role in (one, two) if (found := reached.get(((role,), method, address))) is not None]
        together = reached[(one, two), method, address]
        if together is not None and not alone:
            too_far.append(f"{method} {address}: neither alone is let in")
        elif together and (more := together - frozenset().union(*alone)):
            too_far.append(f"{method} {address}: {sorted(more)}")
    assert not too_far


def test_whoever_asks_for_rows_says_to_which_roles_they_are_open() -> None:
    """`User.scope()` of no roles would be what the account may see anywhere."""
    code = {path: path.read_text() for path in Path("training").rglob("*.py")}
    assert not [path for path, text in code.items() if ".scope()" in text]
