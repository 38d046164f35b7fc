"""Việt Nam's public holidays of the years around this release, as initial data; each row can be changed.

Legal sources: the Labour Code 2019 (Bộ luật Lao động 45/2019/QH14), article 112: 1 January, five days at Tết, 10/3
by the lunar calendar, 30 April, 1 May, 2 September and the day before or after; article 111: a day that falls on a
weekend is compensated on the next working day. Which five days at Tết, which day beside 2 September, and which
days are exchanged is announced each year: until then a row says `expected`. So do the rows of 24 November: a
resolution of the Politburo wants the day off with pay, and the Government asked for article 112 to be amended
(30/NQ-CP of February 2026); no act of the National Assembly that does so was found on `_COMPARED`.

Verification: on `_COMPARED` the days were compared with a second list (the open data set «holidays» 0.109, which
names its own sources), those of New Year 2026 with the press of 25 and 26/12/2025; nobody has compared them with
the announcements themselves, which the notes say. A row that is announced names its source and the day on which it
was compared; what could not be compared is `expected`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

_COMPARED = date(2026, 11, 27)
_LAW = "Bộ luật Lao động 45/2019/QH14, Điều 112"
_OF_2025 = "Thông báo 6150/TB-BLĐTBXH ngày 03/12/2024"
_OF_2026 = "Thông báo 9441/TB-BNV ngày 17/10/2025"
_CULTURE = "Nghị quyết 80-NQ/TW ngày 07/01/2026"
_SECOND_LIST = "Đã đối chiếu với một danh mục mở (holidays 0.109); chưa đối chiếu với bản gốc văn bản."
_OF_NEW_YEAR_2026 = "Văn bản 12729/VPCP-KGVX ngày 25/12/2025"
_BY_PRESS = "Đã đối chiếu với tin đã đăng ngày 25 và 26/12/2025; chưa đối chiếu với bản gốc văn bản."
_WANTED = (
    "Chủ trương của Bộ Chính trị; Nghị quyết 30/NQ-CP giao sửa khoản 1 Điều 112 Bộ luật Lao động. Chưa tìm thấy "
    "văn bản của Quốc hội quy định ngày nghỉ này: cần kiểm tra lại."
)
_BY_PATTERN = "Chưa có thông báo chính thức; tính theo quy định và cách nghỉ các năm trước. " + _SECOND_LIST

NEW_YEAR, TET, KINGS = "Tết Dương lịch", "Tết Nguyên đán", "Giỗ Tổ Hùng Vương"
VICTORY, LABOUR, NATION, CULTURE = (
    "Ngày Chiến thắng 30/4",
    "Ngày Quốc tế lao động 1/5",
    "Quốc khánh 2/9",
    "Ngày Văn hóa Việt Nam",
)


def _off(name: str, first: date, last: date | None = None, source: str = _LAW, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "first": first,
        "last": last or first,
        "kind": "off",
        "state": "decreed",
        "source": source,
        "checked_on": _COMPARED,
        "note": _SECOND_LIST,
        **more,
    }


def _worked(day: date, of: date, source: str, **more: Any) -> dict[str, Any]:
    return _off(f"Làm bù cho ngày {of:%d/%m/%Y}", day, source=source, kind="worked", **more)


def _expected(name: str, first: date, last: date | None = None) -> dict[str, Any]:
    return _off(name, first, last, state="expected", note=_BY_PATTERN)


def _culture(first: date, last: date | None = None) -> dict[str, Any]:
    return _off(CULTURE, first, last, _CULTURE, state="expected", note=_WANTED)


SHIPPED: tuple[dict[str, Any], ...] = (
    _off(NEW_YEAR, date(2025, 1, 1)),
    _off(TET, date(2025, 1, 27), date(2025, 1, 31), _OF_2025),
    _off(KINGS, date(2025, 4, 7)),
    _worked(date(2025, 4, 26), date(2025, 5, 2), _OF_2025),
    _off(VICTORY, date(2025, 4, 30)),
    _off(LABOUR, date(2025, 5, 1)),
    _off("Nghỉ hoán đổi dịp 30/4 – 1/5", date(2025, 5, 2), source=_OF_2025),
    _off(NATION, date(2025, 9, 1), date(2025, 9, 2), _OF_2025),
    _off(NEW_YEAR, date(2026, 1, 1)),
    _off("Nghỉ hoán đổi dịp Tết Dương lịch", date(2026, 1, 2), source=_OF_NEW_YEAR_2026, note=_BY_PRESS),
    _worked(date(2026, 1, 10), date(2026, 1, 2), _OF_NEW_YEAR_2026, note=_BY_PRESS),
    _off(TET, date(2026, 2, 16), date(2026, 2, 20), _OF_2026),
    _off(KINGS, date(2026, 4, 26), date(2026, 4, 27), note="Nghỉ bù ngày 27/4. " + _SECOND_LIST),
    _off(VICTORY, date(2026, 4, 30)),
    _off(LABOUR, date(2026, 5, 1)),
    _worked(date(2026, 8, 22), date(2026, 8, 31), _OF_2026),
    _off("Nghỉ hoán đổi dịp Quốc khánh", date(2026, 8, 31), source=_OF_2026),
    _off(NATION, date(2026, 9, 1), date(2026, 9, 2), _OF_2026),
    _culture(date(2026, 11, 24)),
    _off(NEW_YEAR, date(2027, 1, 1)),
    _expected(TET, date(2027, 2, 4), date(2027, 2, 10)),
    _off(KINGS, date(2027, 4, 16)),
    _off(VICTORY, date(2027, 4, 30)),
    _off(LABOUR, date(2027, 5, 1), date(2027, 5, 3), note="Nghỉ bù ngày 03/5. " + _SECOND_LIST),
    _expected(NATION, date(2027, 9, 2), date(2027, 9, 3)),
    _culture(date(2027, 11, 24)),
    _off(NEW_YEAR, date(2028, 1, 1), date(2028, 1, 3), note="Nghỉ bù ngày 03/01. " + _SECOND_LIST),
    _expected(TET, date(2028, 1, 24), date(2028, 1, 28)),
    _off(KINGS, date(2028, 4, 4)),
    _off(VICTORY, date(2028, 4, 30)),
    _off(LABOUR, date(2028, 5, 1), date(2028, 5, 2), note="Nghỉ bù ngày 02/5 cho ngày 30/4. " + _SECOND_LIST),
    _expected(NATION, date(2028, 9, 1), date(2028, 9, 4)),
    _culture(date(2028, 11, 24)),
    _off(NEW_YEAR, date(2029, 1, 1)),
    _expected(TET, date(2029, 2, 12), date(2029, 2, 16)),
    _off(KINGS, date(2029, 4, 23)),
    _off(VICTORY, date(2029, 4, 30)),
    _off(LABOUR, date(2029, 5, 1)),
    _expected(NATION, date(2029, 9, 2), date(2029, 9, 4)),
    _culture(date(2029, 11, 24), date(2029, 11, 26)),
)  # fmt: skip
