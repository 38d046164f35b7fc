"""The layout of official papers by Nghị định 30/2020/NĐ-CP, phụ lục I, in python-docx.

Margins: top and bottom 20–25 mm, left 30–35 mm, right 15–20 mm; Times New Roman by name (no font is shipped); the
page number in the middle of the top margin, not on the first page. Rules are borders of empty paragraphs, whose
indents set their length.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import docx
import segno
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import Section
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from ..word_templates.packing import packed, unpacked

FONT = "Times New Roman"
TEXT = 14  # points
LEFT, CENTRE, RIGHT, BOTH = (
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.RIGHT,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)
MARGIN_LEFT, MARGIN_RIGHT, MARGIN_TOP, MARGIN_BOTTOM = 30, 15, 20, 20  # mm
_STYLES = f"""<w:styles {nsdecls("w")}>
<w:docDefaults><w:rPrDefault><w:rPr>
<w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:eastAsia="{FONT}" w:cs="{FONT}"/><w:sz w:val="{2 * TEXT}"/>
<w:szCs w:val="{2 * TEXT}"/><w:lang w:val="vi-VN"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>
<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>
<w:uiPriority w:val="99"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:left w:w="57" w:type="dxa"/>
<w:right w:w="57" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>
</w:styles>"""
# Parts of the library's own empty file that our papers do not need.
_UNUSED = ("customXml", "docProps/thumbnail", "word/theme", "word/stylesWithEffects", "word/webSettings",
           "word/fontTable", "word/numbering")  # fmt: skip


def new_paper(*, landscape: bool = False) -> Document:
    """Return an empty A4 paper."""
    paper = docx.Document()
    styles = paper.styles.element
    for child in list(styles):
        styles.remove(child)
    for child in list(parse_xml(_STYLES)):
        styles.append(child)
    properties = paper.core_properties
    properties.author, properties.title, properties.comments = "", "", ""
    properties.language = "vi-VN"
    page(paper.sections[0], landscape=landscape)
    return paper


def page(section: Section, *, landscape: bool = False) -> None:
    """Set A4, the decree's margins and the page number."""
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(297), Mm(210)) if landscape else (Mm(210), Mm(297))
    section.left_margin, section.right_margin = Mm(MARGIN_LEFT), Mm(MARGIN_RIGHT)
    section.top_margin, section.bottom_margin = Mm(MARGIN_TOP), Mm(MARGIN_BOTTOM)
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True
    section.header.is_linked_to_previous = False
    line = section.header.paragraphs[0]
    styled(line, align=CENTRE)
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        run = line.add_run()
        run.font.size = Pt(13)
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run._r.append(mark)


def annex(paper: Document, *, landscape: bool) -> Section:
    """Begin an annex on a new page, numbered from 1."""
    section: Section = paper.add_section(WD_SECTION.NEW_PAGE)
    page(section, landscape=landscape)
    start = OxmlElement("w:pgNumType")
    start.set(qn("w:start"), "1")
    section._sectPr.append(start)
    return section


def width_of(section: Section) -> float:
    """Return the width of the text in mm."""
    return float((section.page_width - section.left_margin - section.right_margin) / Mm(1))  # type: ignore[operator]  # set above


def styled(line: Paragraph, *, align: WD_ALIGN_PARAGRAPH = LEFT, before: float = 0, after: float = 0,
           first: float = 0, spacing: float = 1.0, keep: bool = False) -> Paragraph:  # fmt: skip
    form = line.paragraph_format
    form.alignment = align
    form.space_before, form.space_after = Pt(before), Pt(after)
    form.line_spacing = spacing
    if first:
        form.first_line_indent = Mm(first)
    if keep:
        form.keep_with_next = True
    return line


def write(
    line: Paragraph, text: str, *, size: float = TEXT, bold: bool = False, italic: bool = False
) -> Paragraph:
    """Add `text`; «**…**» in it is bold."""
    for number, piece in enumerate(text.split("**")):
        if piece:
            run = line.add_run(piece)
            run.font.size = Pt(size)
            run.bold = bold or number % 2 == 1
            run.italic = italic
    return line


