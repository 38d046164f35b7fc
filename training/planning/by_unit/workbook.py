"""A run by unit as a workbook, in Vietnamese like all papers: the figures of the page, and the names behind them.

Sheets: "Theo đơn vị", "Lý do", "Được xếp", "Chưa xếp", "Ghi chú".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

from flask_babel import force_locale
from sqlalchemy.orm import undefer

from ...core.access import Scope
from ...core.db import db
from ...core.i18n import day, moment
from ...courses.models import Course
from ...files.sheets import SafeWorkbook
from ...needs.models import Priority
from ...people.models import Employee, Unit
from ..models import OptimizerRun, RunNeed
from ..rules.reasons import blocks_in_words, reason_label, reason_sentence
from ..runs.workbook import Column, sheet
from . import words
from .figures import Figures, RunByUnit, UnitLine, by_unit, people_of

_UNITS: tuple[Column, ...] = (
    ("TT", 6), ("Mã đơn vị", 14), ("Đơn vị", 44), ("Đơn vị cấp trên", 36),
    ("Nhu cầu của đơn vị (lượt)", 14), ("Được xếp của đơn vị (lượt)", 14), ("Tỷ lệ của đơn vị (%)", 12),
    ("Mức sàn (%)", 10), ("Còn thiếu so với mức sàn (lượt)", 16),
    ("Nhu cầu, kể cả đơn vị trực thuộc (lượt)", 16), ("Được xếp, kể cả đơn vị trực thuộc (lượt)", 16),
    ("Tỷ lệ, kể cả đơn vị trực thuộc (%)", 14), ("Số người có nhu cầu", 12), ("Số người được xếp", 12),
    ("Số đơn vị dưới mức sàn", 12), ("Đang có chỗ hiện nay (lượt)", 14),
    ("Số người", 10), ("Đạt tiêu chuẩn khi lập kế hoạch", 14), ("Trên số người xác định được", 14),
    ("Đạt tiêu chuẩn sau kế hoạch", 14), ("Trên số người xác định được sau kế hoạch", 14),
    ("Lý do chưa xếp, kể cả đơn vị trực thuộc", 90),
)  # fmt: skip
_PERSON: tuple[Column, ...] = (
    ("TT", 6), ("Mã số", 14), ("Họ và tên", 28), ("Đơn vị khi lập kế hoạch", 40), ("Chương trình", 40),
    ("Mức ưu tiên", 30),
)  # fmt: skip


def workbook(run: OptimizerRun, scope: Scope) -> bytes:
    """Return the workbook of the units of `scope`."""
    found = by_unit(run, scope)
    book = SafeWorkbook(write_only=True)
    with force_locale("vi"):
        sheet(book, "Theo đơn vị", _UNITS, _units(found))
        _reasons(book, found)
        _names(book, run, found)
        _notes(book, run, found)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _units(found: RunByUnit) -> Iterable[Sequence[Any]]:
    names = {line.id: line.name for line in found.lines}
    for number, line in enumerate(found.lines, start=1):
        own = line.own
        yield (
            number, line.code, line.name, names.get(line.parent_id or 0, ""),
            own.needs, own.met, _percent(own), found.floor, line.short, *_whole(line.whole, line.units_short),
        )  # fmt: skip
    total = found.total
    yield (
        "", "", "Tổng cộng", "", total.needs, total.met, _percent(total), found.floor, found.needs_short,
        *_whole(total, len(found.below_floor)),
    )  # fmt: skip


def _whole(whole: Figures, units_short: int) -> Sequence[Any]:
    return (
        whole.needs, whole.met, _percent(whole), whole.people, whole.people_met, units_short, whole.in_force,
        whole.staff, whole.meets, whole.judged, whole.meets_after, whole.judged_after, words.against(whole),
    )  # fmt: skip


def _percent(figures: Figures) -> float | None:
    return None if figures.share is None else round(100 * figures.share, 1)


def _reasons(book: SafeWorkbook, found: RunByUnit) -> None:
    """Write units against reasons, each unit with its own people alone, so that the columns add up."""
    reasons = words.by_weight(found.total)
    columns = (
        ("Mã đơn vị", 14), ("Đơn vị", 44), *((f"{one.label} (lượt)", 16) for one in reasons),
        ("Tổng cộng (lượt)", 12),
    )  # fmt: skip

    def line(code: str, name: str, unmet: Counter[str]) -> Sequence[Any]:
        return (code, name, *(unmet[one.code] for one in reasons), unmet.total())

    rows = [line(one.code, one.name, one.own.unmet) for one in found.lines if one.own.needs]
    sheet(book, "Lý do", columns, [*rows, line("", "Tổng cộng", found.total.unmet)])


def _names(book: SafeWorkbook, run: OptimizerRun, found: RunByUnit) -> None:
    units = {line.id: line for line in found.lines}
    order = {line.id: n for n, line in enumerate(found.lines)}
    statement = people_of(run, found.lines).order_by(Unit.sort_key, Employee.sort_key, Course.sort_key)
    rows = list(db.session.scalars(statement.options(undefer(RunNeed.blocks))).unique())
    rows.sort(key=lambda row: order[_unit_then(row)])
    met = [row for row in rows if row.option]
    unmet = [row for row in rows if not row.option]
    sheet(
        book,
        "Được xếp",
        (*_PERSON, ("Mã lớp", 14), ("Tên lớp", 44)),
        (
            (*_person(n, row, units), row.option.training_class.code, row.option.training_class.name)
            for n, row in enumerate(met, start=1)
            if row.option
        ),
    )
    sheet(
        book,
        "Chưa xếp",
        (*_PERSON, ("Lý do", 28), ("Giải thích", 70), ("Từng lớp", 90)),
        (
            (
                *_person(n, row, units),
                reason_label(row.reason),
                reason_sentence(row.reason),
                blocks_in_words(row.blocks),
            )
            for n, row in enumerate(unmet, start=1)
        ),
    )


def _unit_then(row: RunNeed) -> int:
    return row.unit_id or row.need.employee.unit_id


def _person(number: int, row: RunNeed, units: dict[int, UnitLine]) -> Sequence[Any]:
    need = row.need
    return (
        number, need.employee.code, need.employee.name, units[_unit_then(row)].name, need.course.name,
        Priority(need.priority).label,
    )  # fmt: skip


def _notes(book: SafeWorkbook, run: OptimizerRun, found: RunByUnit) -> None:
    rows: list[Sequence[Any]] = [
        ("Phương án", f"{run.plan.name} ({run.plan.code})"),
        ("Lần chạy", f"{run.id}, theo kế hoạch lúc {moment(run.finished_at)}"),
        ("Trạng thái", run.standing.label if run.standing else "Chưa công bố"),
        ("Đơn vị", "Mỗi người tính cho đơn vị của mình khi lập kế hoạch."),
        ("Mức sàn", f"{found.floor} % số nhu cầu của chính đơn vị, không kể đơn vị trực thuộc."),
    ]
    if found.days is not None:
        on, after = found.days
        rows += [
            ("Đạt tiêu chuẩn khi lập kế hoạch", f"Theo hồ sơ ngày {day(on)}."),
            (
                "Đạt tiêu chuẩn sau kế hoạch",
                f"Ngày {day(after)}, nếu mọi người đều hoàn thành lớp được xếp; chứng chỉ hết hạn trước ngày đó "
                "không còn tính.",
            ),
        ]
    sheet(book, "Ghi chú", (("Nội dung", 34), ("Giải thích", 100)), rows)
