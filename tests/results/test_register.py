"""The register of certificates under many hands at once: 1 to n, no gap, none twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from flask import Flask

from tests.results.conftest import Held
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.results.certificates import registry
from training.results.models import Certificate, CertificateKind, CertificateRegister

CLERKS = 24


def test_numbers_run_from_1_without_gap_or_double(app: Flask, held: Held) -> None:
    """Clerks at once, each with a connection of their own, take one to three numbers; every third gives up after
    taking them."""
    held.finish()
    held.recognise()
    registry.issue(held.opened, actor=SYSTEM)
    db.session.commit()
    (entry,) = registry.living_entries(held.opened.class_id, held.chi.id)
    entry_id, seat_id, class_id = entry.id, held.chi.id, held.opened.class_id
    db.session.rollback()
    year, together = today().year, threading.Barrier(8)

    def clerk(n: int) -> int:
        with app.app_context():
            together.wait(timeout=30)
            with operation(SYSTEM, "test.register") as session:
                count = 1 + n % 3
                register, first = registry.take_numbers(year, "XN-TCT", count)
                session.add_all(
                    Certificate(
                        register=register, number=first + k, kind=CertificateKind.CONFIRMATION,
                        reissue_of_id=entry_id, enrolment_id=seat_id, class_id=class_id, issued_on=today(),
                        holder="Chi", course="CV",
                    )
                    for k in range(count)
                )  # fmt: skip
            if n % 4 == 3:
                db.session.rollback()
                return 0
            db.session.commit()
            return count

    with ThreadPoolExecutor(8) as pool:
        written = sum(pool.map(clerk, range(CLERKS)))

    numbers = db.session.scalars(
        sa.select(Certificate.number)
        .join(Certificate.register)
        .where(CertificateRegister.series == "XN-TCT")
        .order_by(Certificate.number)
    ).all()
    assert 0 < written < sum(1 + n % 3 for n in range(CLERKS))
    assert numbers == list(range(1, written + 1))
