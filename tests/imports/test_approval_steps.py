"""Steps of approval by sheet: out, changed, and back in, by the same operation as on the page."""

from __future__ import annotations

import pytest

from tests.conftest import Province
from tests.imports.books import workbook
from tests.needs.chains import give_chain
from training.core.access import Scope
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.errors import Refused
from training.imports import operations as imports
from training.imports.kinds.all_kinds import sheets_of
from training.imports.writing import export
from training.needs.approval.approvers import StepChain
from training.needs.registering import save_need

HEADER = ["Mã đợt", "Số thứ tự", "Tên bước", "Vai trò duyệt", "Không tự duyệt cho mình", "Hạn xử lý"]


def steps(province: Province, *rows: list[object]) -> None:
    content = workbook({"BuocDuyet": [HEADER, *([province.round.code, *row] for row in rows)]})
    imports.import_now("rounds", "b.xlsx", content, actor=SYSTEM)
    db.session.commit()


def names(province: Province) -> list[tuple[str, str, bool]]:
    return [(step.name, step.role, step.forbids_own) for step in StepChain(province.round.id).steps]


def test_a_round_gets_its_steps_by_sheet(province: Province) -> None:
    steps(
        province, [2, "Thẩm định", "Người thẩm định", "", "30/11/2026"], [1, "Thủ trưởng", "Lãnh đạo", "Không", ""]
    )
    assert names(province) == [("Thủ trưởng", "leader", False), ("Thẩm định", "appraiser", True)]
    before = [step.id for step in StepChain(province.round.id).steps]
    steps(province, [2, "Phòng thẩm định", "Người thẩm định", "", "30/11/2026"])
    assert names(province)[1][0] == "Phòng thẩm định"
    assert [step.id for step in StepChain(province.round.id).steps] == before, "renamed, not replaced"


def test_what_went_out_comes_in_without_a_change(province: Province) -> None:
    give_chain(province.round)
    before = names(province)
    content = export(sheets_of("rounds"), scope=Scope(everything=True))
    batch = imports.import_now("rounds", "b.xlsx", content, actor=SYSTEM)
    assert all(count["unchanged"] == sum(count.values()) for count in batch.preview["counts"].values())
    assert names(province) == before


def test_a_chain_does_not_begin_under_needs_by_sheet_either(province: Province) -> None:
    values = {"round_id": province.round.id, "employee_id": province.chi.id, "course_id": province.basic.id}
    save_need({**values, "priority": 2}, actor=SYSTEM)
    db.session.commit()
    with pytest.raises(Refused, match="đăng ký không qua phê duyệt"):
        steps(province, [1, "Thủ trưởng", "Lãnh đạo", "", ""])
    db.session.rollback()
    assert names(province) == []
