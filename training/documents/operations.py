"""Write operations for papers: issuing and revoking, templates, issuers and signers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from ..classes.models import TrainingClass
from ..classes.money import save_opening
from ..core.access import Scope
from ..core.audit import Actor, operation
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import day, today
from ..core.validation import Check, refuse_if_used
from ..core.vietnamese import search_key
from ..enrolments.publishing.publish import mark_told
from ..web.addresses import absolute
from . import numbering
from .models import Authority, Document, DocumentState, Issuer, Paper, PaperTemplate, Signer
from .numbering import grouped
from .papers import plan, result_report, results
from .papers.subjects import Subject, hold_seat, subject_of
from .papers.wording import long
from .word_templates.filling import Filling, standard
from .word_templates.own_template import OwnTemplate

VERIFY_PATH = "/xac-minh/"
# Imported to register the contents of each kind of paper (`subjects.GATHER`).
SOURCES = (plan, result_report, results)


@dataclass(frozen=True, slots=True)
class Terms:
    """The values that are the same for all papers issued together.

    Attributes:
        issued_on: the day on the paper.
        grounds: căn cứ, a line each.
        details: further fields that the issuer may fill in.
    """

    issuer: Issuer
    signer: Signer
    issued_on: date
    grounds: tuple[str, ...] = ()
    details: Mapping[str, str] | None = None


def filling_in_use(kind: Paper) -> tuple[Filling | OwnTemplate, int | None]:
    """Return the template in use and its id; None: the standard one."""
    own = db.session.scalar(
        sa.select(PaperTemplate)
        .where(PaperTemplate.kind == kind, PaperTemplate.in_use)
        .options(sa.orm.undefer(PaperTemplate.content))
    )
    return (OwnTemplate(own.content), own.id) if own else (Filling(standard(kind)), None)


def filling_of(kind: Paper, template_id: int | None) -> Filling | OwnTemplate:
    """Return the template with that id; None: the standard one."""
    if template_id is None:
        return Filling(standard(kind))
    return OwnTemplate(db.session.get_one(PaperTemplate, template_id).content)


def facts_of(subject: Subject, terms: Terms, symbol: str, issued_on: date, code: str) -> dict[str, Any]:
    """Return the values of all fields."""
    issuer, signer = issuer_of(subject, terms), subject.signature or terms.signer.signature
    own = signer.authority in {Authority.OWN, Authority.ACTING}
    right = "" if signer.authority == Authority.OWN else f"{signer.authority}. {signer.of_whom or ''}".strip()
    deciding = issuer.name if signer.authority == Authority.COLLECTIVE else (
        f"{signer.title if own else signer.of_whom} {issuer.name}"
    )  # fmt: skip
    details = {key: value for key, value in (terms.details or {}).items() if value}
    return {
        "co_quan_cap_tren": (issuer.parent_name or "").upper(),
        "co_quan": issuer.name.upper(),
        "co_quan_viet": issuer.name,
        "so_ky_hieu": symbol,
        "dia_danh": issuer.place_name,
        "ngay_thang": long(issued_on),
        "tham_quyen": deciding.upper(),
        "quyen_han": right.upper(),
        "chuc_vu_ky": "" if signer.authority == Authority.ACTING else signer.title.upper(),
        "nguoi_ky": signer.name,
        "noi_nhan": [line for line in (issuer.copies or "").splitlines() if line.strip()],
        "can_cu": list(terms.grounds),
        "ma": grouped(code),
        **subject.facts,
        **details,
    }


def issuer_of(subject: Subject, terms: Terms) -> Issuer:
    """Return the issuer of the paper: the body of the signer in the class's books, else the chosen one."""
    return subject.signer.issuer if subject.signer is not None else terms.issuer


def public_address(code: str) -> str:
    """Return the address where anyone may check the paper with this code."""
    return absolute(f"{VERIFY_PATH}{code}")


