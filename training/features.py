"""The features in their order, upstream → downstream: each may import only those above it."""

from importlib import import_module
from importlib.util import find_spec

from flask import Flask

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


def init_app(app: Flask) -> None:
    """Register every feature's pages (`views.bp`) and its jobs (by importing them)."""
    for feature in ORDER:
        for part in ("models", "jobs", "views"):
            name = f"{__package__}.{feature}.{part}"
            if find_spec(name):
                module = import_module(name)
                if part == "views":
                    app.register_blueprint(module.bp)
