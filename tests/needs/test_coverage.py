"""Steps at which nobody can act: told before submitting, on confirming, after it, and to those who can mend it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login, make_user
from tests.needs.chains import bring_to, draft, give_chain
from training.accounts.models import User
from training.accounts.operations import deactivate_user
from training.core.access import Role, Scope
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.messages.models import Message
from training.needs.approval.acts import NeedAct
from training.needs.approval.coverage import stuck_needs
from training.needs.models import ApprovalStep, Delegation, Need
from training.needs.notices import remind
from training.people.models import Employee

EVERYBODY = Scope(everything=True)
NOBODY = "Chưa có ai xử lý được ở bước"


@pytest.fixture
def officer_of_y(province: Province) -> User:
    """Commune Y has an officer and no head."""
    with operation(SYSTEM, "test.officer") as session:
        user = make_user("yen", "Cao Thị Yến", Role.UNIT_OFFICER)
        user.units = [province.commune_y]
        session.add(user)
    db.session.commit()
    return user


def told(kind: str = "needs.nobody_acts") -> set[str]:
    rows = db.session.scalars(sa.select(Message).where(Message.kind == kind))
    return {row.user.code for row in rows if row.user}


def who_left(province: Province) -> Employee:
    return Employee(code="NV900", name="Đỗ Thị Hà", unit=province.commune_x, active=False)


def submit(client: FlaskClient, province: Province, needs: list[Need], *, ask: bool) -> str:
    data: dict[str, object] = {"needs": [need.id for need in needs]}
    for need in needs:
        data[f"seen-{need.id}"] = need.version
    if not ask:
        data["confirmed"] = "1"
    return client.post(f"/rounds/{province.round.id}/submit", data=data, follow_redirects=True).text


def test_the_officer_of_a_unit_without_a_head_is_told_at_every_moment(
    client: FlaskClient, province: Province, people: People, officer_of_y: User
) -> None:
    give_chain(province.round)
    need = draft(province, province.dung)
    login(client, officer_of_y)
    page = client.get(f"/rounds/{province.round.id}").text
    assert NOBODY in page, "before submitting"
    assert province.commune_y.name in page
    assert province.commune_x.name not in page[page.index(NOBODY) :][:600], "whose head has an account"
    page = submit(client, province, [need], ask=True)
    assert "1 nhu cầu sẽ nằm lại" in page, "on confirming"
    page = submit(client, province, [need], ask=False)
    assert "Quản trị viên và người lập kế hoạch đã được báo" in page, "afterwards"
    assert {"an", "quan"} <= told()
    assert "binh" not in told()
    assert NOBODY in client.get(f"/needs/{need.id}").text


def test_planners_and_administrators_see_the_list(client: FlaskClient, province: Province, people: People) -> None:
    give_chain(province.round)
    login(client, people.an)
    page = client.get("/approvals/nobody").text
    assert province.commune_y.name in page, "before the first need is submitted"
    bring_to(draft(province, province.dung), NeedAct.SUBMIT)
    for who in (people.an, people.quan):
        login(client, who)
        page = client.get("/approvals/nobody").text
        assert "1 nhu cầu đang chờ ở đó" in page
        assert "1 nhu cầu đã trình đang chờ ở bước chưa có ai xử lý được" in client.get("/").text


def test_an_account_that_is_closed_leaves_its_needs_to_nobody(province: Province, people: People) -> None:
    give_chain(province.round)
    need = bring_to(draft(province), NeedAct.SUBMIT)
    assert not stuck_needs(EVERYBODY)
    deactivate_user(people.ha, actor=people.quan)
    db.session.commit()
    assert stuck_needs(EVERYBODY) == [need]
    remind()
    assert {"an", "quan"} <= told()


def test_an_officer_who_left_acts_no_more(province: Province, people: People) -> None:
    give_chain(province.round)
    need = bring_to(draft(province, course=province.advanced), NeedAct.SUBMIT)
    with operation(SYSTEM, "test.left"):
        people.ha.employee = who_left(province)
    db.session.commit()
    assert stuck_needs(EVERYBODY) == [need]


def test_ones_own_need_waits_until_somebody_else_acts(province: Province, people: People) -> None:
    """The head of the unit is the person concerned: only whoever acts for another head could."""
    give_chain(province.round)
    with operation(SYSTEM, "test.own"):
        people.chi.employee = None
        db.session.flush()
        people.ha.employee = province.chi
    db.session.commit()
    need = bring_to(draft(province), NeedAct.SUBMIT)
    assert stuck_needs(EVERYBODY) == [need]


def test_a_delegation_counts_while_it_holds(province: Province, people: People) -> None:
    """The head has left; a colleague acts in their name until the delegation ends."""
    give_chain(province.round)
    need = bring_to(draft(province), NeedAct.SUBMIT)
    with operation(SYSTEM, "test.delegate") as session:
        people.ha.employee = who_left(province)
        session.add(Delegation(giver=people.ha, taker=people.binh, first=today(), last=today()))
    db.session.commit()
    assert not stuck_needs(EVERYBODY)
    with operation(SYSTEM, "test.end") as session:
        row = session.scalars(sa.select(Delegation)).one()
        row.first, row.last = today() - timedelta(days=9), today() - timedelta(days=1)
    db.session.commit()
    assert stuck_needs(EVERYBODY) == [need]


def test_a_step_changed_under_way_is_seen(client: FlaskClient, province: Province, people: People) -> None:
    give_chain(province.round)
    need = bring_to(draft(province), NeedAct.SUBMIT)
    with operation(SYSTEM, "test.chain") as session:
        step = session.scalars(sa.select(ApprovalStep).order_by(ApprovalStep.position).limit(1)).one()
        step.role = Role.FINANCE
    db.session.commit()
    assert stuck_needs(EVERYBODY) == [need], "the finance officer is set over no unit by name"
    login(client, people.an)
    assert NOBODY in client.get(f"/rounds/{province.round.id}").text


def test_whoever_approves_is_told_of_the_next_step(
    client: FlaskClient, province: Province, people: People
) -> None:
    give_chain(province.round)
    need = bring_to(draft(province), NeedAct.SUBMIT)
    deactivate_user(people.giang, actor=people.quan)
    db.session.commit()
    login(client, people.ha)
    data = {"needs": need.id, f"seen-{need.id}": need.version}
    assert "1 nhu cầu sẽ nằm lại" in client.post("/approvals/approve", data={**data}).text
    page = client.post("/approvals/approve", data={**data, "confirmed": "1"}, follow_redirects=True).text
    assert "Quản trị viên và người lập kế hoạch đã được báo" in page
