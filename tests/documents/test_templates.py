"""Templates: the standard ones fit their fields; an office's own is tried before use, and cannot reach out."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
import pytest
import sqlalchemy as sa
from docx.text.paragraph import Paragraph
from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.documents.conftest import Office, words
from training.core.db import db
from training.core.errors import Refused
from training.documents.models import Paper, PaperTemplate
from training.documents.papers.fields import REPORT_COLUMNS, SAMPLES
from training.documents.standard.papers import write_all
from training.documents.word_templates import filling, store
from training.documents.word_templates.packing import DOCUMENT, packed, unpacked


@pytest.mark.parametrize("kind", list(Paper))
def test_standard_templates_fit_their_fields(app: object, kind: Paper) -> None:
    assert filling.faults_of(filling.standard(kind), SAMPLES[kind]) == []


def test_committed_templates_are_what_the_script_writes(tmp_path: object) -> None:
    for path in write_all(tmp_path):  # type: ignore[arg-type]  # pytest's Path
        committed = unpacked((filling.STANDARD / path.name).read_bytes())
        assert unpacked(path.read_bytes())[DOCUMENT] == committed[DOCUMENT], path.name


@pytest.mark.parametrize("kind", list(Paper))
def test_layout_of_the_decree(app: object, kind: Paper) -> None:
    content = filling.Filling(filling.standard(kind)).fill(SAMPLES[kind], "https://example.vn/A")
    paper = docx.Document(io.BytesIO(content))
    for section in paper.sections:
        size = sorted((round(section.page_width.mm), round(section.page_height.mm)))
        assert size == [210, 297]
        assert 20 <= round(section.top_margin.mm) <= 25
        assert 20 <= round(section.bottom_margin.mm) <= 25
        assert 30 <= round(section.left_margin.mm) <= 35
        assert 15 <= round(section.right_margin.mm) <= 20
        assert section.different_first_page_header_footer
    parts = unpacked(content)
    assert b'w:ascii="Times New Roman"' in parts["word/styles.xml"]
    assert not [name for name in parts if "font" in name.lower()]  # named, never shipped
    text = words(content)
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    assert "Độc lập - Tự do - Hạnh phúc" in text


def test_tables_of_people_repeat_their_header(app: object) -> None:
    for kind in (Paper.TRAINEE_LIST, Paper.ATTENDANCE_SHEET, Paper.RECOGNITION, Paper.CERTIFICATE_REGISTER):
        xml = unpacked(filling.Filling(filling.standard(kind)).fill(SAMPLES[kind], "x"))[DOCUMENT]
        assert b"<w:tblHeader" in xml, kind


@pytest.mark.parametrize("kind", [kind for kind in Paper if kind is not Paper.CERTIFICATE])
def test_no_signature_stands_alone_on_a_page(app: object, kind: Paper) -> None:
    """The line before it, and the empty one between, stay with it."""
    paper = docx.Document(io.BytesIO(filling.Filling(filling.standard(kind)).fill(SAMPLES[kind], "x")))
    body = list(paper.element.body)
    place = next(n for n, part in enumerate(body) if part.tag.endswith("}tbl") and "Mã xác minh" in _text(part))
    for before in body[place - 2 : place]:
        assert Paragraph(before, paper).paragraph_format.keep_with_next, _text(before)


def _text(part: Any) -> str:
    return "".join(part.itertext())


def test_columns_of_the_report_hold_the_whole_province() -> None:
    """«13.372» and «20.620,2» stand on one line: a digit of Times New Roman is half as wide as its size."""
    paper = docx.Document(io.BytesIO(filling.standard(Paper.RESULT_REPORT)))
    table = next(table for table in paper.tables if len(table.columns) > 20)
    point = 25.4 / 72
    for column, field in zip(table.columns, ["tt", "ten", *REPORT_COLUMNS], strict=True):
        whole = {"tong", "nu", "dtts", "trong_nuoc"}
        value = "20.620,2" if field == "kinh_phi" else "13.372" if field in whole else "1.234"
        width = sum((0.5 if sign.isdigit() else 0.25) * 7.5 * point for sign in value)
        if field not in {"tt", "ten"}:
            assert column.width.mm >= width + 2 * 0.4, field


def test_a_summons_ends_with_its_last_words(app: object) -> None:
    """«./.» ends a paper; nothing but the signature comes after it."""
    text = words(filling.Filling(filling.standard(Paper.SUMMONS)).fill(SAMPLES[Paper.SUMMONS], "x"))
    assert "thay cho Giấy triệu tập số 12/GTT-SNV" in text.split("./.")[0]


def changed(kind: Paper, old: str, new: str) -> bytes:
    parts = unpacked(filling.standard(kind))
    text = parts[DOCUMENT].decode()
    assert old in text
    return packed({**parts, DOCUMENT: text.replace(old, new, 1).encode()})


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("{{ ho_va_ten }}", "ho_va_ten"),
        ("{{ hoc_vien.luong }}", "luong"),
        ("{{ hoc_vien.ho_ten }", "phải đủ cặp"),
        ("{% for %}", "phải đủ cặp"),
        ("{{ ''.__class__.__mro__ }}", ""),
        ("{{ hoc_vien.__class__.__init__.__globals__ }}", ""),
        ("{{ 'x' * 999999999 }}", ""),
        ("{% for i in range(9) %}x{% endfor %}", "range"),
        ("{{ cycler.__init__ }}", "cycler"),
    ],
)
def test_bad_templates_are_refused_by_name(people: People, new: str, told: str) -> None:
    content = changed(Paper.SUMMONS, "{{ hoc_vien.ho_ten }}", new)
    with pytest.raises(Refused) as refused:
        store.upload(Paper.SUMMONS, "mau.docx", content, None, actor=people.quan)
    assert told in str(refused.value)
    db.session.rollback()
    assert db.session.scalars(sa.select(PaperTemplate)).all() == []


def test_what_fetches_or_runs_is_refused(people: People) -> None:
    parts = unpacked(filling.standard(Paper.SUMMONS))
    rels = parts["word/_rels/document.xml.rels"].decode().replace(
        "</Relationships>",
        '<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
        'Target="http://example.vn/x.png" TargetMode="External"/></Relationships>',
    )  # fmt: skip
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 50_000_000)
    for content in (
        packed({**parts, "word/_rels/document.xml.rels": rels.encode()}),
        packed({**parts, "word/vbaProject.bin": b"x"}),
        bomb.getvalue(),
        b"no Word file",
    ):
        with pytest.raises(Refused):
            store.upload(Paper.SUMMONS, "mau.docx", content, None, actor=people.quan)


def test_values_are_text_and_nothing_else(app: object) -> None:
    sample = {**SAMPLES[Paper.SUMMONS], "nguoi_ky": '<w:p/> & {{ ma }} "An"'}
    text = words(filling.Filling(filling.standard(Paper.SUMMONS)).fill(sample, "x"))
    assert "&lt;w:p/&gt; &amp; {{ ma }}" in text


def test_versions_are_kept_and_issued_papers_stay(client: FlaskClient, office: Office) -> None:
    before = office.issue(Paper.SUMMONS, office.published.seat("NV001/CV").id)
    own = changed(Paper.SUMMONS, "GIẤY TRIỆU TẬP", "GIẤY MỜI HỌC")
    login(client, office.people.quan)
    page = client.post(
        "/paper-templates/summons", data={"file": (io.BytesIO(own), "mau.docx")}, follow_redirects=True
    )
    assert "mau.docx" in page.text
    after = office.issue(Paper.SUMMONS, office.published.seat("NV002/CV").id)
    assert "GIẤY MỜI HỌC" in words(after.content)
    assert "GIẤY TRIỆU TẬP" in words(before.content)
    assert after.template_id is not None
    assert before.template_id is None
    client.post("/paper-templates/summons/use/0")
    again = office.issue(Paper.SUMMONS, office.published.seat("NV002/CV").id, reason="Mẫu cũ")
    assert "GIẤY TRIỆU TẬP" in words(again.content)
    faulty = client.post(
        "/paper-templates/summons",
        data={"file": (io.BytesIO(changed(Paper.SUMMONS, "{{ gio_co_mat }}", "{{ gio_den }}")), "sai.docx")},
    )
    assert "gio_den" in faulty.text
