"""The contents of a paper, for people who check it: the facts as printed, frozen with it. See decision 16."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from ...core.vietnamese import search_key
from ..models import Document, Paper

_MOST_ROWS = 20  # people of the same name in one list


def facts_printed(row: Document) -> list[tuple[str, str]]:
    """Return (label, value) of everything on the paper that a forger might change. Lists of people are queried by
    name (`rows_of`)."""
    facts = row.facts
    made: Mapping[str, Any] = facts.get("lop") or {}
    person: Mapping[str, Any] = facts["hoc_vien"] if isinstance(facts.get("hoc_vien"), dict) else {}
    totals: Mapping[str, Any] = facts["tong"] if isinstance(facts.get("tong"), dict) else {}
    count = facts.get("tong") if isinstance(facts.get("tong"), str) else ""
    said = [
        (_("Full name"), _joined(" ", person.get("danh_xung"), person.get("ho_ten"))),
        (_("Date of birth"), person.get("ngay_sinh")),
        (_("Position"), person.get("chuc_vu") if row.kind == Paper.SUMMONS else ""),
        (_("Unit"), person.get("don_vi")),
        (_("Course"), made.get("khoa")),
        (_("Class"), _joined(" · ", made.get("ma"), made.get("ten"))),
        (_("Days of the class"), made.get("thoi_gian")),
        (_("Place"), made.get("noi_hoc") if row.kind in {Paper.SUMMONS, Paper.OPENING_DECISION} else ""),
        (_("Time to be there"), facts.get("gio_co_mat")),
        (_("Sent in place of"), facts.get("di_thay")),
        (_("Classification"), facts.get("xep_loai")),
        (_("Number in the register"), facts.get("so_vao_so")),
        (_("In place of"), str(facts.get("thay_cho") or "").strip("()")),
        (_("People"), count),
        (_("Passed"), facts.get("dat")),
        (_("Did not pass"), facts.get("khong_dat")),
        (_("Certificates"), facts.get("so_chung_chi")),
        (_("Year"), facts.get("nam")),
        (_("Plan"), facts.get("ten_ke_hoach")),
        (_("Classes"), totals.get("so_lop") or facts.get("so_lop")),
        (_("Attendances"), totals.get("tong_hoc_vien")),
        (_("Persons"), facts.get("tong_nguoi")),
        (_("Cost (đồng)"), totals.get("kinh_phi") if row.kind == Paper.PLAN_DECISION else facts.get("da_chi")),
        (
            _("Signed by"),
            _joined(", ", facts.get("nguoi_ky"), _joined(" ", facts.get("quyen_han"), facts.get("chuc_vu_ky"))),
        ),
    ]
    return [(label, str(value)) for label, value in said if value]


def _joined(between: str, *parts: Any) -> str:
    return between.join(str(part) for part in parts if part)


def lists_people(row: Document) -> bool:
    """Return whether the paper has a list of people that can be queried by name."""
    return bool(_people(row))


def _people(row: Document) -> list[Mapping[str, Any]]:
    for name in ("hoc_vien", "chung_chi"):
        if isinstance(row.facts.get(name), list):
            found: list[Mapping[str, Any]] = row.facts[name]
            return found
    return []


def rows_of(row: Document, name: str) -> list[list[tuple[str, str]]]:
    """Return the lines of the paper about people with this full name, as printed."""
    wanted = search_key(name)
    mine = [one for one in _people(row) if search_key(str(one.get("ho_ten", ""))) == wanted]
    labels = (
        ("tt", _("Line")),
        ("ho_ten", _("Full name")),
        ("ngay_sinh", _("Date of birth")),
        ("chuc_vu", _("Position")),
        ("don_vi", _("Unit")),
        ("diem", _("Average")),
        ("ket_qua", _("Result")),
        ("xep_loai", _("Classification")),
        ("so_hieu", _("Number")),
        ("ngay_cap", _("Issued on")),
        ("ghi_chu", _("Remark")),
    )
    return [[(label, str(one[key])) for key, label in labels if one.get(key)] for one in mine[:_MOST_ROWS]]