def make(kind: Paper, subject: Subject, terms: Terms, filling: Filling | OwnTemplate, template_id: int | None,
         number: int | None, old: Document | None = None) -> Document:  # fmt: skip
    """Return the paper, not yet in the session.

    Args:
        number: in the issuer's register, taken in this transaction; None: the kind takes none there.
        old: the paper that it replaces; a summons names it.
    """
    code = numbering.new_code()
    issued_on = subject.issued_on or terms.issued_on
    symbol = numbering.printed(number, kind, terms.issuer.code) if number is not None else subject.symbol
    facts = facts_of(subject, terms, symbol or "", issued_on, code)
    if old is not None and kind is Paper.SUMMONS:
        facts["thay_cho"] = f"{old.symbol} ngày {old.issued_on:%d/%m/%Y}"
    content = filling.fill(facts, public_address(code))
    return Document(
        kind=kind,
        plan_id=subject.plan_id,
        class_id=subject.class_id,
        employee_id=subject.employee_id,
        enrolment_id=subject.enrolment_id,
        option_id=subject.option_id,
        issuer_id=issuer_of(subject, terms).id,
        signer_name=(subject.signature or terms.signer.signature).name,
        year=issued_on.year,
        number=number,
        symbol=symbol,
        issued_on=issued_on,
        title=subject.title[:400],
        search=search_key(f"{symbol or ''} {subject.title} {subject.names}")[:900],
        template_id=template_id,
        template_sha256=filling.sha256,
        facts=facts,
        content=content,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        code=code,
        state=DocumentState.ISSUED,
    )


def preview(kind: Paper, subject_id: int, terms: Terms) -> bytes:
    """Return the paper as it would be issued today, without a number and with a code that is not valid."""
    filling, _id = filling_in_use(kind)
    subject = subject_of(kind, subject_id)
    draft = f"…/{kind.symbol}-{terms.issuer.code}" if kind.symbol else (subject.symbol or "")
    facts = facts_of(subject, terms, draft, subject.issued_on or terms.issued_on, "")
    return filling.fill({**facts, "ma": "DỰ THẢO"}, public_address(""))


