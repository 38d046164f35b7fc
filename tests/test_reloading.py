"""A page can be loaded again: looking changes nothing, and what changes something leads to a page to look at."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.load.crawl import crawl
from tests.test_query_counts import grow
from training.core.db import db

# They answer with a page, and change nothing.
_LOOKS_ONLY = {"planning.policy_effect"}
# Whose records were read is written down; a large download is made in the background, once while it is waited for,
# and its address leads to a page of its own.
_NOTES = ("INSERT INTO audit_entry", "UPDATE audit_entry SET after", "INSERT INTO export_file")
_CHANGES = ("INSERT", "UPDATE", "DELETE")


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _calls(node: ast.AST, name: str) -> bool:
    return any(
        isinstance(one, ast.Call) and getattr(one.func, "id", getattr(one.func, "attr", "")) == name
        for one in ast.walk(node)
    )


def _returns_page_after_commit(function: ast.FunctionDef) -> bool:
    """Whether a block commits and then, before anything else is decided, answers with a page."""
    for node in ast.walk(function):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if not isinstance(block, list):
                continue
            committed = False
            for statement in block:
                if committed and isinstance(statement, ast.Return) and _calls(statement, "render_template"):
                    return True
                committed = committed or (isinstance(statement, ast.Expr) and _calls(statement, "commit"))
    return False


def test_what_changes_something_answers_with_a_way_to_a_page(app: Flask) -> None:
    """A page that answers the form itself is sent again by «reload»: a second address, a second password."""
    wrong = []
    for rule in app.url_map.iter_rules():
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        view = inspect.unwrap(app.view_functions[rule.endpoint])
        if "POST" not in methods or not view.__module__.startswith("training."):
            continue
        function = next(_functions(ast.parse(inspect.cleandoc("\n" + inspect.getsource(view)))))
        posts_alone = "GET" not in methods and _calls(function, "render_template")
        if (posts_alone or _returns_page_after_commit(function)) and rule.endpoint not in _LOOKS_ONLY:
            wrong.append(rule.endpoint)
    assert not wrong


@pytest.mark.parametrize("name", ["an", "binh", "chi", "quan", "ha", "long"])
def test_looking_changes_nothing(
    app: Flask, client: FlaskClient, province: Province, people: People, name: str
) -> None:
    grow(province, 0, 3)
    login(client, getattr(people, name))
    changes: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.lstrip().upper().startswith(_CHANGES) and not statement.startswith(_NOTES):
            changes.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        crawl(app, client)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert not changes


def test_links_lead_to_the_port_that_is_served() -> None:
    """In the server, and in the worker that it starts; an address that is set stands."""
    told = "import config; config.served_at(5077); import subprocess, sys; subprocess.run([sys.executable, '-c', "
    told += "'from config import Config; print(Config.PUBLIC_URL)'])"
    root = Path(__file__).resolve().parent.parent
    for given, expected in (("", "http://127.0.0.1:5077"), ("https://daotao.tinh.vn", "https://daotao.tinh.vn")):
        environment = {**os.environ, "TRAINING_PUBLIC_URL": given}
        ran = subprocess.run(
            [sys.executable, "-c", told], cwd=root, env=environment, capture_output=True, text=True, check=True
        )
        assert ran.stdout.strip() == expected
