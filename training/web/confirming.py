"""Confirmation pages: an act that affects many rows, or cannot be undone, is shown first and then done.

A form gets the page, and nothing is written, unless it says that it was confirmed (`CONFIRMED`), which only the
page sends: an incomplete form does not act. The page names every row that the act would change. Once confirmed, it
sends exactly these, with the version in which it showed them: rows added since are left alone, rows changed since
are refused. A single button carries its question in the field `QUESTION`; its view is marked with `@asks`, and
does not act unless it was confirmed either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Flask, current_app, render_template, request
from flask_babel import gettext as _

from ..core.forms import is_id

CONFIRMED = "confirmed"  # sent by the confirmation page: the act was shown, and is to be done
BACK = "back"  # sent by «Back» of that page: the list comes again, with its ticks and typed text
QUESTION = "question"  # a question as text; «question:name:value»: of the button of that name and value
SEEN = "seen-"  # hidden fields «seen-<id>»: the version of a row that the page showed
ALL = "-all"  # many ids in one hidden field: «needs-all» holds what «needs» would in thousands of fields
_SHOWN = 300  # rows that a page names


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A row that an act changes or leaves aside: the person, and the need, class or seat, or why not."""

    who: str
    what: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Question:
    """The contents of a confirmation page.

    Attributes:
        title: the act as a question, with the number of rows.
        button: text of the button that does it.
        lines: the rows that it changes.
        aside: the rows that stay as they are, each with why.
        fields: what the button sends.
        back: what «Back» sends.
        given: (term, value) pairs: what was typed.
        danger: whether the button has a warning colour.
    """

    title: str
    told: Sequence[str]  # sentences on the consequences, and on what cannot be undone
    button: str
    lines: Sequence[QuestionLine]
    fields: Mapping[str, Any]
    back: Mapping[str, Any]
    aside: Sequence[QuestionLine] = ()
    given: Sequence[tuple[str, Any]] = ()
    danger: bool = False

    @property
    def by_unit(self) -> dict[str, int]:
        """Return the number of rows of each unit, where they are too many to be named one by one."""
        counts: dict[str, int] = {}
        if len(self.lines) > _SHOWN:
            for line in self.lines:
                if line.unit:
                    counts[line.unit] = counts.get(line.unit, 0) + 1
        return counts


def asked() -> bool:
    """Return whether the request needs a confirmation first: it does not come from a confirmation page."""
    return CONFIRMED not in request.form


def goes_back() -> bool:
    """Return whether somebody went back from a page of confirmation, or of refusal."""
    return BACK in request.form


def question_page(question: Question) -> str:
    """Return the confirmation page; its buttons send to the address of this request."""
    return render_template("question.html", question=question, shown=_SHOWN)


def packed(name: str, values: Iterable[Any]) -> dict[str, str]:
    """Return many values of one field as one hidden field: a server would not accept 12,200 separate ones."""
    return {name + ALL: " ".join(str(value) for value in values)}


def sent(name: str) -> list[str]:
    """Return the values that a form sends under `name`, one by one or packed, each once."""
    values = [*request.form.getlist(name), *request.form.get(name + ALL, "").split()]
    return list(dict.fromkeys(values))


def sent_ids(name: str) -> list[int]:
    """Return the ids that a form sends under `name`; invalid ids are left out."""
    return [int(value) for value in sent(name) if is_id(value)]


def packed_versions(versions: Mapping[int, int]) -> dict[str, str]:
    """Return row id → the version that was shown, as one hidden field."""
    return packed(SEEN, (f"{row_id}.{version}" for row_id, version in versions.items()))


def seen_versions(row_ids: Iterable[int]) -> dict[int, int]:
    """Return row id → version as the page showed it, for the rows for which it was sent."""
    pairs = (pair.split(".") for pair in request.form.get(SEEN + ALL, "").split())
    known = {int(pair[0]): int(pair[1]) for pair in pairs if len(pair) == 2 and all(map(is_id, pair))}
    for row_id in row_ids:
        version = request.form.get(f"{SEEN}{row_id}", type=int)
        if version is not None:
            known[row_id] = version
    return {row_id: known[row_id] for row_id in row_ids if row_id in known}


# -- a single button ------------------------------------------------------------------------------------------

View = TypeVar("View", bound=Callable[..., Any])


def asks(view: View) -> View:
    """Mark a view whose button asks a question: without a confirmation the question is shown, and nothing is done.

    It is the innermost decorator, beside `@allow`.
    """
    view.asks = True  # type: ignore[attr-defined]  # a function carries its rule
    return view


def is_asking(endpoint: str) -> bool:
    """Return whether the view of an endpoint is marked with `@asks`."""
    return bool(getattr(current_app.view_functions[endpoint], "asks", False))


@dataclass
class _Simple:
    text: str
    fields: list[tuple[str, str]] = field(default_factory=list)


def _simple() -> _Simple | None:
    """Return the question that the sent form carries, with all else that it sends; None: there is none."""
    names = [QUESTION, *(f"{QUESTION}:{name}:{value}" for name, value in request.form.items(multi=True))]
    text = next((request.form[name] for name in names if request.form.get(name)), None)
    if text is None and asked() and is_asking(request.endpoint or ""):
        text = _("Shall this be done? Nothing has been done yet.")
    if text is None:
        return None
    sent_too = request.form.items(multi=True)
    fields = [(name, value) for name, value in sent_too if name not in {"csrf_token", CONFIRMED}]
    return _Simple(text, [(name, value) for name, value in fields if not name.startswith(QUESTION)])


def init_app(app: Flask) -> None:
    @app.before_request
    def _ask() -> str | None:
        """Ask a button's question on a page of its own. Scripts ask it themselves and send the answer."""
        simple = _simple() if request.method == "POST" and request.endpoint else None
        return render_template("question_simple.html", question=simple) if simple else None