def issue(kind: Paper, subject_id: int, terms: Terms, *, reason: str | None = None, actor: Actor,
          scope: Scope) -> Document:  # fmt: skip
    """Issue a paper: number it, fill it in, freeze it. It replaces a paper in force for the same subject.

    Args:
        subject_id: of the plan, the class or the seat.
        reason: why the paper in force is replaced; required if there is one.
        scope: hosts issue only papers of their own classes.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "documents.issue"):
        if kind is Paper.SUMMONS:
            hold_seat(subject_id)
        subject = subject_of(kind, subject_id)
        if subject.signer is None:  # the book's signer signed at the time, and is kept
            refuse_terms(terms)
        if not scope.everything and subject.host_id not in scope.host_ids:
            raise Refused(_("This is a class of another host."))
        old = in_force(kind, subject)
        if old is not None and not (reason or "").strip():
            raise Refused(Fault("reason", _("Say why %(paper)s is replaced.", paper=old.symbol or old.title)))
        filling, template_id = filling_in_use(kind)
        year = (subject.issued_on or terms.issued_on).year
        number = numbering.take(terms.issuer.id, kind, year)[0] if kind.symbol else None
        made = make(kind, subject, terms, filling, template_id, number, old)
        if old is not None:
            replace(old, made, str(reason).strip())
        else:
            db.session.add(made)
            _flush()
        after_issue(kind, made, actor=actor)
        return made


def refuse_terms(terms: Terms) -> None:
    faults = []
    if terms.issued_on > today():
        faults.append(Fault("issued_on", _("This day is in the future.")))
    if terms.signer.issuer_id != terms.issuer.id or not terms.signer.active:
        faults.append(Fault("signer_id", _("This person does not sign for this issuer.")))
    elif not terms.signer.signs_on(terms.issued_on):
        text = _("%(signer)s does not sign on %(day)s.", signer=terms.signer, day=day(terms.issued_on))
        faults.append(Fault("signer_id", text))
    if faults:
        raise Refused(*faults)


def in_force(kind: Paper, subject: Subject) -> Document | None:
    """Return the paper of that kind in force for the subject, locked."""
    statement = sa.select(Document).where(Document.kind == kind, Document.state == DocumentState.ISSUED)
    if subject.enrolment_id is not None:
        statement = statement.where(Document.enrolment_id == subject.enrolment_id)
    elif subject.class_id is not None:
        statement = statement.where(Document.class_id == subject.class_id, Document.enrolment_id.is_(None))
    else:
        statement = statement.where(Document.plan_id == subject.plan_id, Document.class_id.is_(None))
    return db.session.scalar(statement.with_for_update())


def replace(old: Document, new: Document, reason: str) -> None:
    """Mark the old row first, with the id that the new one will have, so that two are never in force."""
    new.id = db.session.scalar(sa.text("SELECT nextval(pg_get_serial_sequence('document', 'id'))")) or 0
    old.state, old.ended_on, old.state_reason = DocumentState.REPLACED, today(), reason[:400]
    old.replaced_by_id = new.id
    db.session.flush()
    db.session.add(new)
    _flush()


def _flush() -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        if "uq_document" in str(error.orig):
            raise Refused(_("Somebody else has issued this paper at the same moment.")) from None
        raise


def after_issue(kind: Paper, made: Document, *, actor: Actor) -> None:
    """Apply the consequences of a paper: an opening decision opens its class; a summons makes the plan known to
    its recipient."""
    if kind is Paper.SUMMONS and made.plan_id is not None:
        mark_told(made.plan_id, actor=actor)
    if kind is Paper.OPENING_DECISION and made.class_id is not None:
        row = db.session.get_one(TrainingClass, made.class_id)
        save_opening({"opened_on": made.issued_on, "opening_paper": made.symbol}, actor=actor, row=row)


def revoke(document: Document, reason: str, *, actor: Actor) -> None:
    """Revoke a paper. It stays, with its number, and the page for checking papers says that it is revoked.

    Raises:
        Refused: it is not in force, or no reason is given.
    """
    with operation(actor, "documents.revoke"):
        db.session.refresh(document, with_for_update={"of": Document})
        if document.state != DocumentState.ISSUED:
            raise Refused(_("This paper is not in force any more."))
        if not reason.strip():
            raise Refused(Fault("reason", _("Please fill this in.")))
        document.state, document.ended_on = DocumentState.REVOKED, today()
        document.state_reason = reason.strip()[:400]


# -- issuers and signers ---------------------------------------------------------------------------------------


def save_issuer(values: dict[str, Any], *, actor: Actor, row: Issuer | None = None) -> Issuer:
    """Add or change a body that issues papers.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "documents.save_issuer"):
        check = Check(Issuer, dict(values), row)
        check.columns()
        check.unique("code")
        check.unique("host_id")
        check.stop_if_wrong()
        return check.write()


def delete_issuer(row: Issuer, *, actor: Actor) -> None:
    """Raises:
    Refused: it has issued papers.
    """
    with operation(actor, "documents.delete_issuer") as session:
        if session.scalar(sa.select(Document.id).where(Document.issuer_id == row.id).limit(1)):
            raise Refused(_("This body has issued papers: they would lose their issuer."))
        session.delete(row)


def save_signer(values: dict[str, Any], *, actor: Actor, row: Signer | None = None) -> Signer:
    """Add or change a signer.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "documents.save_signer"):
        check = Check(Signer, dict(values), row)
        check.columns()
        check.one_of("authority", Authority)
        check.period("valid_from", "valid_to")
        own = check.get("authority") in {Authority.OWN, Authority.ACTING}
        if own and check.get("of_whom"):
            check.wrong("of_whom", _("Leave this empty: the person signs in their own right."))
        elif not own and not check.get("of_whom"):
            check.wrong("of_whom", _("Say for whom: GIÁM ĐỐC, ỦY BAN NHÂN DÂN…"))
        check.stop_if_wrong()
        return check.write()


def delete_signer(row: Signer, *, actor: Actor) -> None:
    """Raises:
    Refused: the signer has signed papers; their own page records that they no longer sign.
    """
    with operation(actor, "documents.delete_signer") as session:
        refuse_if_used(row)
        session.delete(row)
