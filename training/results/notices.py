"""Notices about results, written within the operation that recognises, corrects or withdraws them: one to each
person, and one summary to the officers of their units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from ..accounts.officers import accounts_with, host_accounts, officers_over
from ..classes.models import TrainingClass
from ..core.access import Role
from ..core.db import db
from ..messages.outbox import News, tell, tell_each, wording
from ..needs.models import ALIVE, Need
from . import queries
from .models import (
    Certificate,
    CertificateRequest,
    CertificateWish,
    Classification,
    Recognition,
    Result,
    ResultCorrection,
)
from .rules import FailedCriterion

_MINE = "/my-results"


def _facts(made: TrainingClass, row: Result, **more: Any) -> dict[str, Any]:
    return {
        "class": made.code,
        "course": made.course.name,
        "passed": row.passed,
        "band": row.classification,
        "faults": row.faults,
        **more,
    }


def _outcome(facts: Mapping[str, Any]) -> str:
    """Return a person's result in words."""
    if facts["passed"]:
        band = facts["band"]
        return str(_("Passed: %(band)s.", band=Classification(band).label) if band else _("Passed."))
    why = " ".join(queries.told(FailedCriterion.from_json(one)) for one in facts["faults"])
    return str(_("Did not pass: %(why)s The need stays for the next round.", why=why))


# -- texts -----------------------------------------------------------------------------------------------------


@wording("results.recognised", label=_l("Your result is recognised"))
def _recognised(facts: Mapping[str, Any]) -> str:
    head = _("%(course)s (class %(class)s), decision %(decision)s:") % facts
    return f"{head} {_outcome(facts)}"


@wording("results.certificate", label=_l("Your certificate is issued"))
def _certificate(facts: Mapping[str, Any]) -> str:
    return str(_("%(course)s (class %(class)s): certificate %(number)s was issued to you.") % facts)


@wording("results.confirmed", label=_l("Your lost certificate is confirmed"))
def _confirmed(facts: Mapping[str, Any]) -> str:
    text = _("%(course)s (class %(class)s): confirmation %(number)s was issued for certificate %(old)s.")
    return str(text % facts)


@wording("results.reissued", label=_l("Your certificate was corrected"))
def _reissued(facts: Mapping[str, Any]) -> str:
    text = _(
        "%(course)s (class %(class)s): certificate %(number)s was issued in place of %(old)s, which no longer "
        "counts."
    )
    return str(text % facts)


@wording("results.certificate_asked", label=_l("Somebody asks for something about a certificate"))
def _certificate_asked(facts: Mapping[str, Any]) -> str:
    wish = CertificateWish(facts["wish"]).label
    text = _("%(person)s, certificate %(number)s (class %(class)s): %(wish)s.")
    return str(text % {**facts, "wish": wish})


@wording("results.certificate_refused", label=_l("Your request about a certificate was refused"))
def _certificate_refused(facts: Mapping[str, Any]) -> str:
    return str(_("Certificate %(number)s: your request was refused: %(answer)s") % facts)


@wording("results.corrected", label=_l("Your result was corrected"))
def _corrected(facts: Mapping[str, Any]) -> str:
    head = _("%(course)s (class %(class)s): your result was corrected (%(ground)s).") % facts
    return f"{head} {_outcome(facts)}"


@wording("results.withdrawn", label=_l("The recognition of your result was withdrawn"))
def _withdrawn(facts: Mapping[str, Any]) -> str:
    return str(
        _(
            "%(course)s (class %(class)s): the recognition was withdrawn (%(ground)s). A certificate of this "
            "class no longer counts; you will be told the new result."
        )
        % facts
    )


@wording("results.unit_recognised", label=_l("Results of your people are recognised"))
def _of_unit(facts: Mapping[str, Any]) -> str:
    text = _("%(course)s (class %(class)s): %(passed)s of your people passed, %(failed)s did not.") % facts
    failed = _("Did not pass: %(names)s.", names=facts["names"]) if facts["names"] else ""
    return f"{text} {failed}".strip()


@wording("results.unit_changed", label=_l("A result of your people was changed"))
def _unit_changed(facts: Mapping[str, Any]) -> str:
    return str(_("%(course)s (class %(class)s), %(people)s: %(what)s") % {**facts, "what": _what(facts)})


def _what(facts: Mapping[str, Any]) -> str:
    if facts["withdrawn"]:
        return str(_("the recognition was withdrawn (%(ground)s).") % facts)
    head = _("the result was corrected (%(ground)s).") % facts
    more = (
        _("The need that “%(round)s” took over can be withdrawn.", round=facts["again"])
        if "again" in facts
        else ""
    )
    return f"{head} {_outcome(facts)} {more}".rstrip()


# -- notifying -------------------------------------------------------------------------------------------------


