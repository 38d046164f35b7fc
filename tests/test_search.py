"""The search of every list finds a row by what the row shows: person, unit, course, class, code, with marks and
without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask, template_rendered

from tests.conftest import Browser, People, Province, login
from tests.figures.conftest import Rich, optimise, planned_year, rich, stand_in
from tests.needs.chains import bring_to, draft, give_chain
from tests.results.conftest import Held, held
from tests.test_query_counts import _addresses, grow
from training.core.access import Role
from training.core.db import db
from training.core.tables import Page
from training.core.vietnamese import search_key
from training.needs.approval.acts import NeedAct
from training.results.certificates import registry

__all__ = ["held", "optimise", "planned_year", "rich", "stand_in"]

# Words of no row of their own: issuers keep the name of their place as it is written on papers.
LEFT_OUT = {("documents.issuers", "place")}
# What a column names; other columns are figures, days, states and notes.
NAMES = {
    "code", "name", "person", "employee", "unit", "course", "class", "training_class", "title", "host", "fund",
    "place", "position", "room", "lecturer", "issuer", "competency", "subject", "substitute", "origin",
    "destination",
    "symbol", "number", "user", "from", "to", "tier", "round", "holder",
}  # fmt: skip


@contextmanager
def _lists(app: Flask) -> Iterator[list[tuple[list[Any], list[str]]]]:
    """Of every list with a search box that is shown: its rows, and what the first of them is called."""
    found: list[tuple[list[Any], list[str]]] = []

    def note(_sender: Any, context: dict[str, Any], **_rest: Any) -> None:
        page = context.get("page")
        if isinstance(page, Page) and page.searchable:
            shown = [
                f"{column.key}={_text(column.cell(page.rows[0]))}"
                for column in page.columns
                if page.rows and column.key in NAMES
            ]
            found.append(([_identity(row) for row in page.rows], shown))

    with template_rendered.connected_to(note, app):
        yield found


def _identity(row: Any) -> Any:
    """What tells the rows of a list apart, those of tables and those of sums."""
    of_table = sa.inspect(row, raiseerr=False)
    return row.id if of_table is None else of_table.identity


def _text(cell: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", str(cell if cell is not None else ""))).split())


def _look(app: Flask, people: People, only: set[str] | None = None) -> tuple[list[str], set[str]]:
    """(what the search of a list does not find, the lists that were searched) over all lists of four people."""
    app.test_client_class = Browser
    missed, searched = [], set()
    accounts = {
        Role.PLANNER: people.an,
        Role.ADMINISTRATOR: people.quan,
        Role.HOST: people.long,
        Role.LEADER: people.ha,
    }
    for role, user in accounts.items():
        client = app.test_client()
        login(client, user)
        for endpoint, address in _addresses(app, role).items():
            if endpoint in searched or (only is not None and endpoint not in only):
                continue
            with _lists(app) as lists:
                client.get(address)
            if not lists or not lists[0][0]:
                continue
            searched.add(endpoint)
            rows, texts = lists[0]
            assert texts, f"{address} shows nothing that it could be searched for"
            for told in texts:
                column, text = told.split("=", 1)
                if (endpoint, column) in LEFT_OUT:
                    continue
                for asked in {text, search_key(text)} if re.search(r"[^\W\d]", text) else ():
                    with _lists(app) as again:
                        client.get(f"{address}?{urlencode({'q': asked})}")
                    if not again or rows[0] not in again[0][0]:
                        missed.append(f"{address} column {column}: “{asked}”")
    return missed, searched


def test_in_a_year_in_which_everything_happened(
    app: Flask, rich: Rich, province: Province, people: People
) -> None:
    grow(province, 11, 13)
    missed, searched = _look(app, people)
    assert not missed, "\n".join(missed)
    assert {"people.employees", "enrolments.seats", "accounts.users"} <= searched


def test_what_waits_for_approval(app: Flask, province: Province, people: People) -> None:
    give_chain(province.round)
    bring_to(draft(province), NeedAct.SUBMIT)
    lists = {"needs.approvals", "needs.round"}
    missed, searched = _look(app, people, only=lists)
    assert not missed, "\n".join(missed)
    assert searched == lists


@pytest.mark.usefixtures("people")
def test_books_and_certificates(app: Flask, held: Held, people: People) -> None:
    held.finish()
    held.recognise()
    registry.issue(held.opened, actor=people.an)
    db.session.commit()
    lists = {"results.books", "results.register"}
    missed, searched = _look(app, people, only=lists)
    assert not missed, "\n".join(missed)
    assert searched == lists
