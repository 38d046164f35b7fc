"""Tables with lines in official papers: a heading that is repeated on every page, a row for each item of a
loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm
from docx.table import Table, _Cell

from .layout import CENTRE, LEFT, fixed, line_of, styled, write

_NARROW = 8  # mm: the headings of narrower columns are upright
_LINES = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column of a table: heading, width in mm, contents of each row's cell."""

    heading: str
    width: float
    cell: str
    align: WD_ALIGN_PARAGRAPH = LEFT


def lined(table: Table) -> None:
    properties = table._tbl.tblPr
    borders = parse_xml(f"<w:tblBorders {nsdecls('w')}>{_LINES}</w:tblBorders>")
    layout = properties.find(qn("w:tblLayout"))
    if layout is not None:
        layout.addprevious(borders)
    else:
        properties.append(borders)


def head_row(table: Table, number: int) -> None:
    """Repeat the row on every page, and do not break it."""
    properties = table.rows[number]._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    properties.append(OxmlElement("w:tblHeader"))


def cell_text(cell: _Cell, words: str, *, size: float, bold: bool = False, italic: bool = False,
              align: WD_ALIGN_PARAGRAPH = LEFT) -> None:  # fmt: skip
    write(styled(line_of(cell), align=align), words, size=size, bold=bold, italic=italic)
    cell.vertical_alignment = 1  # type: ignore[assignment]  # centre


def grid(paper: Document, columns: Sequence[GridColumn], loop: str, *, size: float = 12,
         groups: Sequence[tuple[int, int, str]] = (), total: Sequence[str] | None = None,
         upright_below: float = _NARROW, beside: float = 1) -> Table:  # fmt: skip
    """Add a table with lines: heading, a row for each of `loop` («hv in hoc_vien»), a row of totals.

    Args:
        groups: (first, last, heading) of columns under a common heading.
        total: the cells of the last row.
        upright_below: columns narrower than that (mm) have an upright heading.
        beside: mm left and right of a cell's text.
    """
    depth = 2 if groups else 1
    table: Table = paper.add_table(depth, len(columns))
    fixed(table, [column.width for column in columns], beside)
    lined(table)
    grouped = {n for first, last, _heading in groups for n in range(first, last + 1)}
    for n, column in enumerate(columns):
        cell = table.cell(depth - 1, n)
        if groups and n not in grouped:
            cell = table.cell(0, n).merge(cell)
        cell_text(cell, column.heading, size=size, bold=True, align=CENTRE)
        if column.width < upright_below:
            upright(table, cell)
    for first, last, words in groups:
        cell_text(table.cell(0, first).merge(table.cell(0, last)), words, size=size, bold=True, align=CENTRE)
    for number in range(depth):
        head_row(table, number)
    loop_rows(table, columns, loop, size=size)
    if total:
        for cell, column, words in zip(new_row(table), columns, total, strict=True):
            cell_text(cell, words, size=size, bold=True, align=column.align)
    return table


def upright(table: Table, cell: _Cell) -> None:
    """Turn a heading whose words are longer than the width of its column."""
    direction = OxmlElement("w:textDirection")
    direction.set(qn("w:val"), "btLr")
    properties = cell._tc.get_or_add_tcPr()
    properties.append(direction)
    centre = properties.find(qn("w:vAlign"))
    if centre is not None:  # Word requires it after the direction
        properties.append(centre)
    table.rows[-1].height = Mm(27)


def new_row(table: Table) -> Sequence[_Cell]:
    row = _row(table)
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    cells: Sequence[_Cell] = row.cells
    return cells


def _row(table: Table) -> Any:
    add: Any = table.add_row  # the library has no types for it
    return add()


def loop_rows(table: Table, columns: Sequence[GridColumn], loop: str, *, size: float) -> None:
    _row(table).cells[0].paragraphs[0].add_run("{%tr for " + loop + " %}")
    for cell, column in zip(new_row(table), columns, strict=True):
        cell_text(cell, column.cell, size=size, align=column.align)
    _row(table).cells[0].paragraphs[0].add_run("{%tr endfor %}")
