"""The usual grounds (căn cứ) of a decision; the issuer changes them on the form."""

from __future__ import annotations

from ..models import Paper

_LAW = (
    "Căn cứ Luật Cán bộ, công chức;",
    "Căn cứ Luật Viên chức;",
    "Căn cứ Nghị định số 101/2017/NĐ-CP ngày 01 tháng 9 năm 2017 của Chính phủ về đào tạo, bồi dưỡng cán bộ, công "
    "chức, viên chức; Nghị định số 89/2021/NĐ-CP ngày 18 tháng 10 năm 2021 của Chính phủ sửa đổi, bổ sung một số "
    "điều của Nghị định số 101/2017/NĐ-CP;",
)  # fmt: skip
_PLAN = "Căn cứ kế hoạch đào tạo, bồi dưỡng cán bộ, công chức, viên chức đã được phê duyệt;"
USUAL: dict[Paper, tuple[str, ...]] = {
    Paper.PLAN_DECISION: (*_LAW, "Theo đề nghị của Trưởng phòng Công chức, viên chức."),
    Paper.OPENING_DECISION: (*_LAW, _PLAN, "Theo đề nghị của đơn vị chủ trì lớp học."),
    Paper.RECOGNITION: (
        *_LAW,
        _PLAN,
        "Căn cứ kết quả học tập của học viên;",
        "Theo đề nghị của phụ trách lớp học.",
    ),
}
