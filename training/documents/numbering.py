"""Numbers of papers: one register for each issuer, kind and year, without gaps."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ..core.db import db
from .models import Paper, PaperRegister

# Crockford's alphabet has no letters that look alike. 16 of them are 80 bits, which cannot be guessed.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 16


def take(issuer_id: int, kind: Paper, year: int, count: int = 1) -> range:
    """Return the next `count` numbers. The register's row stays locked until the transaction ends: others wait,
    and a rollback leaves no gap."""
    statement = insert(PaperRegister).values(issuer_id=issuer_id, kind=kind, year=year, last=count)
    statement = statement.on_conflict_do_update(
        index_elements=["issuer_id", "kind", "year"], set_={"last": PaperRegister.last + count}
    )
    last: int = db.session.scalar(statement.returning(PaperRegister.last)) or 0
    return range(last - count + 1, last + 1)


def printed(number: int, kind: Paper, issuer_code: str) -> str:
    """Return «12/QĐ-SNV»; numbers below ten have a leading zero (Nghị định 30, phụ lục I)."""
    return f"{number:02}/{kind.symbol}-{issuer_code}"


def last_number(issuer_id: int, kind: Paper, year: int) -> int:
    """Return the last number given; 0: none yet."""
    found = db.session.scalar(
        sa.select(PaperRegister.last).where(
            PaperRegister.issuer_id == issuer_id, PaperRegister.kind == kind, PaperRegister.year == year
        )
    )
    return found or 0


def new_code() -> str:
    """Return a secret code for a paper."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def grouped(code: str) -> str:
    """Return «ABCD-EFGH-JKMN-PQRS», as people read it."""
    return "-".join(code[n : n + 4] for n in range(0, len(code), 4))


def typed(text: str) -> str:
    """Return the code as stored, from typed text: any case, with or without dashes, O for 0, I or L for 1."""
    plain = "".join(letter for letter in text.upper() if letter.isalnum())
    return plain.translate(str.maketrans("OIL", "011"))
