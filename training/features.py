"""The features in their order, upstream → downstream: each may import only those above it."""

from importlib import import_module
from importlib.util import find_spec

from flask import Flask

from .core import provided

ORDER = (
    "people",
    "holidays",
    "accounts",
    "messages",
    "exports",
    "courses",
    "standards",
    "careers",
    "completions",
    "gaps",
    "budgets",
    "classes",
    "needs",
    "planning",
    "enrolments",
    "results",
    "documents",
    "imports",
    "dashboard",
)


PARTS = ("models", "provides", "jobs", "views")


def init_app(app: Flask) -> None:
    """Import what every feature has of `PARTS`, and register its pages (`views.bp`).

    Raises:
        NotProvided: a fact that a feature needs is provided by none.
    """
    for feature in ORDER:
        for part in PARTS:
            name = f"{__package__}.{feature}.{part}"
            if find_spec(name):
                module = import_module(name)
                if part == "views":
                    app.register_blueprint(module.bp)
    if missing := provided.missing():
        raise provided.NotProvided(", ".join(missing))
