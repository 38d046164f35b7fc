"""Every paper as it looks: `python -m tests.load.papers FOLDER` fills each standard template with demo data (150
people in every list), turns it into PDF and PNG where LibreOffice and pdftoppm are there, and counts the pages."""

from __future__ import annotations

import copy
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from flask_babel import Babel

from training.demo.sheets.names import full_name
from training.documents.models import Paper
from training.documents.papers.fields import SAMPLES
from training.documents.word_templates.filling import Filling, standard

PEOPLE = 150
_UNITS = ("Phường Hồng Gai", "Xã Quảng La", "Ban Quản lý dự án đầu tư xây dựng công trình giao thông tỉnh",
          "Sở Nông nghiệp và Môi trường", "Đặc khu Vân Đồn")  # fmt: skip


def facts(kind: Paper) -> dict[str, Any]:
    """Sample facts with as many rows as a large class, a whole plan."""
    random = Random(1)
    filled = copy.deepcopy(SAMPLES[kind])
    people = [
        {"tt": n, "ho_ten": full_name(random, female=n % 2 == 0, ethnicity="Kinh"), "don_vi": _UNITS[n % 5]}
        for n in range(1, PEOPLE + 1)
    ]

    def many(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**rows[0], **person} for person in people]

    for key in ("hoc_vien", "chung_chi"):
        if isinstance(filled.get(key), list):
            filled[key] = many(filled[key])
    if "nu" in filled:
        filled["tong"], filled["nu"] = str(PEOPLE), str(PEOPLE // 2)
    for week in filled.get("tuan", []):
        week["hoc_vien"] = many(week["hoc_vien"])
    if "tuan" in filled:
        filled["tuan"] *= 2
    for group in filled.get("nhom", []):
        group["dong"] = [{**group["dong"][0], "tt": n} for n in range(1, 9)]
    if "nhom" in filled:
        filled["nhom"] *= 5
        filled["don_vi"] = [{**filled["don_vi"][0], "tt": n, "ten": _UNITS[n % 5]} for n in range(1, 261)]
    if kind is Paper.RESULT_REPORT:
        filled["dong"] *= 11
    return filled


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    app = Flask(__name__)
    Babel(app)
    with app.app_context():
        for kind in Paper:
            path = folder / f"{kind.value}.docx"
            path.write_bytes(Filling(standard(kind)).fill(facts(kind), "http://127.0.0.1:5000/xac-minh/ABCD"))
    if not (shutil.which("soffice") and shutil.which("pdftoppm")):
        print("LibreOffice or pdftoppm is missing: only the .docx files were made.")
        return
    papers = [str(folder / f"{kind.value}.docx") for kind in Paper]
    profile = f"-env:UserInstallation={(folder / 'profile').resolve().as_uri()}"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), *papers],
        check=True, capture_output=True,
    )  # fmt: skip
    for kind in Paper:
        pdf = folder / f"{kind.value}.pdf"
        subprocess.run(["pdftoppm", "-r", "60", "-png", str(pdf), str(pdf.with_suffix(""))], check=True)
        print(kind.value, len(list(folder.glob(f"{kind.value}-*.png"))), "pages")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
