"""The demo's host finds a class with certificates, and one that still wants a roll call."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from training.core.audit import SYSTEM
from training.core.db import db
from training.core.i18n import today
from training.demo.accounts import create_accounts
from training.demo.needs import carry_over_last_year
from training.demo.papers import create_offices
from training.demo.results import declare_results, hold_last_classes
from training.demo.sheets.province import write_workbooks
from training.imports import operations
from training.imports.kinds.all_kinds import WORKBOOK
from training.needs.models import Round
from training.results.models import BookState, Certificate, ClassBook, Result


def test_two_classes_of_last_year(app: Flask, tmp_path: Path) -> None:
    for file in write_workbooks(tmp_path, trainees=150, classes=8):
        operations.import_now(WORKBOOK, file.name, file.read_bytes(), actor=SYSTEM)
    db.session.commit()
    round_ = db.session.scalars(sa.select(Round)).one()
    carry_over_last_year(round_)
    create_accounts()
    db.session.commit()
    declare_results(round_.year)
    create_offices()
    hold_last_classes(round_.year, today())
    db.session.commit()
    states = db.session.scalars(sa.select(ClassBook.state).order_by(ClassBook.id)).all()
    assert states == [BookState.RECOGNISED, BookState.RUNNING]
    passed = db.session.scalar(sa.select(sa.func.count()).where(Result.passed))
    numbers = db.session.scalars(sa.select(Certificate.number).order_by(Certificate.number)).all()
    assert passed
    assert numbers == list(range(1, passed + 1))
