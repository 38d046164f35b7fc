"""The papers of a batch as one ZIP, written while it is sent: no temporary files, and constant memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from copy import deepcopy
from itertools import groupby
from typing import IO, Any, cast

import sqlalchemy as sa
from lxml import etree

from ..classes.models import TrainingClass
from ..core.db import db
from ..core.vietnamese import search_key
from ..people.models import Employee, Unit
from .models import Document
from .word_templates.packing import DOCUMENT, packed, unpacked

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_RELATIONS = "word/_rels/document.xml.rels"
_IMAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
_DAY = (2020, 1, 1, 0, 0, 0)


class _Sink:
    """The target of the archive; its output is passed on piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        found, self.pieces = b"".join(self.pieces), []
        return found


def _zipped(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield a ZIP of `files`; they are ZIPs themselves, so they are stored uncompressed."""
    sink = _Sink()
    with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, _DAY), content)
            yield sink.taken()
    yield sink.taken()


def plain(text: str) -> str:
    """Return a name for a file: without marks, words joined by «-»."""
    return "-".join(search_key(text).split())[:80]


def _rows(batch_id: int, *order: Any) -> Iterator[Any]:
    """Yield the papers of a batch, read on a separate connection in small portions, also after the request's
    end."""
    statement = (
        sa.select(
            Document.id,
            Document.number,
            Document.content,
            Employee.code.label("person"),
            Employee.name.label("person_name"),
            TrainingClass.code.label("class_code"),
            Unit.code.label("unit"),
            Unit.name.label("unit_name"),
        )
        .join(Employee, Employee.id == Document.employee_id)
        .join(Unit, Unit.id == Employee.unit_id)
        .join(TrainingClass, TrainingClass.id == Document.class_id)
        .where(Document.batch_id == batch_id)
        .order_by(*order, Document.id)
        .execution_options(stream_results=True, max_row_buffer=50, yield_per=50)
    )
    return _read(db.engine, statement)


def _read(engine: sa.Engine, statement: Any) -> Iterator[Any]:
    with engine.connect() as connection:
        yield from connection.execute(statement)


def one_by_one(batch_id: int) -> Iterator[bytes]:
    """Yield a ZIP with a file for each paper, in a folder for each class."""
    return _zipped(
        (f"{plain(row.class_code)}/{plain(row.person)}-{plain(row.person_name)}-{row.id}.docx", row.content)
        for row in _rows(batch_id, TrainingClass.code)
    )


def by_unit(batch_id: int) -> Iterator[bytes]:
    """Yield a ZIP with a file for each unit: all its papers, each on separate pages, ready to print."""
    rows = groupby(_rows(batch_id, Unit.code), key=lambda row: (row.unit, row.unit_name))
    return _zipped(
        (f"{plain(code)}-{plain(name)}.docx", joined(row.content for row in mine)) for (code, name), mine in rows
    )


def joined(papers: Iterable[bytes]) -> bytes:
    """Return papers made from one template as one file. Each begins on a new page, and page numbers restart.

    The first paper provides styles and headers; the others provide text and pictures.
    """
    whole: dict[str, bytes] = {}
    body: Any = None
    relations: Any = None
    for number, content in enumerate(papers):
        parts = unpacked(content)
        tree = etree.fromstring(parts[DOCUMENT])
        if body is None:
            whole, root = parts, tree
            body, relations = tree.find(f"{_W}body"), etree.fromstring(parts[_RELATIONS])
            continue
        _end_section(body)
        mine = {r.get("Id"): r for r in etree.fromstring(parts[_RELATIONS])}
        for picture in tree.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}blip"):
            relation = mine.get(picture.get(_R_EMBED))
            if relation is None or relation.get("Type") != _IMAGE:
                continue
            source = f"word/{relation.get('Target')}"
            target = f"media/p{number}-{source.rsplit('/', 1)[-1]}"
            whole[f"word/{target}"] = parts[source]
            key = f"rIdp{number}{relation.get('Id')}"
            added = etree.SubElement(relations, relation.tag, Id=key, Type=_IMAGE, Target=target)
            picture.set(_R_EMBED, added.get("Id"))
        for child in list(tree.find(f"{_W}body")):
            body.append(child)
    whole[DOCUMENT] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    whole[_RELATIONS] = etree.tostring(relations, xml_declaration=True, encoding="UTF-8", standalone=True)
    return packed(whole)


def _end_section(body: Any) -> None:
    """Move the properties at the body's end into a paragraph, which ends the section there."""
    last = body[-1]
    if last.tag != f"{_W}sectPr":
        return
    start = last.find(f"{_W}pgNumType")
    if start is None:
        start = etree.SubElement(last, f"{_W}pgNumType")
        last.find(f"{_W}pgMar").addnext(start)
    start.set(f"{_W}start", "1")
    paragraph = etree.SubElement(body, f"{_W}p")
    properties = etree.SubElement(paragraph, f"{_W}pPr")
    properties.append(deepcopy(last))
    body.remove(last)
