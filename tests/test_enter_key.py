"""The Enter key presses the first button of a form. In a form with several acts that button does nothing, or it is
the one act that the form is for: else a typed reason and Enter would approve what was to be returned."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.load.crawl import crawl
from tests.test_query_counts import grow

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"

# Template → the button that Enter presses, where that is neither «nothing» nor «save»; each only shows.
LOOKS = {"enrolments/reshape.html": 'value="look"', "people/reorganise.html": 'name="preview"'}
# Forms with a further button in which Enter saves all the same, by `render_form`: what is saved is a draft.
SAVES: set[str] = set()

_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
_SUBMITS = re.compile(r"<button\b[^>]*>|\{\{ (?:no_default|enter_saves|add_button|remove_button)\(", re.DOTALL)
_SAFE = ("no_default(", "enter_saves(")


def _submits(source: str) -> list[str]:
    """The submit controls of a piece of a template, in their order; one inside of a loop stands for several."""
    found = []
    for match in _SUBMITS.finditer(source):
        if 'type="button"' in match[0]:
            continue
        before = source[: match.start()]
        looped = before.count("{% for ") > before.count("{% endfor")
        found += [match[0]] * (2 if looped else 1)
    return found


def _unsafe(name: str, source: str) -> list[str]:
    text = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    faults = []
    for form in _FORM.findall(text):
        buttons = _submits(form)
        owner = re.search(r'<form\b[^>]*\bid="([^"]+)"', form)
        if owner:  # buttons elsewhere on the page that belong to the form
            outside = text.replace(form, "")
            buttons += [b for b in _submits(outside) if f'form="{owner[1]}"' in b]
        if len(buttons) < 2 or buttons[0].endswith(_SAFE) or LOOKS.get(name, "\0") in buttons[0]:
            continue
        faults.append(f"{name}: Enter presses {buttons[0]}")
    calls = re.findall(r"\{% call render_form\((.*?)\) %\}", text, re.DOTALL)
    faults += [f"{name}: Enter saves" for call in calls if "enter_saves" in call and name not in SAVES]
    return faults


def test_every_template() -> None:
    faults = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        name = str(path.relative_to(TEMPLATES))
        if name not in {"_form.html", "_rows.html"}:  # the macros themselves
            faults += _unsafe(name, path.read_text())
    assert not faults


def test_a_new_form_with_two_acts_is_found() -> None:
    two = "<form><input name=reason><button>Approve</button><button>Cut</button></form>"
    assert _unsafe("new.html", two)
    assert _unsafe("new.html", "<form>{% for c in x %}<button>{{ c }}</button>{% endfor %}</form>")
    assert not _unsafe("new.html", two.replace("<input", "{{ no_default() }}<input"))
    assert not _unsafe("new.html", '<form><button>Save</button><button type="button">More</button></form>')


@dataclass
class _Form:
    submits: list[dict[str, str | None]] = field(default_factory=list)


class _Forms(HTMLParser):
    """The forms of a page as a browser sees them: each with its submit buttons in the order of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self.named: dict[str, _Form] = {}
        self.open: _Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.open = self.named.setdefault(given.get("id") or f" {len(self.forms)}", _Form())
            self.forms.append(self.open)
        submits = (tag == "button" and given.get("type", "submit") == "submit") or (
            tag == "input" and given.get("type") in {"submit", "image"}
        )
        if submits:
            owner = self.named.setdefault(given["form"] or "", _Form()) if "form" in given else self.open
            if owner is not None:
                owner.submits.append(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None


def _harmless(button: dict[str, str | None]) -> bool:
    nothing = button.get("formmethod") == "dialog" and "form" not in button
    looks = (button.get("name"), button.get("value")) in {("act", "look"), ("preview", None)}
    return nothing or looks or (button.get("class") == "d-none" and "name" not in button)  # `enter_saves`


@pytest.mark.parametrize("name", ["an", "binh", "long"])
def test_every_page(app: Flask, client: FlaskClient, province: Province, people: People, name: str) -> None:
    grow(province, 0, 2)
    login(client, getattr(people, name))
    unsafe = []
    several = 0
    for address in crawl(app, client, per_endpoint=1).screens:
        parser = _Forms()
        parser.feed(client.get(address).text)
        for form in parser.forms:
            if len(form.submits) < 2:
                continue
            several += 1
            saves = re.fullmatch(r"/plans/\d+/edit", address)
            if not _harmless(form.submits[0]) and not saves:
                unsafe.append(f"{address}: {form.submits[0]}")
    assert not unsafe
    assert several or name == "long"
