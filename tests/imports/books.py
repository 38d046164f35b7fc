"""Workbooks for tests, made as people make them: a sheet is a list of rows, the first of them the headers."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl

Sheets = Mapping[str, Sequence[Sequence[Any]]]


def workbook(sheets: Sheets) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


PLACES = [["Mã địa điểm", "Tên địa điểm"], ["HL", "Hạ Long"], ["CP", "Cẩm Phả"]]
UNITS = [
    ["Mã đơn vị", "Tên đơn vị", "Loại đơn vị", "Mã đơn vị cấp trên", "Mã địa điểm", "Vắng tối đa mỗi ngày"],
    ["P1", "Phường Bãi Cháy", "Phường", "UB", "HL", 4],  # its parent stands below it
    ["UB", "UBND tỉnh Quảng Ninh", "Tỉnh", None, "HL", None],
]
PEOPLE_HEADER = ["Mã nhân sự", "Họ và tên", "Ngày sinh", "Giới tính", "Mã đơn vị", "Số CCCD", "Điện thoại"]
PEOPLE = [
    PEOPLE_HEADER,
    ["00017", "Nguyễn Thị Hoa", "15/03/1985", "Nữ", "P1", "022185000017", "0912000017"],
    ["00018", "Trần Văn Bình", 1979, "Nam", "UB", "022079000018", "0912000018"],
]
