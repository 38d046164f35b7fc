"""What pages, sheets and papers say, read as their readers do: pages by their captions, sheets by another library
than the one that wrote them, papers with python-docx."""

from __future__ import annotations

import io
import re
from typing import Any

from docx import Document
from flask.testing import FlaskClient
from lxml import html
from python_calamine import CalamineWorkbook

from training.core.db import db
from training.core.i18n import merged_catalogue
from training.exports import jobs
from training.exports.models import ExportFile

_VIETNAMESE = {str(message.id): str(message.string) for message in merged_catalogue() if message.id}


def caption(text: str) -> str:
    """How a caption stands on the Vietnamese screen."""
    return _VIETNAMESE[text]


def whole(text: Any) -> int:
    """«13.388», «9.352.700.000 đ», 13388.0 as a number."""
    if isinstance(text, int | float):
        return round(text)
    digits = re.sub(r"[^\d-]", "", str(text).replace("−", "-"))
    return int(digits or 0)


def tenths(text: str) -> int:
    """«9.352,7» in tenths."""
    before, _comma, after = text.strip().partition(",")
    return whole(before) * 10 + int(after or 0)


class Page:
    """A page as it is read: cards with a caption and a figure, tables with a heading."""

    def __init__(self, content: bytes) -> None:
        self.root = html.fromstring(content.decode())
        self.text = " ".join(self.root.text_content().split())

    def card(self, named: str, section: str | None = None) -> int:
        """The figure of the card with that caption, of the whole page or of a labelled section."""
        value, _note = self._card(named, section)
        return whole(value)

    def note(self, named: str, section: str | None = None) -> int:
        """The first number of the small text below a card's figure."""
        _value, note = self._card(named, section)
        found = re.search(r"\d[\d.]*", note)
        assert found, (named, note)
        return whole(found.group())

    def has_card(self, named: str, section: str | None = None) -> bool:
        return bool(self._cards(named, section))

    def _cards(self, named: str, section: str | None) -> list[Any]:
        cards = "//div[contains(@class, 'card-body')][div]"
        if section:
            found = self.root.xpath(f"//section[@aria-labelledby='{section}']{cards}")
        else:  # a section speaks of something else than its page: of today beside what was planned
            found = self.root.xpath(f"//main{cards}[not(ancestor::section)]") or self.root.xpath(f"//main{cards}")
        return [one for one in found if _words(one[0]) == caption(named)]

    def _card(self, named: str, section: str | None) -> tuple[str, str]:
        found = self._cards(named, section)
        assert found, (named, section)
        parts = [_words(part) for part in found[0]]
        return parts[1], parts[2] if len(parts) > 2 else ""

    def table(self, *headings: str, section: str | None = None) -> list[dict[str, str]]:
        """The rows of the first table that has all these headings, its foot last."""
        wanted = {caption(heading) for heading in headings}
        if section:
            tables = self.root.xpath(f"//section[@aria-labelledby='{section}']//table")
        else:
            tables = self.root.xpath("//table[not(ancestor::section)]") or self.root.xpath("//table")
        for table in tables:
            named = [_words(cell) for cell in table.xpath("./thead/tr[1]/*")]
            if wanted <= set(named):
                rows = [list(row) for row in table.xpath("./tbody/tr") + table.xpath("./tfoot/tr")]
                return [dict(zip(named, map(_words, row), strict=False)) for row in rows]
        return []

    def total_of_list(self) -> int:
        """«1–50 of 13.388» above a list."""
        words = next(iter(self.root.xpath("//p[@aria-live='polite']")))
        numbers = re.findall(r"\d[\d.]*", _words(words))
        return whole(numbers[-1]) if numbers else 0


def _words(element: Any) -> str:
    """What is read of a cell on a wide screen: without what stands there for telephones."""
    hidden = element.xpath(".//*[contains(@class, 'd-md-none') or contains(@class, 'd-lg-none')]")
    text = element.text_content().replace("▲", "").replace("▼", "")  # of the column that a list is sorted by
    for one in hidden:
        text = text.replace(one.text_content(), "", 1)
    return " ".join(text.split())


def page(client: FlaskClient, address: str) -> Page:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return Page(response.data)


def download(client: FlaskClient, address: str) -> bytes:
    """The file behind an address; a large one is asked for by the form there, and made as the worker makes it."""
    response = client.get(address)
    forms = html.fromstring(response.data).forms if response.mimetype == "text/html" else []
    asking = next((form for form in forms if form.method == "POST" and form.action == address), None)
    if asking is not None:
        response = client.post(address, data=dict(asking.form_values()))
        assert response.status_code == 302, (address, response.status_code)
        assert "/downloads/" in response.location, (address, response.location)
        asked = db.session.query(ExportFile).order_by(ExportFile.id.desc()).first()
        assert asked is not None
        asked_id = asked.id
        db.session.commit()
        jobs.make(asked_id)
        db.session.expire_all()
        response = client.get(f"/downloads/{asked_id}/file")
    assert response.status_code == 200, (address, response.status_code)
    return response.data


class Sheets:
    """A workbook, read with calamine."""

    def __init__(self, content: bytes) -> None:
        self._book = CalamineWorkbook.from_filelike(io.BytesIO(content))

    def rows(self, name: str) -> list[list[Any]]:
        return self._book.get_sheet_by_name(name).to_python()

    def table(self, name: str) -> list[dict[str, Any]]:
        """The rows of a sheet whose first is its heading."""
        heading, *rows = self.rows(name)
        return [dict(zip(heading, row, strict=False)) for row in rows]

    def pairs(self, name: str) -> dict[str, list[Any]]:
        """First cell → the others."""
        return {str(row[0]): row[1:] for row in self.rows(name)}

    def total(self, name: str, column: int) -> int:
        """A cell of the row «Tổng cộng»."""
        return whole(next(row for row in self.rows(name) if "Tổng cộng" in row)[column])

    def numbered(self, name: str) -> list[list[Any]]:
        """The rows of an official sheet's table: those that begin with a number."""
        return [row for row in self.rows(name) if isinstance(row[0], float)]


class PaperText:
    """A Word paper, read with python-docx: its text, and the cells of its tables."""

    def __init__(self, content: bytes) -> None:
        self._paper = Document(io.BytesIO(content))
        self.text = "\n".join(paragraph.text for paragraph in self._paper.paragraphs)

    def table(self, heading: str) -> list[list[str]]:
        """The rows of the table that has this heading; of merged cells every one says the same."""
        for table in self._paper.tables:
            rows = [[cell.text.strip() for cell in row.cells] for row in table.rows]
            if any(heading in cell for cell in rows[0]):
                return rows
        raise AssertionError(f"no table «{heading}»")

    def number(self, pattern: str) -> int:
        """The number in the text that a pattern with one group finds."""
        found = re.search(pattern, self.text)
        assert found, (pattern, self.text[:600])
        return whole(found.group(1))