def rule(line: Paragraph, indent: float) -> None:
    """Make the empty paragraph a horizontal rule, `indent` mm from both sides of its column."""
    styled(line)
    line.paragraph_format.left_indent = line.paragraph_format.right_indent = Mm(indent)
    line.paragraph_format.line_spacing = Pt(5)
    borders = parse_xml(
        f'<w:pBdr {nsdecls("w")}><w:bottom w:val="single" w:sz="6" w:space="0" w:color="000000"/></w:pBdr>'
    )
    line._p.get_or_add_pPr().append(borders)
    order(line)


def order(line: Paragraph) -> None:
    """Move the borders before spacing and indents, as Word requires."""
    properties = line._p.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    for tag in ("w:spacing", "w:ind", "w:jc"):
        child = properties.find(qn(tag))
        if child is not None:
            properties.remove(child)
            properties.append(child)
    assert borders is not None


def plain_table(paper: Document, widths: Sequence[float]) -> Table:
    """Add a table without lines whose only row has cells of those widths in mm."""
    table: Table = paper.add_table(1, len(widths))
    fixed(table, widths)
    return table


def fixed(table: Table, widths: Sequence[float], beside: float = 1) -> None:
    """Fix the columns at those widths in mm, for any contents; `beside` mm left and right of every cell's text."""
    table.autofit = False
    sides = "".join(f'<w:{side} w:w="{round(57 * beside)}" w:type="dxa"/>' for side in ("left", "right"))
    table._tbl.tblPr.append(parse_xml(f"<w:tblCellMar {nsdecls('w')}>{sides}</w:tblCellMar>"))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)


def line_of(cell: _Cell) -> Paragraph:
    """Return the next paragraph of a cell: its first, if that is still empty."""
    first: Paragraph = cell.paragraphs[0]
    used = first.runs or len(cell.paragraphs) > 1 or first._p.find(qn("w:pPr")) is not None
    if used:
        first = cell.add_paragraph()
    return first


def heading(paper: Document, *, numbered: bool = True) -> None:
    """Add issuer on the left, country and motto on the right, number and date below."""
    breadth = width_of(paper.sections[-1])
    left_width = round(breadth * 0.42, 1)
    table = plain_table(paper, (left_width, breadth - left_width))
    left, right = table.rows[0].cells
    line_of(left).add_run("{%p if co_quan_cap_tren %}")
    write(styled(line_of(left), align=CENTRE), "{{ co_quan_cap_tren }}", size=12)
    line_of(left).add_run("{%p endif %}")
    write(styled(line_of(left), align=CENTRE), "{{ co_quan }}", size=12, bold=True)
    rule(line_of(left), left_width * 0.32)
    write(styled(line_of(right), align=CENTRE), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=12, bold=True)
    write(styled(line_of(right), align=CENTRE), "Độc lập - Tự do - Hạnh phúc", size=13, bold=True)
    rule(line_of(right), (breadth - left_width - 60) / 2)
    if numbered:
        write(styled(line_of(left), align=CENTRE, before=4), "Số: {{ so_ky_hieu }}", size=13)
        write(
            styled(line_of(right), align=CENTRE, before=4),
            "{{ dia_danh }}, {{ ngay_thang }}",
            size=13,
            italic=True,
        )


def title(paper: Document, kind: str, about: str, *, ruled: bool = True) -> None:
    """Add the kind of paper, its subject (trích yếu), and the rule below."""
    write(styled(paper.add_paragraph(), align=CENTRE, before=14, keep=True), kind, bold=True)
    write(styled(paper.add_paragraph(), align=CENTRE, keep=True), about, bold=True)
    if ruled:
        rule(paper.add_paragraph(), width_of(paper.sections[-1]) * 0.38)


