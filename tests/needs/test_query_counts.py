"""Pages of approval ask the database no more because more waits; nor does a mass decision, need by need."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.needs.chains import give_chain
from tests.test_query_counts import counted
from training.core.access import ALL
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.needs.approval.acts import NeedAct
from training.needs.approval.workflow import move
from training.needs.models import Need
from training.needs.queries import needs_by_id
from training.needs.registering import register_many
from training.people.models import Employee, Position, Unit


def _waiting(p: Province, first: int, last: int) -> list[Need]:
    """People number `first` to `last` of commune X, each of a unit and position of their own, with a submitted
    need."""
    with operation(SYSTEM, "test.people"):
        people = [
            Employee(
                code=f"W{n}",
                name=f"Ngô Văn {n}",
                unit=Unit(code=f"W{n}", name=f"Phòng {n}", parent=p.commune_x, place=p.place_x),
                position=Position(code=f"W{n}", name=f"Vị trí {n}"),
            )
            for n in range(first, last)
        ]
        db.session.add_all(people)
    needs = register_many(p.round, [one.id for one in people], p.basic.id, 2, actor=SYSTEM, scope=ALL)
    move(needs, NeedAct.SUBMIT, actor=SYSTEM, scope=ALL)
    db.session.commit()
    return needs


def test_pages_of_approval(client: FlaskClient, province: Province, people: People) -> None:
    give_chain(province.round)
    need = _waiting(province, 0, 2)[0]
    login(client, people.ha)
    addresses = ["/", "/approvals", f"/rounds/{province.round.id}", f"/needs/{need.id}", "/delegations"]
    few = []
    for address in addresses:
        client.get(address)
        with counted() as statements:
            assert client.get(address).status_code == 200
        few.append(len(statements))
    _waiting(province, 2, 20)
    for address, before in zip(addresses, few, strict=True):
        with counted() as statements:
            client.get(address)
        assert len(statements) <= before, (address, statements)


def test_a_mass_decision(province: Province, people: People) -> None:
    give_chain(province.round)
    counts = []
    for first, last in ((0, 3), (3, 40)):
        ids = [need.id for need in _waiting(province, first, last)]
        with counted() as statements:
            move(needs_by_id(ids, people.ha.scope()), NeedAct.APPROVE, actor=people.ha, scope=people.ha.scope())
            db.session.commit()
        # Updates are sent one by one within one round trip: they are counted apart.
        counts.append(sum(not text.startswith("UPDATE need ") for text in statements))
    assert counts[1] <= counts[0] + 2
