"""Headings that several papers share."""

from __future__ import annotations

from docx.document import Document

from . import layout
from .layout import CENTRE


def annex_title(paper: Document, name: str, about: str) -> None:
    """Add the heading of an annex: its name and subject, and the paper to which it belongs."""
    layout.write(layout.styled(paper.add_paragraph(), align=CENTRE), name, bold=True)
    layout.write(layout.styled(paper.add_paragraph(), align=CENTRE), about, bold=True)
    layout.write(
        layout.styled(paper.add_paragraph(), align=CENTRE, after=8),
        "(Kèm theo Quyết định số {{ so_ky_hieu }} {{ ngay_thang }} của {{ co_quan_viet }})",
        italic=True,
    )


def sheet_head(paper: Document, kind: str, *, attached: bool = False) -> None:
    """Add the heading of a sheet of one class; `attached`: it belongs to the decision that opens the class, once
    that is issued."""
    layout.heading(paper, numbered=False)
    layout.title(paper, kind, "Lớp {{ lop.ten }} (mã lớp {{ lop.ma }})", ruled=False)
    if attached:
        layout.tag(paper, "{%p if lop.mo_lop %}")
        layout.write(
            layout.styled(paper.add_paragraph(), align=CENTRE),
            "(Kèm theo Quyết định mở lớp số {{ lop.mo_lop }})",
            size=13,
            italic=True,
        )
        layout.tag(paper, "{%p endif %}")
    layout.write(
        layout.styled(paper.add_paragraph(), align=CENTRE, after=8),
        "({{ lop.thoi_gian }}; tại {{ lop.noi_hoc }})",
        size=13,
        italic=True,
    )
