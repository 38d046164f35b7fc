"""Workbooks and CSV files that attack whoever reads them."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import partial

import openpyxl

from tests.hostile.archives import encrypted, overlapping, parts_of, with_size, zipped

Made = tuple[str, str, Callable[[], bytes]]  # (what it is, name of the file, its content)

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
STYLES = "xl/styles.xml"
BOOK = "xl/workbook.xml"
TYPES = "[Content_Types].xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
_BIG = 30_000_000


def good() -> bytes:
    """A workbook of places that nothing is wrong with."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Mã địa điểm", "Tên địa điểm"])
    sheet.append(["UB", "Uông Bí"])
    target = io.BytesIO()
    book.save(target)
    return _with_strings(target.getvalue())


def _with_strings(content: bytes) -> bytes:
    """The workbook with its texts in a part of their own, as Excel keeps them."""
    parts = parts_of(content)
    texts: list[bytes] = []

    def moved(cell: re.Match[bytes]) -> bytes:
        texts.append(cell[2])
        return cell[1] + b't="s"><v>%d</v></c>' % (len(texts) - 1)

    sheet = re.sub(rb'(<c r="[A-Z]+\d+"[^>]*?)t="inlineStr"><is><t>(.*?)</t></is></c>', moved, parts[SHEET])
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strings = b'<sst xmlns="%s">' % main + b"".join(b"<si><t>%s</t></si>" % one for one in texts) + b"</sst>"
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    relation = b'<Relationship Id="rIdS" Type="%s" Target="/xl/sharedStrings.xml"/>' % kind
    media = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%s"/>' % media
    return zipped(
        {
            **parts,
            SHEET: sheet,
            STRINGS: strings,
            RELATIONS: parts[RELATIONS].replace(b"</Relationships>", relation + b"</Relationships>"),
            TYPES: parts[TYPES].replace(b"</Types>", override + b"</Types>"),
        }
    )


