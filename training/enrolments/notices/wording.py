"""The texts of notices about seats; `of_seats` decides when they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.i18n import day, moment, number
from ...messages.kinds import letter, wording
from ...planning.rules.reasons import reason_label


def days_of(seat: Mapping[str, Any]) -> str:
    """Format the days: "02/03/2027 – 06/03/2027, 09/03/2027"."""
    periods = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in seat["days"]]
    return ", ".join(day(first) if first == last else f"{day(first)} – {day(last)}" for first, last in periods)


def _seat(seat: Mapping[str, Any]) -> str:
    """Describe a seat in one line: course, class, days, place, host."""
    parts = [f"{seat['course']}: {seat['class']}", days_of(seat), seat["place"], seat["host"]]
    return "; ".join(part for part in parts if part)


def when_and_where(seat: Mapping[str, Any]) -> str:
    return f"{days_of(seat)}, {seat['place']}"


def _unmet(unmet: Mapping[str, Any]) -> str:
    why = reason_label(unmet["reason"])
    return f"{unmet['course']}: {why}" if why else str(unmet["course"])


def with_reason(text: str, facts: Mapping[str, Any]) -> str:
    return f"{text} " + _("Reason: %(reason)s", reason=facts["reason"]) if facts.get("reason") else text


@wording("enrolments.published", label=_l("Your classes in the training plan"), mandatory=True)
def _published(facts: Mapping[str, Any]) -> str:
    return str(
        _(
            "“%(plan)s” is published: you have %(seats)s seats; %(unmet)s needs got none.",
            plan=facts["plan"],
            seats=number(len(facts["seats"])),
            unmet=number(len(facts["unmet"])),
        )
    )


@letter("enrolments.published")
def _published_letter(facts: Mapping[str, Any]) -> str:
    parts = [str(_("“%(plan)s” is published.", plan=facts["plan"]))]
    if facts["seats"]:
        parts.append("\n".join([_("Your seats:"), *(f"- {_seat(seat)}" for seat in facts["seats"])]))
        parts.append(_("Please confirm on the site that you will come, or say in time that you cannot."))
    if facts["unmet"]:
        parts.append("\n".join([_("Needs without a seat:"), *(f"- {_unmet(one)}" for one in facts["unmet"])]))
    return "\n\n".join(map(str, parts))


@wording("enrolments.replanned", label=_l("The training plan has changed"), mandatory=True)
def _replanned(facts: Mapping[str, Any]) -> str:
    parts = [str(_("“%(plan)s” has taken the place of the plan in force.", plan=facts["plan"]))]
    if facts["lost"]:
        parts.append(_("No longer: %(seats)s.", seats="; ".join(one["class"] for one in facts["lost"])))
    if facts["won"]:
        parts.append(_("Now: %(seats)s.", seats="; ".join(one["class"] for one in facts["won"])))
    return " ".join(parts)


@letter("enrolments.replanned")
def _replanned_letter(facts: Mapping[str, Any]) -> str:
    parts = [str(_("“%(plan)s” has taken the place of the plan in force.", plan=facts["plan"]))]
    for title, seats in ((_("You no longer sit in:"), facts["lost"]), (_("You now sit in:"), facts["won"])):
        if seats:
            parts.append("\n".join([str(title), *(f"- {_seat(seat)}" for seat in seats)]))
    return "\n\n".join(parts)


@wording("enrolments.unit_published", label=_l("The training plan of your unit is published"))
def _unit_published(facts: Mapping[str, Any]) -> str:
    text = _("“%(plan)s” is published: %(seats)s seats for people of your units, %(unmet)s needs without one.")
    return str(text) % {**facts, "seats": number(facts["seats"]), "unmet": number(facts["unmet"])}


@wording("enrolments.seat_won", label=_l("You have a seat in a class"), mandatory=True)
def _seat_won(facts: Mapping[str, Any]) -> str:
    return str(_("You have a seat. %(seat)s.", seat=_seat(facts["seat"])))


@wording("enrolments.seat_lost", label=_l("You no longer have a seat in a class"), mandatory=True)
def _seat_lost(facts: Mapping[str, Any]) -> str:
    return with_reason(str(_("You no longer have this seat. %(seat)s.", seat=_seat(facts["seat"]))), facts)


@wording("enrolments.seat_moved", label=_l("Your class has changed"), mandatory=True)
def _seat_moved(facts: Mapping[str, Any]) -> str:
    before, now = facts["before"], facts["seat"]
    if before["class"] == now["class"]:
        text = _(
            "Class %(class)s (%(course)s) is held at another time or place. Before: %(before)s. Now: %(now)s."
        )
        told = str(text) % {**now, "before": when_and_where(before), "now": when_and_where(now)}
    else:
        text = _("Your class has changed. Before: %(before)s. Now: %(now)s.")
        told = str(text) % {"before": _seat(before), "now": _seat(now)}
    said = with_reason(told, facts)
    letter_follows = _("A letter of summons for what was before is no longer valid: a new one follows.")
    return f"{said} {letter_follows}"


@wording("enrolments.offered", label=_l("A seat is offered to you"), mandatory=True)
def _offered(facts: Mapping[str, Any]) -> str:
    ends = moment(datetime.fromisoformat(facts["ends"]))
    text = _("A seat came free and is offered to you until %(ends)s. %(seat)s.")
    return str(text) % {"ends": ends, "seat": _seat(facts["seat"])}


@wording("enrolments.offer_ended", label=_l("An offer has ended"))
def _offer_ended(facts: Mapping[str, Any]) -> str:
    text = _("The offer of this seat has ended, because nobody took it up in time. %(seat)s.")
    return str(text) % {"seat": _seat(facts["seat"])}


@wording("enrolments.answer_wanted", label=_l("Please say whether you will come"))
def _answer_wanted(facts: Mapping[str, Any]) -> str:
    until = day(date.fromisoformat(facts["until"]))
    text = _("Please confirm your seat, or give it back, until %(until)s. %(seat)s.")
    return str(text) % {"until": until, "seat": _seat(facts["seat"])}


@wording("enrolments.class_list", label=_l("Lists of trainees of your classes"))
def _class_list(facts: Mapping[str, Any]) -> str:
    text = _("“%(plan)s” is published: %(classes)s classes with %(seats)s people are yours to hold.")
    return str(text) % {**facts, "classes": number(facts["classes"]), "seats": number(facts["seats"])}


@wording("enrolments.list_changed", label=_l("The list of trainees of a class has changed"))
def _list_changed(facts: Mapping[str, Any]) -> str:
    text = _("The list of class %(class)s has changed: %(came)s people came, %(left)s left.")
    return str(text) % {**facts, "came": number(facts["came"]), "left": number(facts["left"])}


@wording("enrolments.request_made", label=_l("Somebody asks for another class"), mail=False)
def _request_made(facts: Mapping[str, Any]) -> str:
    return str(_("%(person)s asks for class %(class)s (%(course)s).")) % facts


@wording("enrolments.request_answered", label=_l("Answer to your request for another class"))
def _request_answered(facts: Mapping[str, Any]) -> str:
    if facts["accepted"]:
        return str(_("Your request was accepted: you now sit in class %(class)s (%(course)s).")) % facts
    return str(_("Your request for class %(class)s was refused: %(answer)s")) % facts
