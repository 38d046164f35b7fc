"""Screens are Vietnamese first: every text that the product shows has its Vietnamese."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from flask import Flask
from flask.testing import FlaskClient

from training.core.i18n import _compile, merged_catalogue, money, number

ROOT = Path(__file__).resolve().parent.parent
_KEYWORDS = {"_": None, "gettext": None, "_l": None, "lazy_gettext": None}


def _texts() -> dict[str, str]:
    """Every message id of the code and the templates, with a place that uses it."""
    found = {}
    methods = [("**.py", "python")]
    for file, line, message, *_rest in extract_from_dir(str(ROOT / "training"), methods, keywords=_KEYWORDS):
        found[message] = f"training/{file}:{line}"
    methods = [("**.html", "jinja2"), ("**.txt", "jinja2")]
    for file, line, message, *_rest in extract_from_dir(str(ROOT / "templates"), methods, keywords=_KEYWORDS):
        found[message] = f"templates/{file}:{line}"
    return found


def test_every_text_has_its_vietnamese() -> None:
    catalogue = merged_catalogue()
    translated = {str(message.id) for message in catalogue if message.id and message.string}
    missing = {text: place for text, place in _texts().items() if text not in translated}
    assert not missing


def test_a_compiled_catalogue_of_an_older_release_is_made_anew(tmp_path: Path) -> None:
    target = tmp_path / "messages.mo"
    target.write_bytes(b"of a release that is restored from a backup, and so younger than our texts")
    _compile(target)
    assert "Kế hoạch đào tạo".encode() in target.read_bytes()


def test_no_translation_is_left_over() -> None:
    used = set(_texts())
    left = [str(message.id) for message in merged_catalogue() if message.id and message.id not in used]
    assert not left


def test_placeholders_survive_translation() -> None:
    wrong = []
    for message in merged_catalogue():
        if message.id:
            names = {part.split(")")[0] for part in str(message.id).split("%(")[1:]}
            if names != {part.split(")")[0] for part in str(message.string).split("%(")[1:]}:
                wrong.append(message.id)
    assert not wrong


@pytest.mark.parametrize(("language", "expected"), [("vi", "12.200.000"), ("en", "12,200,000")])
def test_numbers_are_written_as_the_language_does(app: Flask, language: str, expected: str) -> None:
    with app.test_request_context():
        from flask import session

        session["language"] = language
        assert number(12_200_000) == expected
        assert money(12_200_000) == f"{expected}\u00a0đ"


def test_language_can_be_chosen_and_never_leads_elsewhere(client: FlaskClient) -> None:
    response = client.post("/language/en", data={"next": "//evil.example/"})
    assert response.headers["Location"] == "/"
