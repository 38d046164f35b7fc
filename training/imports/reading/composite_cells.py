"""Cells that refer to other rows by code, and cells that contain several values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from ...core.vietnamese import nfc
from .cells import CellFault, CellType, Ids, Warn, as_text, read_day, show_day
from .text_cells import Text, code


@dataclass(frozen=True)
class Lookup(CellType):
    """The code of a row of another kind (or of this one)."""

    kind: str = ""
    number_format: str = "@"

    @property
    def points_to(self) -> str:
        return self.kind

    def _read(self, raw: Any, warn: Warn) -> str:
        return str(code().read(raw, warn))

    def stored(self, plain: Any, ids: Ids) -> Any:
        return ids[self.kind][plain] if plain else None

    def references(self, plain: Any) -> list[tuple[str, str]]:
        return [(self.kind, plain)] if plain else []

    def respelt(self, plain: Any, spelling: Callable[[str, str], str]) -> Any:
        return spelling(self.kind, plain) if plain else plain

    def explain(self) -> str:
        return "Mã"


@dataclass(frozen=True)
class Lookups(CellType):
    """Several codes, «A; B»; their order has no meaning."""

    kind: str = ""
    width: int = 24
    number_format: str = "@"

    @property
    def points_to(self) -> str:
        return self.kind

    def nothing(self) -> Any:
        return []

    def _read(self, raw: Any, warn: Warn) -> list[str]:
        parts = re.split(r"[;,\n]", _text_of_many(raw, warn))
        return sorted({str(code().read(part, warn)) for part in parts if part.strip()})

    def cell(self, plain: Any) -> Any:
        return "; ".join(plain)

    def stored(self, plain: Any, ids: Ids) -> Any:
        return [ids[self.kind][one] for one in plain or ()]

    def references(self, plain: Any) -> list[tuple[str, str]]:
        return [(self.kind, one) for one in plain or ()]

    def respelt(self, plain: Any, spelling: Callable[[str, str], str]) -> Any:
        return sorted({spelling(self.kind, one) for one in plain or ()})

    def explain(self) -> str:
        return "Các mã, cách nhau bằng dấu «;»"


def _text_of_many(raw: Any, warn: Warn) -> str:
    return str(Text(longest=4000, identifier=True).read(raw, warn))


@dataclass(frozen=True)
class Groups(CellType):
    """Groups of alternatives, «CV | CVC; CCLLCT»: every group must be met, by any one of its codes."""

    kind: str = ""
    width: int = 24
    number_format: str = "@"

    @property
    def points_to(self) -> str:
        return self.kind

    def nothing(self) -> Any:
        return []

    def _read(self, raw: Any, warn: Warn) -> list[list[str]]:
        groups = []
        for part in re.split(r"[;\n]", _text_of_many(raw, warn)):
            codes = sorted({str(code().read(one, warn)) for one in re.split(r"[|/]", part) if one.strip()})
            if codes and codes not in groups:
                groups.append(codes)
        return sorted(groups)

    def cell(self, plain: Any) -> Any:
        return "; ".join(" | ".join(group) for group in plain)

    def stored(self, plain: Any, ids: Ids) -> Any:
        return [[ids[self.kind][one] for one in group] for group in plain or ()]

    def references(self, plain: Any) -> list[tuple[str, str]]:
        return [(self.kind, one) for group in plain or () for one in group]

    def respelt(self, plain: Any, spelling: Callable[[str, str], str]) -> Any:
        return sorted(sorted({spelling(self.kind, one) for one in group}) for group in plain or ())

    def explain(self) -> str:
        return "Các mã: «;» giữa các điều kiện phải có đủ, «|» giữa các mã thay thế nhau"


@dataclass(frozen=True)
class Periods(CellType):
    """Runs of days, both ends included: «02/03/2020–06/03/2020; 16/03/2020–20/03/2020»; a run of one day is
    written as one date."""

    width: int = 44
    number_format: str = "@"

    def nothing(self) -> Any:
        return []

    def _read(self, raw: Any, warn: Warn) -> list[list[str]]:
        if isinstance(raw, date | int | float):
            day = read_day(raw).isoformat()
            return [[day, day]]
        periods = []
        for part in re.split(r"[;\n]", str(raw)):
            if not part.strip():
                continue
            ends = re.findall(r"\d{1,2}[/.]\d{1,2}[/.]\d{4}|\d{4}-\d{2}-\d{2}", part)
            rest = re.sub(r"\d{1,2}[/.]\d{1,2}[/.]\d{4}|\d{4}-\d{2}-\d{2}", "", part)
            if not 1 <= len(ends) <= 2 or not re.fullmatch(r"[\s\u00a0–—\-→]*|\s*(đến|den|to)\s*", rest):
                raise CellFault(
                    _(
                        "“%(text)s” is no run of days: write 02/03/2020–06/03/2020, several with “;” between.",
                        text=nfc(part),
                    )
                )
            first, last = read_day(ends[0]), read_day(ends[-1])
            if last < first:
                raise CellFault(_("“%(text)s” ends before it starts.", text=nfc(part)))
            periods.append([first.isoformat(), last.isoformat()])
        return sorted(periods)

    def cell(self, plain: Any) -> Any:
        return "; ".join(
            show_day(first) if first == last else f"{show_day(first)}–{show_day(last)}" for first, last in plain
        )

    def stored(self, plain: Any, ids: Ids) -> Any:
        return [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in plain or ()]

    def explain(self) -> str:
        return "dd/mm/yyyy–dd/mm/yyyy; nhiều đợt cách nhau bằng dấu «;»"


@dataclass(frozen=True)
class ByYear(CellType):
    """A text for each year, «2023: Hoàn thành tốt; 2024: …»."""

    width: int = 30
    number_format: str = "@"

    def nothing(self) -> Any:
        return {}

    def _read(self, raw: Any, warn: Warn) -> dict[str, str]:
        found = {}
        for part in re.split(r"[;\n]", as_text(raw)):
            if not part.strip():
                continue
            match = re.fullmatch(r"\s*((?:19|20)\d\d)\s*[:\-–]\s*(.+?)\s*", part)
            if not match:
                raise CellFault(_("“%(text)s” is not “year: text”, several with “;” between.", text=nfc(part)))
            found[match.group(1)] = match.group(2)
        return dict(sorted(found.items()))

    def cell(self, plain: Any) -> Any:
        return "; ".join(f"{year}: {text}" for year, text in sorted(plain.items()))

    def explain(self) -> str:
        return "năm: nội dung; nhiều năm cách nhau bằng dấu «;»"
