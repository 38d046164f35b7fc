"""A file takes time by the cells that it holds, never minutes, whatever else it carries."""

from __future__ import annotations

import io
import re
import resource
from random import Random

import openpyxl
import pytest
from flask import Flask

from tests.hostile.archives import parts_of, zipped
from tests.hostile.workbooks import SHEET, good, padded
from training.imports.reading import workbook
from training.imports.reading.workbook import Unreadable, read_sheets


def _used() -> float:
    """Processor time of the children that have ended."""
    told = resource.getrusage(resource.RUSAGE_CHILDREN)
    return told.ru_utime + told.ru_stime


def _slow() -> bytes:
    """Ten sheets of rows without cells: 4 MB of them pack to some kilobytes, and take a second to read."""
    book = openpyxl.Workbook()
    for _number in range(9):
        book.create_sheet()
    target = io.BytesIO()
    book.save(target)
    rows = b"<sheetData>" + b"<row/>" * 650_000 + b"</sheetData>"
    parts = parts_of(target.getvalue())
    return zipped(
        {name: re.sub(b"<sheetData ?/>|<sheetData></sheetData>", rows, old) for name, old in parts.items()}
    )


def test_padding_buys_no_time(app: Flask) -> None:
    content = padded(_slow(), 24)
    assert len(content) > 24 << 20
    before = _used()
    with pytest.raises(Unreadable, match="Đọc tệp mất quá nhiều thời gian"):
        list(read_sheets("t.xlsx", content, lambda names, _hidden: names, most_rows=10))
    assert _used() - before < 5.0


def test_a_padded_workbook_that_is_good_is_read(app: Flask) -> None:
    """A logo weighs more than the list below it."""
    [sheet] = read_sheets("t.xlsx", padded(good(), 24), lambda names, _hidden: names)
    assert [values for _number, values in sheet.rows] == [["Mã địa điểm", "Tên địa điểm"], ["UB", "Uông Bí"]]


def test_other_parts_give_a_part_no_room_to_unpack(app: Flask) -> None:
    parts = parts_of(good())
    bomb = zipped({**parts, SHEET: parts[SHEET].replace(b"</sheetData>", b" " * 20_000_000 + b"</sheetData>")})
    with pytest.raises(Unreadable, match="giải nén"):
        list(read_sheets("t.xlsx", padded(bomb, 8), lambda names, _hidden: names))


def test_no_file_gets_minutes() -> None:
    most = 32 << 20
    assert workbook._seconds(most, workbook._SECONDS_PER_MB) == 30.0
    assert workbook._seconds(most, workbook._SECONDS_PER_MB_OF_ANYTHING) < 15.0


def _with_formats(count: int) -> bytes:
    """A good list whose cells were formatted by hand for years: each format another one, as Excel keeps them."""
    sides, random = ("left", "center", "right", "general"), Random(1)
    formats = "".join(
        f'<xf numFmtId="{random.randrange(50)}" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1">'
        f'<alignment horizontal="{random.choice(sides)}" indent="{random.randrange(15)}" '
        f'textRotation="{random.randrange(180)}" wrapText="{random.randrange(2)}"/></xf>'
        for _number in range(count)
    )
    parts = parts_of(good())
    styles = re.sub(
        rb"<cellXfs.*?</cellXfs>",
        f'<cellXfs count="{count}">{formats}</cellXfs>'.encode(),
        parts["xl/styles.xml"],
        flags=re.DOTALL,
    )
    return zipped({**parts, "xl/styles.xml": styles})


def test_a_list_that_was_formatted_for_years_is_read(app: Flask) -> None:
    [sheet] = read_sheets("t.xlsx", _with_formats(32_000), lambda names, _hidden: names)
    assert len(sheet.rows) == 2


def test_a_logo_drawn_in_lines_is_let_in_and_one_with_entities_is_named(app: Flask) -> None:
    """Excel stores a logo as SVG beside its PNG; an entity in it could be expanded by whoever draws it."""
    logo = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/></svg>'
    parts = {**parts_of(good()), "xl/media/image1.svg": logo}
    [sheet] = read_sheets("t.xlsx", zipped(parts), lambda names, _hidden: names)
    assert len(sheet.rows) == 2
    parts["xl/media/image1.svg"] = b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + logo
    with pytest.raises(Unreadable, match=r"xl/media/image1\.svg.*PNG"):
        list(read_sheets("t.xlsx", zipped(parts), lambda names, _hidden: names))
