"""Leadership titles and limits, for every test of careers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from tests.conftest import Province
from training.careers.models import CareerLimits
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.people.models import Employee
from training.standards.models import Title, TitleKind


@dataclass
class Careers:
    head: Title  # a single post
    deputy: Title
    office: Title
    fourth: Title
    committee: Title
    limits: CareerLimits


@pytest.fixture
def careers(province: Province) -> Careers:
    with operation(SYSTEM, "test.careers"):
        titles = [
            Title(code=code, name=name, kind=TitleKind.LEADERSHIP, committee=code == "BCH")
            for code, name in (
                ("CT", "Chủ tịch"), ("PCT", "Phó chủ tịch"), ("TP", "Trưởng phòng"), ("PTP", "Phó trưởng phòng"),
                ("BCH", "Ủy viên ban chấp hành"),
            )
        ]  # fmt: skip
        limits = CareerLimits(valid_from=date(2020, 1, 1), source="Quy định 50")
        db.session.add_all([*titles, limits])
    db.session.commit()
    return Careers(*titles, limits)


def staff(province: Province, count: int, first: int = 100) -> list[Employee]:
    """So many more people in commune X."""
    with operation(SYSTEM, "test.staff"):
        people = [
            Employee(code=f"CB{first + n}", name=f"Ngô Văn {first + n}", unit=province.commune_x, birth_year=1985)
            for n in range(count)
        ]
        db.session.add_all(people)
    db.session.commit()
    return people
