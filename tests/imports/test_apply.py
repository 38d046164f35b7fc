"""All or nothing; twice is once; what was changed by hand is shown first."""

from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.imports.books import PEOPLE, PLACES, UNITS, workbook
from training.core.audit import SYSTEM, AuditEntry
from training.core.db import db
from training.core.errors import Refused
from training.imports import operations
from training.imports.kinds.all_kinds import WORKBOOK
from training.imports.models import BatchStatus, ImportBatch
from training.people.models import Employee, Place, SensitiveRecord, Unit
from training.people.operations import save_employee, save_place

ALL_SHEETS = {"DiaDiem": PLACES, "DonVi": UNITS, "NhanSu": PEOPLE}


def import_(sheets: dict, kind: str = WORKBOOK) -> ImportBatch:
    batch = operations.import_now(kind, "tinh.xlsx", workbook(sheets), actor=SYSTEM)
    db.session.commit()
    return batch


def previewed(sheets: dict, kind: str = WORKBOOK) -> ImportBatch:
    batch = operations.upload(kind, "tinh.xlsx", workbook(sheets), actor=SYSTEM, queue=False)
    operations.preview(batch, actor=SYSTEM)
    db.session.commit()
    return batch


def person(code: str) -> Employee:
    return db.session.scalars(sa.select(Employee).where(Employee.code == code)).one()


def test_rows_point_to_rows_of_the_same_file(app: Flask) -> None:
    import_(ALL_SHEETS)
    assert person("00017").unit.parent.code == "UB"
    assert person("00017").phone == "0912000017"
    assert (
        db.session.scalar(sa.select(SensitiveRecord.citizen_id).order_by(SensitiveRecord.citizen_id))
        == "022079000018"
    )
    entries = {tuple(row) for row in db.session.execute(sa.select(AuditEntry.operation, AuditEntry.entity))}
    assert ("imports.workbook", "employee") in entries
    assert ("imports.apply", "import_batch") in entries


def test_one_fault_and_nothing_is_written(app: Flask) -> None:
    with pytest.raises(Refused) as refused:
        import_({**ALL_SHEETS, "NhanSu": [*PEOPLE, ["00019", "Lê Hà", "1/1/1990", "Nữ", "P9", None, None]]})
    assert [fault.field for fault in refused.value.faults] == ["NhanSu!E4"]
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Place)) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 0


def test_the_same_file_twice_changes_nothing(app: Flask) -> None:
    import_(ALL_SHEETS)
    before = db.session.scalar(sa.select(sa.func.max(AuditEntry.id)))
    versions = db.session.scalars(sa.select(Employee.version).order_by(Employee.id)).all()
    batch = import_(ALL_SHEETS)
    assert {name: count["unchanged"] for name, count in batch.preview["counts"].items()} == {
        "places": 2,
        "units": 2,
        "employees": 2,
    }
    assert db.session.scalar(sa.select(sa.func.max(AuditEntry.id))) == before
    assert db.session.scalars(sa.select(Employee.version).order_by(Employee.id)).all() == versions


def test_a_new_value_in_the_file_changes_the_row_and_is_shown(app: Flask) -> None:
    import_(ALL_SHEETS)
    changed = [PEOPLE[0], [*PEOPLE[1][:2], "16/03/1985", *PEOPLE[1][3:]], PEOPLE[2]]
    batch = previewed({"NhanSu": changed})
    assert batch.preview["changes"] == [
        {
            "place": "NhanSu!A2",
            "key": "Nguyễn Thị Hoa (00017)",
            "fields": [["Ngày sinh", "15/03/1985", "16/03/1985"]],
        }
    ]
    operations.apply(batch, actor=SYSTEM)
    assert person("00017").birth_date == date(1985, 3, 16)


