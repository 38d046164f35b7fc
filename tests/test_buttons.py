"""No page shows a link or a button that can only fail for the one who sees it.

Nothing that is pressed stays written, so one world serves everybody.
"""

from __future__ import annotations

import pytest
from flask import Flask

from tests.conftest import Browser, People, Province, login
from tests.figures.conftest import Rich, optimise, planned_year, rich, stand_in
from tests.load.presses import walk
from tests.needs.chains import bring_to, draft, give_chain
from tests.results.conftest import Held, held
from tests.test_query_counts import grow
from training.core.db import db
from training.needs.approval.acts import NeedAct
from training.results.certificates import registry

__all__ = ["held", "optimise", "planned_year", "rich", "stand_in"]

ROLES = ["an", "binh", "chi", "dung", "quan", "ha", "giang", "khanh", "long"]


def _walk_as_everybody(app: Flask, people: People, per_endpoint: int = 1) -> None:
    app.test_client_class = Browser
    failed = []
    for who in ROLES:
        client, user = app.test_client(), getattr(people, who)
        login(client, user)
        found = walk(app, client, roles=user.role_set, per_endpoint=per_endpoint)
        assert found.pages["dashboard.home"]
        assert found.pressed
        failed += [f"{who}: {one}" for one in found.failed]
    assert not failed, "\n".join(failed)


def test_in_a_year_in_which_everything_happened(
    app: Flask, rich: Rich, province: Province, people: People
) -> None:
    grow(province, 11, 14)
    _walk_as_everybody(app, people, per_endpoint=2)


def test_while_needs_are_on_their_way(app: Flask, province: Province, people: People) -> None:
    give_chain(province.round)
    bring_to(draft(province), NeedAct.SUBMIT)
    bring_to(draft(province, province.dung), NeedAct.SUBMIT, NeedAct.APPROVE)
    draft(province, course=province.advanced)
    _walk_as_everybody(app, people)


@pytest.mark.parametrize("issued", [False, True])
def test_over_the_book_of_a_class(app: Flask, held: Held, people: People, issued: bool) -> None:
    if issued:
        held.finish()
        held.recognise()
        registry.issue(held.opened, actor=held.people.an)
        db.session.commit()
    _walk_as_everybody(app, people)
