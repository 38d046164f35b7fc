"""What the product hands out as a workbook or as CSV holds no formulas, whoever typed them."""

from __future__ import annotations

import ast
import io
from pathlib import Path

import openpyxl
import pytest
from flask.testing import FlaskClient
from openpyxl.cell import WriteOnlyCell

from tests.conftest import People, Province, login
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.files.sheets import XLSX, SafeWorkbook, csv_file, guarded, unguarded

ROOT = Path(__file__).resolve().parent.parent
_WRITERS = {"openpyxl.Workbook", "csv.writer", "csv.DictWriter"}
FORMULA = '=HYPERLINK("http://evil.example","Xem")'


def formulas(content: bytes) -> list[str]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


@pytest.mark.parametrize("write_only", [False, True])
def test_text_is_no_formula(write_only: bool) -> None:
    book = SafeWorkbook(write_only=write_only)
    sheet = book.create_sheet("A")
    sheet.append([FORMULA, "=1+1", 5, None, "a\x01b"])
    cell = WriteOnlyCell(sheet, FORMULA) if write_only else sheet.cell(3, 1, FORMULA)
    if write_only:
        sheet.append([cell])
    else:
        sheet["B3"] = FORMULA
        sheet["C3"].value = FORMULA
    content = book.content()
    assert formulas(content) == []
    read = openpyxl.load_workbook(io.BytesIO(content))["A"]
    assert [one.value for one in read[1]] == [FORMULA, "=1+1", 5, None, "ab"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", " =1+1", "\uff1d1+1", "'=1", "an", "'an"]
)
def test_csv_is_no_formula_and_comes_back(text: str) -> None:
    line = csv_file([[text]]).decode("utf-8-sig")
    assert not line.strip('"').lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d"))
    assert unguarded(guarded(text)) == text


def test_the_gaps_of_people(client: FlaskClient, people: People, province: Province) -> None:
    with operation(SYSTEM, "test.names"):
        province.chi.name = FORMULA
        province.commune_x.name = FORMULA
        province.position.name = FORMULA
    db.session.commit()
    login(client, people.an)
    for address in ("/gaps/headcounts.xlsx", "/exports/employees", "/exports/units"):
        answer = client.get(address)
        if answer.mimetype == XLSX:
            assert formulas(answer.data) == [], address
    content = client.post("/gaps/people.xlsx").data
    assert formulas(content) == []
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert FORMULA in [cell for row in sheet.iter_rows(values_only=True) for cell in row]


def test_there_is_one_writer() -> None:
    """Workbooks and CSV files are made by `training/files/sheets.py` alone."""
    wrong = []
    for path in sorted((ROOT / "training").rglob("*.py")):
        if path == ROOT / "training" / "files" / "sheets.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            imported = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("openpyxl")
            if imported and any(one.name == "Workbook" for one in node.names):  # type: ignore[attr-defined]  # an import
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
            if isinstance(node, ast.Attribute) and ast.unparse(node) in _WRITERS:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong, wrong