def changed(part: str, change: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    def make() -> bytes:
        parts = parts_of(good())
        return zipped({**parts, part: change(parts[part])})

    return make


def _in_sheet(xml: str) -> Callable[[], bytes]:
    """More rows at the end of the sheet."""
    return changed(SHEET, lambda old: old.replace(b"</sheetData>", xml.encode() + b"</sheetData>"))


def _behind(xml: Callable[[], str]) -> Callable[[], bytes]:
    """More of what stands behind the rows."""
    return changed(SHEET, lambda old: old.replace(b"</sheetData>", b"</sheetData>" + xml().encode()))


def _noise(count: int, shape: Callable[[random.Random], str]) -> Callable[[], str]:
    """Many elements that do not pack well, so that nothing but their number is odd."""

    def make() -> str:
        chance = random.Random(7)
        return "".join(shape(chance) for _ in range(count))

    return make


def _cell(chance: random.Random) -> str:
    return f"{'ABCDEFGH'[chance.randrange(8)]}{chance.randrange(1, 1_000_000)}"


def _places() -> Iterator[Made]:
    for row in ("1048577", "2000000", "4000000", "2000000000", "1" + "0" * 18, "1" + "0" * 6000, "-5", "0", "1e9",
                "NaN", "inf", "abc", "5.5", ""):  # fmt: skip
        cells = f'<row r="{row}"><c t="inlineStr"><is><t>X</t></is></c></row>'
        yield f"row {row[:20]!r}", "dong.xlsx", _in_sheet(cells)
    for place in (
        "XFE9",
        "ZZZ9",
        "ZZZZZZZ9",
        "A1048577",
        "A0",
        "9A",
        "A-1",
        "A99999999999",
        "A" * 40 + "1",
        "?",
        "A1:B2",
    ):
        cells = f'<row r="9"><c r="{place}" t="inlineStr"><is><t>X</t></is></c></row>'
        yield f"cell {place[:12]!r}", "o.xlsx", _in_sheet(cells)


def _packings() -> Iterator[Made]:
    for name, packing in (("bzip2", zipfile.ZIP_BZIP2), ("lzma", zipfile.ZIP_LZMA)):
        for part in (SHEET, STRINGS, STYLES, BOOK, TYPES):
            yield (
                f"{name} in {part}",
                "nen.xlsx",
                partial(lambda part, packing: zipped(parts_of(good()), {part: packing}), part, packing),
            )
        yield (
            f"{name} bomb",
            "nen.xlsx",
            partial(lambda packing: zipped({**parts_of(good()), SHEET: b" " * _BIG}, {SHEET: packing}), packing),
        )
    for part in (SHEET, STRINGS, STYLES, BOOK, TYPES, "docProps/app.xml", "xl/media/image1.png", "a/b/c.bin"):
        yield (
            f"deflate bomb in {part}",
            "bom.xlsx",
            partial(
                lambda part: zipped({**parts_of(good()), part: parts_of(good()).get(part, b"") + b" " * 3 * _BIG}),
                part,
            ),
        )
    inner = zipped({"a": b"\0" * _BIG})
    yield "bomb in a bomb", "long.xlsx", lambda: zipped({**parts_of(good()), "xl/b.zip": inner * 2000})
    for size in (0, 1, 100, 2**31 - 1, 2**32 - 2):
        for part in (SHEET, STRINGS):
            yield (
                f"{part} says {size} bytes",
                "doi.xlsx",
                partial(lambda part, size: with_size(good(), part, size), part, size),
            )
    for part in (SHEET, STRINGS, BOOK, TYPES):
        yield f"{part} encrypted", "khoa.xlsx", partial(lambda part: encrypted(good(), part), part)
        yield (
            f"{part} twice",
            "hai.xlsx",
            partial(lambda part: zipped(parts_of(good()), more=[(part, b"<a/>")]), part),
        )
        yield (
            f"{part} twice in capitals",
            "hai.xlsx",
            partial(lambda part: zipped(parts_of(good()), more=[(part.upper(), b"<a/>")]), part),
        )
    for part, other in ((STRINGS, SHEET), (SHEET, STYLES), (STYLES, BOOK)):
        yield (
            f"{part} in the bytes of {other}",
            "chong.xlsx",
            partial(lambda part, other: overlapping(good(), part, other), part, other),
        )
    for share in (3, 10, 25, 40, 55, 70, 80, 90, 95, 99):
        yield f"cut at {share} %", "cut.xlsx", partial(lambda share: good()[: len(good()) * share // 100], share)
    yield "5,000 parts", "nhieu.xlsx", lambda: zipped({**parts_of(good()), **{f"x/{n}": b"" for n in range(5000)}})
    yield "part missing", "thieu.xlsx", lambda: zipped({k: v for k, v in parts_of(good()).items() if k != SHEET})


_LAUGHS = "<!DOCTYPE a [<!ENTITY l0 'ha'>" + "".join(
    f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10)
) + "]>"  # fmt: skip
DOCTYPES = {
    "laughs": _LAUGHS,
    "file": "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
    "network": "<!DOCTYPE a [<!ENTITY x SYSTEM 'http://127.0.0.1:9/x'>]>",
    "parameter": "<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1:9/x.dtd'> %x;]>",
    "quadratic": f"<!DOCTYPE a [<!ENTITY x '{'a' * 50_000}'>]>",
    "dtd alone": "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x.dtd'>",
}


def declared(old: bytes, doctype: str) -> bytes:
    """The XML with a document type."""
    text = old.decode()
    end = text.find("?>") + 2 if text.startswith("<?xml") else 0
    return (text[:end] + doctype + text[end:]).encode()


def _entities() -> Iterator[Made]:
    for part in (SHEET, STRINGS, STYLES, BOOK, TYPES, RELATIONS):
        for name, doctype in DOCTYPES.items():
            yield f"{name} in {part}", "thuc-the.xlsx", changed(part, partial(declared, doctype=doctype))
        for code in ("utf-16", "utf-16-be", "utf-7"):
            yield (
                f"{code} in {part}",
                "ma.xlsx",
                changed(part, partial(lambda code, old: declared(old, _LAUGHS).decode().encode(code), code)),
            )


def _masses() -> Iterator[Made]:
    yield (
        "merged cells",
        "gop.xlsx",
        _behind(
            lambda: (
                "<mergeCells>"
                + _noise(
                    300_000, lambda c: f'<mergeCell ref="{_cell(c)}:H{c.randrange(1_000_000, 1_048_576)}"/>'
                )()
                + "</mergeCells>"
            )
        ),
    )
    yield (
        "hyperlinks",
        "lien-ket.xlsx",
        _behind(
            lambda: (
                "<hyperlinks>"
                + _noise(600_000, lambda c: f'<hyperlink ref="{_cell(c)}" location="{c.random()}"/>')()
                + "</hyperlinks>"
            )
        ),
    )
    yield "validations", "kiem.xlsx", _behind(lambda: "<dataValidations>" + _noise(
        400_000, lambda c: f'<dataValidation sqref="{_cell(c)}" error="{c.random()}"/>')()
        + "</dataValidations>")  # fmt: skip
    yield (
        "styles",
        "kieu.xlsx",
        changed(
            STYLES,
            lambda old: old.replace(b"<cellXfs", b"<cellXfs ", 1).replace(
                b"</cellXfs>",
                _noise(
                    250_000, lambda c: f'<xf numFmtId="{c.randrange(160)}" fontId="{c.randrange(9)}"/>'
                )().encode()
                + b"</cellXfs>",
            ),
        ),
    )
    yield (
        "rows",
        "dong.xlsx",
        changed(
            SHEET,
            lambda old: old.replace(
                b"</sheetData>",
                _noise(260_000, lambda c: f"<row><c><v>{c.random()}</v></c></row>")().encode() + b"</sheetData>",
            ),
        ),
    )
    yield (
        "strings",
        "chuoi.xlsx",
        changed(
            STRINGS,
            lambda old: old.replace(
                b"</sst>", _noise(700_000, lambda c: f"<si><t>{c.random()}</t></si>")().encode() + b"</sst>"
            ),
        ),
    )
    yield (
        "a text of 40,000 signs",
        "dai.xlsx",
        _in_sheet(f'<row r="9"><c r="A9" t="inlineStr"><is><t>{"x" * 40_000}</t></is></c></row>'),
    )
    yield (
        "sheets",
        "trang.xlsx",
        changed(
            BOOK,
            lambda old: old.replace(
                b"</sheets>",
                "".join(
                    f'<sheet name="T{n}" sheetId="{n}" state="visible" r:id="rId1" '
                    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/>'
                    for n in range(2, 200)
                ).encode()
                + b"</sheets>",
            ),
        ),
    )
    for part in (SHEET, STRINGS, STYLES, BOOK):
        yield (
            f"deep nesting in {part}",
            "sau.xlsx",
            changed(
                part,
                lambda old: (
                    old[: old.rfind(b"</")] + b"<a>" * 2_000_000 + b"</a>" * 2_000_000 + old[old.rfind(b"</") :]
                ),
            ),
        )
    yield (
        "string of a number that is none",
        "chi-so.xlsx",
        _in_sheet('<row r="9"><c r="A9" t="s"><v>999999</v></c></row>'),
    )
    yield (
        "string of a huge number",
        "chi-so.xlsx",
        _in_sheet(f'<row r="9"><c r="A9" t="s"><v>{"9" * 5000}</v></c></row>'),
    )
    for kind, value in (("n", "abc"), ("n", "9" * 5000), ("b", "x"), ("d", "99999-99-99"), ("s", "x"), ("d", "x")):
        yield (
            f"value {kind} {value[:9]}",
            "gia-tri.xlsx",
            _in_sheet(f'<row r="9"><c r="A9" t="{kind}"><v>{value}</v></c></row>'),
        )
    yield "style of a number that is none", "kieu.xlsx", _in_sheet('<row r="9"><c r="A9" s="x"><v>1</v></c></row>')


def padded(content: bytes, megabytes: int) -> bytes:
    """The workbook with a part that packs badly and that nothing refers to."""
    target = io.BytesIO(content)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("xl/media/picture1.png", random.Random(1).randbytes(megabytes << 20))
    return target.getvalue()


def _others() -> Iterator[Made]:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4000
    for name, content in {
        "cu.xls": ole,
        "khoa.xlsx": ole + "EncryptedPackage".encode("utf-16-le"),
        "macro.xlsm": b"MZ" + b"\0" * 100,
        "trang.xlsx": b"<html><table><tr><td>1</td></tr></table></html>",
        "xml.xlsx": b"<?xml version='1.0'?>" + _LAUGHS.encode() + b"<a>&l9;</a>",
        "giay.xlsx": b"%PDF-1.7",
        "gz.xlsx": b"\x1f\x8b" + b"\0" * 100,
        "rar.xlsx": b"Rar!\x1a\x07",
        "rong.xlsx": b"PK\x05\x06" + b"\0" * 18,
        "pk.xlsx": b"PK",
        "anh.xlsx": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        "nhi-phan.xlsb": zipped({TYPES: b"<a/>", "xl/workbook.bin": b"x"}),
        "word.xlsx": zipped({TYPES: b"<a/>", "word/document.xml": b"<a/>"}),
        "mo.xlsx": zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
    }.items():
        yield name, name, partial(lambda content: content, content)
    head = "Mã địa điểm;Tên địa điểm\n"
    for name, text in {
        "field of 200,000 signs": head + f'UB;"{"x" * 200_000}"\n',
        "field of 40,000 signs": head + f"UB;{'x' * 40_000}\n",
        "field without an end": head + 'UB;"' + "x\n" * 200_000,
        "zero bytes": head + "UB;\0\n",
        "300,000 rows": head + "UB;Uông Bí\n" * 300_000,
        "nothing": " \n" * 100_000,
        "columns": head + ";" * 3_000_000 + "\n",
        "quotes": head + '"' * 300_001,
        "no headers": "UB;Uông Bí\n" * 10,
    }.items():
        yield f"CSV: {name}", "bang.csv", partial(lambda text: text.encode(), text)
    yield (
        "CSV: of another encoding",
        "bang.csv",
        lambda: (head + "UB;Uông Bí").encode("utf-8").replace(b"\xc3", b"\xff"),
    )
    yield "CSV: UTF-32 that is none", "bang.csv", lambda: b"\xff\xfe\0\0" + b"\xff" * 400
    yield "CSV: half signs", "bang.csv", lambda: b"\xff\xfe" + b"\x00\xd8" * 400


def workbooks() -> list[Made]:
    return [*_places(), *_packings(), *_entities(), *_masses(), *_others()]