def tell_recognised(made: TrainingClass, recognition: Recognition, rows: Sequence[Result]) -> None:
    """Notify each person of the result, and each officer with one summary of the people of their units."""
    key, about = f"recognition:{recognition.id}", _about(made)
    tell_each(
        (
            row.enrolment.employee_id,
            News("results.recognised", key, _facts(made, row, decision=recognition.number), _MINE, about),
        )
        for row in rows
    )
    for user_id, mine in _by_officer(rows).items():
        failed = [row.enrolment.employee.name for row in mine if not row.passed]
        said = {
            "class": made.code,
            "course": made.course.name,
            "passed": len(mine) - len(failed),
            "failed": len(failed),
            "names": ", ".join(failed),
        }
        tell([user_id], "results.unit_recognised", f"{key}:unit", said, "/seats", about=about)


def tell_certificates(made: TrainingClass, entries: Iterable[Certificate]) -> None:
    """Notify each holder of the certificate's number."""
    db.session.flush()  # the notice refers to the numbers of the entries
    tell_each(
        (
            entry.enrolment.employee_id,
            News(
                "results.certificate",
                f"certificate:{entry.id}",
                {"class": made.code, "course": made.course.name, "number": entry.full_number},
                _MINE,
                _about(made),
            ),
        )
        for entry in entries
    )


def tell_entry(kind: str, made: TrainingClass, entry: Certificate, old: Certificate) -> None:
    """Notify the holder that an entry replaces another."""
    facts = {"class": made.code, "course": made.course.name, "number": entry.full_number, "old": old.full_number}
    tell_each([(entry.enrolment.employee_id, News(kind, f"certificate:{entry.id}", facts, _MINE, _about(made)))])


def tell_certificate_asked(row: CertificateRequest) -> None:
    """Notify the keepers of the class's book: the accounts of its host, or the planners if it has none."""
    entry = row.certificate
    made, person = entry.training_class, entry.enrolment.employee
    facts = {
        "person": f"{person.name} ({person.code})",
        "number": entry.full_number,
        "class": made.code,
        "wish": row.wish,
    }
    keepers = host_accounts(made.host_id) if made.host_id is not None else set()
    key = f"certificate-request:{row.id}"
    tell(
        keepers or accounts_with(Role.PLANNER), "results.certificate_asked", key, facts,
        f"/certificate-requests/{row.id}", about=_about(made),
    )  # fmt: skip


def tell_certificate_refused(row: CertificateRequest) -> None:
    entry = row.certificate
    facts = {"number": entry.full_number, "answer": row.answer}
    news = News("results.certificate_refused", f"certificate-request:{row.id}", facts, _MINE, ())
    tell_each([(entry.enrolment.employee_id, news)])


def tell_corrected(made: TrainingClass, correction: ResultCorrection) -> None:
    """Notify the person, and the officers of their unit, that a recognised result changed."""
    row, key = correction.result, f"result-correction:{correction.id}"
    said = _facts(made, row, ground=correction.ground)
    tell_each([(row.enrolment.employee_id, News("results.corrected", key, said, _MINE, _about(made)))])
    again = _taken_over(row) if row.passed else None
    if again is not None:
        said |= {"again": again.round.name}
    _tell_officers(made, [row], key, said, withdrawn=False, link=f"/needs/{again.id}" if again else "/seats")


def _taken_over(row: Result) -> Need | None:
    """Return the need of a later round that took over the need of this seat; it is no longer required."""
    return db.session.scalar(
        sa.select(Need)
        .where(Need.carried_from_id == row.enrolment.need_id, Need.state.in_(ALIVE))
        .options(joinedload(Need.round))
    )


def tell_withdrawn(made: TrainingClass, recognition: Recognition, rows: Sequence[Result]) -> None:
    """Notify everyone of the class, and the officers of their units, that the recognition is withdrawn."""
    key = f"recognition:{recognition.id}:withdrawn"
    said = {"class": made.code, "course": made.course.name, "ground": recognition.withdraw_ground}
    tell_each(
        (row.enrolment.employee_id, News("results.withdrawn", key, said, _MINE, _about(made))) for row in rows
    )
    _tell_officers(made, rows, key, said, withdrawn=True)


def _tell_officers(
    made: TrainingClass,
    rows: Sequence[Result],
    key: str,
    said: Mapping[str, Any],
    *,
    withdrawn: bool,
    link: str = "/seats",
) -> None:
    for user_id, mine in _by_officer(rows).items():
        people = ", ".join(row.enrolment.employee.name for row in mine)
        facts = {**said, "people": people, "withdrawn": withdrawn}
        tell([user_id], "results.unit_changed", f"{key}:unit", facts, link, about=_about(made))


def _by_officer(rows: Sequence[Result]) -> dict[int, list[Result]]:
    """Return, by account of an officer, the results of the people of their units."""
    officers = officers_over({row.enrolment.employee.unit_id for row in rows})
    found: dict[int, list[Result]] = defaultdict(list)
    for row in rows:
        for user_id in officers[row.enrolment.employee.unit_id]:
            found[user_id].append(row)
    return found


def _about(made: TrainingClass) -> tuple[str, ...]:
    return (f"class/{made.id}",)
