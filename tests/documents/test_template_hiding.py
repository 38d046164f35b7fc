"""Templates that hide what they fetch or run: under other endings, behind a second attribute, in branches of the
text of which Word reads only one."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.hostile.archives import zipped
from tests.hostile.templates import DOCUMENT, RELATIONS, TYPES, standard
from training.core.db import db
from training.core.errors import Refused
from training.documents.models import PaperTemplate
from training.documents.word_templates.packing import unpacked
from training.documents.word_templates.safety import refuse_unsafe

_OUTSIDE = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    b'Type="t/image" Target="http://evil.example/x" TargetMode="External"/></Relationships>'
)
_NAMES = (
    'xmlns:x="urn:x" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
)
_EVIL = 'INCLUDEPICTURE "http://evil.example/x"'
_FIELD_TEXT = f"<w:r><w:instrText>{_EVIL}</w:instrText></w:r>"
_GOOD_TEXT = "<w:r><w:instrText>PAGE </w:instrText></w:r>"
_BEGIN, _END = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
_HEADER = f"<w:hdr {_NAMES}><w:p>{_BEGIN}{_FIELD_TEXT}{_END}</w:p></w:hdr>".encode()
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def _body(xml: str) -> dict[str, bytes]:
    parts = standard()
    paragraph = f"<w:p {_NAMES}>{xml}</w:p>".encode()
    return {**parts, DOCUMENT: parts[DOCUMENT].replace(b"<w:body>", b"<w:body>" + paragraph, 1)}


def _relation(xml: str) -> dict[str, bytes]:
    parts = standard()
    added = xml.encode() + b"</Relationships>"
    return {**parts, RELATIONS: parts[RELATIONS].replace(b"</Relationships>", added, 1)}


def _typed(name: str, content: bytes, row: str) -> dict[str, bytes]:
    parts = standard()
    return {**parts, name: content, TYPES: parts[TYPES].replace(b"</Types>", row.encode() + b"</Types>", 1)}


def _override(name: str, kind: str) -> str:
    return f'<Override PartName="/{name}" ContentType="{kind}"/>'


HIDING = {
    "header with another ending": _typed(
        "word/header9.dat", _HEADER, _override("word/header9.dat", f"{_WORD}.header+xml")
    ),
    "header by a default": _typed(
        "word/header9.q", _HEADER, f'<Default Extension="Q" ContentType="{_WORD}.header+xml"/>'
    ),
    "header without an ending": _typed("word/h", _HEADER, _override("word/H", f"{_WORD}.header+xml; a=b")),
    "header called a picture": _typed("word/h.png", _HEADER, _override("word/h.png", "image/png")),
    "header of two types": _typed(
        "word/h.png",
        _HEADER,
        _override("word/h.png", "image/png") + _override("word/h.png", f"{_WORD}.header+xml"),
    ),
    "header in UTF-16": _typed(
        "word/h.dat", _HEADER.decode().encode("utf-16"), _override("word/h.dat", f"{_WORD}.header+xml")
    ),
    "relations with another ending": _typed(
        "word/_rels/document.xml.r",
        _OUTSIDE,
        _override("word/_rels/document.xml.r", "application/vnd.openxmlformats-package.relationships+xml"),
    ),
    "entities with another ending": _typed(
        "word/h.dat",
        b'<!DOCTYPE a [<!ENTITY e "x">]>' + _HEADER,
        _override("word/h.dat", f"{_WORD}.header+xml"),
    ),
    "program with another ending": _typed(
        "word/a.dat", b"\xd0\xcf\x11\xe0", _override("word/a.dat", "application/vnd.ms-office.vbaProject")
    ),
    "document inside a document": _typed(
        "word/a.dat", b"PK\x03\x04", _override("word/a.dat", f"{_WORD}.document")
    ),
    "web page": _typed("word/a.dat", b"<a/>", _override("word/a.dat", "text/html")),
    "drawing with scripts": _typed("word/a.dat", b"<a/>", _override("word/a.dat", "image/svg+xml")),
    "macros in XML": _typed("word/a.dat", b"<a/>", _override("word/a.dat", "application/vnd.ms-word.vbaData+xml")),
    "part of no type": {**standard(), "word/a.q": b"\xd0\xcf\x11\xe0"},
    "macros for the document": _typed(
        "a.xml", b"<a/>", _override("word/document.xml", "application/vnd.ms-word.document.macroEnabled.main+xml")
    ),
    "two instructions, the bad one first": _body(f"<w:fldSimple w:instr='{_EVIL}' x:instr='PAGE'/>"),
    "two instructions, the bad one last": _body(f"<w:fldSimple x:instr='PAGE' w:instr='{_EVIL}'/>"),
    "two kinds of sign": _body(
        f'<w:r><w:fldChar w:fldCharType="begin" x:fldCharType="end"/></w:r>{_GOOD_TEXT}{_FIELD_TEXT}{_END}'
    ),
    "signs of others": _body(
        f'{_BEGIN}{_GOOD_TEXT}<x:fldChar x:fldCharType="end"/><x:fldChar x:fldCharType="begin"/>'
        f"{_FIELD_TEXT}{_END}"
    ),
    "two modes": _relation(
        '<Relationship xmlns:x="urn:x" Id="rX" Type="t/image" Target="a" TargetMode="External"'
        ' x:TargetMode="Internal"/>'
    ),
    "two targets": _relation(
        '<Relationship xmlns:x="urn:x" Id="rX" Type="t/image" Target="http://evil.example/x" x:Target="a.png"/>'
    ),
    "two types": _relation(
        '<Relationship xmlns:x="urn:x" Id="rX" Type="t/oleObject" Target="a" x:Type="t/image"/>'
    ),
    "alternatives": _body(
        f'{_BEGIN}<mc:AlternateContent><mc:Choice Requires="x">{_GOOD_TEXT}</mc:Choice>'
        f"<mc:Fallback>{_FIELD_TEXT}</mc:Fallback></mc:AlternateContent>{_END}"
    ),
    "an alternative before": _body(
        f'{_BEGIN}<mc:AlternateContent><mc:Choice Requires="x">{_GOOD_TEXT}</mc:Choice></mc:AlternateContent>'
        f"{_FIELD_TEXT}{_END}"
    ),
    "what is deleted before": _body(
        f"{_BEGIN}<w:del><w:r><w:delInstrText>PAGE </w:delInstrText></w:r></w:del>{_FIELD_TEXT}{_END}"
    ),
    "what is inserted before": _body(f"{_BEGIN}<w:ins>{_GOOD_TEXT}</w:ins>{_FIELD_TEXT}{_END}"),
    "what is moved away before": _body(f"{_BEGIN}<w:moveFrom>{_GOOD_TEXT}</w:moveFrom>{_FIELD_TEXT}{_END}"),
    "what Word passes over before": _body(f"{_BEGIN}<x:a>{_GOOD_TEXT}</x:a>{_FIELD_TEXT}{_END}"),
    "an end in a branch": _body(
        f"{_BEGIN}{_GOOD_TEXT}<w:del>{_END}{_BEGIN}</w:del>{_FIELD_TEXT}{_END}"
    ),
    "a remark before": _body(f"{_BEGIN}<w:r><w:instrText><!--PAGE -->{_EVIL}</w:instrText></w:r>{_END}"),
    "a word within": _body(f"{_BEGIN}<w:r><w:instrText><x:a>PAGE </x:a>{_EVIL}</w:instrText></w:r>{_END}"),
}  # fmt: skip


@pytest.mark.parametrize("what", HIDING)
def test_what_a_template_hides_is_found(app: object, what: str) -> None:
    with pytest.raises(Refused):
        refuse_unsafe(unpacked(zipped(HIDING[what])))


@pytest.mark.parametrize(
    "what", ["header with another ending", "two instructions, the bad one first", "alternatives"]
)
def test_an_office_is_told_and_the_template_is_not_kept(client: FlaskClient, people: People, what: str) -> None:
    login(client, people.an)
    file = (io.BytesIO(zipped(HIDING[what])), "mau.docx")
    page = client.post("/paper-templates/summons", data={"file": file}, follow_redirects=True)
    assert page.status_code in {200, 422}, page.status_code
    assert "không được phép" in page.text or "mang theo" in page.text or "trỏ ra" in page.text, page.text[:3000]
    assert db.session.scalars(db.select(PaperTemplate)).all() == []


PLAIN = {
    "page numbers": _body(f"{_BEGIN}{_GOOD_TEXT}{_END}"),
    "page numbers in a text box": _body(
        f'<w:r><mc:AlternateContent><mc:Choice Requires="x"><x:box>{_BEGIN}{_GOOD_TEXT}{_END}</x:box></mc:Choice>'
        f"<mc:Fallback>{_BEGIN}{_GOOD_TEXT}{_END}</mc:Fallback></mc:AlternateContent></w:r>"
    ),
    "a deleted page number": _body(f"<w:del>{_BEGIN}{_GOOD_TEXT.replace('instr', 'delInstr')}{_END}</w:del>"),
    "a photograph": _typed(
        "word/media/a.jpeg", b"\xff\xd8\xff\xe0", '<Default Extension="JPEG" ContentType="image/jpeg"/>'
    ),
    "a picture with effects": _typed(
        "word/media/hdphoto1.wdp", b"II\xbc\x01", '<Default Extension="wdp" ContentType="image/vnd.ms-photo"/>'
    ),
    "settings of a printer": _typed(
        "word/printerSettings/printerSettings1.bin",
        b"\x5c\x00\x5c\x00",
        '<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.'
        'printerSettings"/>',
    ),
    "a font": _typed(
        "word/fonts/f.odttf",
        b"\x01\x02\x03",
        '<Default Extension="odttf" ContentType="application/vnd.openxmlformats-officedocument.obfuscatedFont"/>',
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", PLAIN)
def test_what_offices_use_passes(app: object, what: str) -> None:
    refuse_unsafe(unpacked(zipped(PLAIN[what])))