def test_a_change_by_hand_is_shown_and_kept(app: Flask) -> None:
    import_({"DiaDiem": PLACES})
    row = db.session.scalars(sa.select(Place).where(Place.code == "CP")).one()
    save_place({"name": "Thành phố Cẩm Phả"}, actor=SYSTEM, row=row)
    db.session.commit()

    batch = previewed({"DiaDiem": PLACES})
    assert batch.preview["hand_made"] == [
        {
            "place": "DiaDiem!A3",
            "key": "Cẩm Phả (CP)",
            "fields": [["Tên địa điểm", "Cẩm Phả", "Thành phố Cẩm Phả", "Cẩm Phả"]],
        }
    ]
    assert batch.preview["counts"]["places"]["kept"] == 1
    operations.apply(batch, actor=SYSTEM)
    assert row.name == "Thành phố Cẩm Phả"
    # It is still by hand at the next import, and may be overwritten once it was shown.
    again = previewed({"DiaDiem": PLACES})
    operations.apply(again, actor=SYSTEM, overwrite=True)
    assert again.status == BatchStatus.APPLIED
    assert row.name == "Cẩm Phả"
    assert import_({"DiaDiem": PLACES}).preview["counts"]["places"]["unchanged"] == 2


def test_a_change_by_hand_after_the_preview_is_not_overwritten_unseen(app: Flask) -> None:
    import_({"DiaDiem": PLACES})
    batch = previewed({"DiaDiem": [PLACES[0], ["HL", "TP Hạ Long"], PLACES[2]]})
    row = db.session.scalars(sa.select(Place).where(Place.code == "CP")).one()
    save_place({"name": "Thành phố Cẩm Phả"}, actor=SYSTEM, row=row)
    db.session.commit()
    operations.apply(batch, actor=SYSTEM, overwrite=True)
    assert batch.status == BatchStatus.READY
    assert batch.preview["hand_made_count"] == 1
    assert db.session.scalars(sa.select(Place.name).order_by(Place.code)).all() == ["Thành phố Cẩm Phả", "Hạ Long"]


def test_what_nobody_imported_counts_as_entered_by_hand(app: Flask) -> None:
    save_place({"code": "HL", "name": "Vịnh Hạ Long"}, actor=SYSTEM)
    db.session.commit()
    batch = import_({"DiaDiem": PLACES})
    assert batch.preview["counts"]["places"] == {"new": 1, "changed": 0, "unchanged": 0, "kept": 1, "faulty": 0}
    assert db.session.scalars(sa.select(Place.name).order_by(Place.code.desc())).all() == [
        "Vịnh Hạ Long",
        "Cẩm Phả",
    ]


def test_columns_that_are_not_there_and_fields_that_are_hidden_stay(app: Flask) -> None:
    import_(ALL_SHEETS)
    row = person("00017")
    save_employee({"degree": "Thạc sĩ"}, actor=SYSTEM, row=row)
    import_({"NhanSu": [r[:5] for r in PEOPLE]})
    assert row.degree == "Thạc sĩ"
    assert row.phone == "0912000017"


def test_an_empty_cell_empties_the_field(app: Flask) -> None:
    import_(ALL_SHEETS)
    import_({"NhanSu": [PEOPLE[0], [*PEOPLE[1][:6], None], PEOPLE[2]]})
    assert person("00017").phone is None


def test_sensitive_values_are_compared_but_never_shown(app: Flask) -> None:
    import_(ALL_SHEETS)
    batch = previewed({"NhanSu": [PEOPLE[0], [*PEOPLE[1][:5], "022185000099", PEOPLE[1][6]], PEOPLE[2]]})
    assert batch.preview["changes"][0]["fields"] == [["Số CCCD", "•••", "•••"]]
    assert "0221850000" not in str(batch.preview)
    operations.apply(batch, actor=SYSTEM)
    assert batch.content is None


def test_applied_and_discarded_uploads_cannot_be_applied(app: Flask) -> None:
    batch = previewed({"DiaDiem": PLACES})
    operations.discard(batch, actor=SYSTEM)
    with pytest.raises(Refused):
        operations.request_apply(batch, actor=SYSTEM)
    operations.apply(batch, actor=SYSTEM)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Unit)) == 0
    assert batch.status == BatchStatus.DISCARDED
