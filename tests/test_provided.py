"""Facts that features downstream provide: none is taken for «nothing known» because a module was not imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from training.core.provided import NotProvided, Provided, _all

ROOT = Path(__file__).resolve().parent.parent
_ASKED = """
from config import Config
from training import create_app, features
features.PARTS = ("models", "provides", "jobs")
app = create_app(Config, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
from training.core import provided
from training.enrolments.seats import gradebook_guard
from training.enrolments.waiting_list import promotion_triggers
from training.people import rating_rules
assert not app.view_functions.get("results.books"), "views are left out"
assert not provided.missing()
import sys
assert not [name for name in sys.modules if name.startswith("training.demo")], "the demo is no part of a province"
print(gradebook_guard.recorded.answer.__module__, rating_rules.judge.answer.__module__)
found = {fact.model for fact in promotion_triggers.FACTS}
print(sorted(one.__name__ for one in found if one.__module__.startswith("training.results")))
"""


def test_a_fact_that_nobody_provides_is_an_error() -> None:
    fact: Provided[[int], int] = Provided("how many")
    try:
        with pytest.raises(NotProvided, match="how many"):
            fact(1)
        fact.by(lambda number: number + 1)
        assert fact(1) == 2
        with pytest.raises(ValueError, match="twice"):
            fact.by(lambda number: number)
    finally:
        _all.remove(fact)


def test_what_class_books_record_is_known_without_a_page() -> None:
    """Workers and commands refuse what pages refuse."""
    done = subprocess.run(
        [sys.executable, "-c", _ASKED], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "training.results.books.recorded_seats training.careers.ratings" in done.stdout
    assert "['ClassBook']" in done.stdout