def text(paper: Document, words: str, *, italic: bool = False, before: float = 0) -> Paragraph:
    """Add a paragraph of the body."""
    line = styled(paper.add_paragraph(), align=BOTH, before=before, after=6, first=10, spacing=1.1)
    return write(line, words, italic=italic)


def tag(paper: Document, words: str) -> None:
    """Add a paragraph with only a `{%p … %}`, which disappears with it."""
    paper.add_paragraph().add_run(words)


def grounds(paper: Document, authority: str = "{{ tham_quyen }}") -> None:
    """Add the authority that decides, and the grounds (căn cứ)."""
    write(styled(paper.add_paragraph(), align=CENTRE, before=12, after=6), authority, bold=True)
    tag(paper, "{%p for dong in can_cu %}")
    text(paper, "{{ dong }}", italic=True)
    tag(paper, "{%p endfor %}")


def signature(paper: Document, *, copies: bool = True, second: str | None = None, place: bool = False) -> None:
    """Add «Nơi nhận» with the QR code on the left, and the signature with the signer's authority on the right.

    Args:
        copies: whether there is a «Nơi nhận».
        second: who signs on the left instead: «NGƯỜI LẬP BIỂU».
        place: place and date above the signature, where the heading has none.
    """
    breadth = width_of(paper.sections[-1])
    if paper.paragraphs:  # keep at least one line of the text on the page of the signature
        paper.paragraphs[-1].paragraph_format.keep_with_next = True
    styled(paper.add_paragraph(), spacing=0.6, keep=True)
    table = plain_table(paper, (breadth * 0.5, breadth * 0.5))
    row = table.rows[0]
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    left, right = row.cells
    if place:
        write(
            styled(line_of(right), align=CENTRE, keep=True),
            "{{ dia_danh }}, {{ ngay_thang }}",
            size=13,
            italic=True,
        )
    if second:
        if place:
            write(styled(line_of(left), align=CENTRE), " ", size=13)
        write(styled(line_of(left), align=CENTRE, after=60), second, size=13, bold=True)
    if copies:
        write(styled(line_of(left)), "Nơi nhận:", size=12, bold=True, italic=True)
        line_of(left).add_run("{%p for noi in noi_nhan %}")
        write(styled(line_of(left)), "- {{ noi }}", size=11)
        line_of(left).add_run("{%p endfor %}")
    mark(left)
    line_of(right).add_run("{%p if quyen_han %}")
    write(styled(line_of(right), align=CENTRE), "{{ quyen_han }}", size=13, bold=True)
    line_of(right).add_run("{%p endif %}")
    write(styled(line_of(right), align=CENTRE, after=70), "{{ chuc_vu_ky }}", size=13, bold=True)
    write(styled(line_of(right), align=CENTRE), "{{ nguoi_ky }}", size=14, bold=True)


def mark(cell: _Cell, align: WD_ALIGN_PARAGRAPH = LEFT) -> None:
    """Add the QR code, and the secret code in letters for those without a camera."""
    picture = io.BytesIO()
    segno.make("https://example.vn/xac-minh/0000000000000000", error="m", micro=False).save(
        picture, kind="png", scale=3, border=1
    )
    picture.seek(0)
    line = styled(line_of(cell), align=align, before=6)
    shape = line.add_run().add_picture(picture, width=Mm(19))
    shape._inline.docPr.set("descr", "qr")
    shape._inline.docPr.set("name", "qr")
    write(styled(line_of(cell), align=align), "Mã xác minh: {{ ma }}", size=9)


def save(paper: Document, path: Path) -> None:
    """Write the paper without the unused parts of the library's empty file; the output is always the same."""
    target = io.BytesIO()
    for relations in (paper.part.rels, paper.part.package.rels):
        for key in [k for k, r in relations.items() if not r.is_external
                    and str(r.target_part.partname).lstrip("/").startswith(_UNUSED)]:  # fmt: skip
            del relations[key]
    paper.save(target)
    parts = unpacked(target.getvalue())
    parts = {name: part for name, part in parts.items() if name != "docProps/core.xml" or part}
    path.write_bytes(packed(parts))
