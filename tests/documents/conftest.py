"""A published plan (that of tests/enrolments) and an office that issues papers."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

import pytest

from tests.conftest import People
from tests.enrolments.conftest import Published, optimise, planned, published, stand_in
from training.core.access import ALL
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.documents import operations
from training.documents.models import Document, Issuer, Paper, Signer
from training.documents.operations import Terms

__all__ = ["optimise", "planned", "published", "stand_in"]


@dataclass
class Office:
    issuer: Issuer
    signer: Signer
    published: Published
    people: People

    def terms(self) -> Terms:
        return Terms(self.issuer, self.signer, today(), ("Căn cứ Luật Cán bộ, công chức;",))

    def issue(self, kind: Paper, subject_id: int, reason: str | None = None) -> Document:
        made = operations.issue(kind, subject_id, self.terms(), reason=reason, actor=self.people.an, scope=ALL)
        db.session.commit()
        return made


@pytest.fixture
def office(published: Published, people: People) -> Office:
    issuer, signer = make_office()
    db.session.commit()
    return Office(issuer, signer, published, people)


def make_office() -> tuple[Issuer, Signer]:
    with operation(SYSTEM, "test.office"):
        issuer = Issuer(
            code="SNV", name="Sở Nội vụ", parent_name="UBND tỉnh Quảng Ninh", place_name="Quảng Ninh",
            copies="Như Điều 3;\nLưu: VT.",
        )  # fmt: skip
        signer = Signer(issuer=issuer, name="Đỗ Văn Ký", title="Phó Giám đốc", authority="KT", of_whom="Giám đốc")
        db.session.add_all([issuer, signer])
    return issuer, signer


def words(content: bytes) -> str:
    """The text of a Word file, a line a paragraph."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read("word/document.xml").decode()
    return "\n".join(
        "".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", paragraph)) for paragraph in xml.split("</w:p>")
    )
