"""The law on certificates that are lost, damaged or wrong, as far as its text could be compared; shown beside the
acts that it governs.

The originals were not available: `compared_with` names the text that was read instead. A rule that could not be
compared says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ...holidays.queries import work_calendar

ANSWER_WITHIN = 5  # working days: Thông tư 03/2023/TT-BNV, Điều 5 khoản 4


@dataclass(frozen=True, slots=True)
class Regulation:
    """One rule and its legal source.

    Attributes:
        rule: in Vietnamese, as papers are.
        checked_on: when it was compared; None: it could not be.
    """

    source: str
    rule: str
    checked_on: date | None
    compared_with: str = ""


_CHECKED = date(2026, 11, 27)
_QUOTED = "bản trích Điều 5 trên trang hỏi đáp pháp luật; chưa đối chiếu với bản gốc"
_TRAINING = "Thông tư 03/2023/TT-BNV, Điều 5"
_EDUCATION = "Thông tư 21/2019/TT-BGDĐT"

REGULATIONS = (
    Regulation(
        f"{_TRAINING} khoản 2",
        "Chứng chỉ chương trình bồi dưỡng cán bộ, công chức, viên chức được cấp 01 lần.",
        _CHECKED,
        _QUOTED,
    ),
    Regulation(
        f"{_TRAINING} khoản 3",
        "Chứng chỉ bị mất, hư hỏng: cơ sở cấp giấy chứng nhận hoàn thành khóa học, có giá trị như chứng chỉ. "
        "Chứng chỉ có sai sót do lỗi của cơ sở: cơ sở cấp lại chứng chỉ.",
        _CHECKED,
        _QUOTED,
    ),
    Regulation(
        f"{_TRAINING} khoản 4",
        "Thực hiện chậm nhất 05 ngày làm việc kể từ ngày nhận được đơn kèm theo chứng chỉ bị sai sót hoặc hỏng.",
        _CHECKED,
        _QUOTED,
    ),
    Regulation(
        f"{_EDUCATION} (văn bằng, chứng chỉ của hệ thống giáo dục quốc dân)",
        "Người được cấp có quyền yêu cầu chỉnh sửa nội dung khi có quyết định thay đổi hoặc cải chính hộ tịch, "
        "xác định lại dân tộc, giới tính, bổ sung hộ tịch, hoặc đăng ký khai sinh quá hạn, đăng ký lại.",
        _CHECKED,
        "bài giới thiệu Thông tư (trangtinphapluat.com); chưa đối chiếu với bản gốc",
    ),
    Regulation(
        _EDUCATION,
        "Số điều, hồ sơ và trình tự chỉnh sửa, cấp lại, cấp bản sao từ sổ gốc; Thông tư còn hiệu lực hay không.",
        None,
    ),
)


def answer_by(asked_on: date) -> date:
    """Return the last day on which a request of that day is answered in time."""
    day = asked_on
    for _day in range(ANSWER_WITHIN):
        day = work_calendar().next_working_day(day)
    return day
