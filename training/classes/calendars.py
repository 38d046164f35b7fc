"""The options of a class as `save_training_class` takes them: checks and writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from string import ascii_lowercase
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..core.audit import once
from ..core.db import db
from ..core.validation import Check, dependents, find
from ..core.vietnamese import clean_code, code_key
from ..courses.models import Lecturer, Room
from ..holidays.panels import tell_on_days
from ..holidays.queries import in_words, work_calendar
from ..holidays.work_calendar import Period
from ..labels.records import entity_label
from ..people.models import Place
from .models import ClassOption, OptionSession, TrainingClass
from .queries import touched_by

_SHOWN = 20


@dataclass(frozen=True)
class WantedOption:
    """An option without faults. Ids of rooms and lecturers in the order given."""

    code: str
    place_id: int
    sessions: list[Period]
    room_ids: list[int]
    lecturer_ids: list[int]


class CalendarCheck:
    """Checks `check.values["options"]` and adds every fault to the field `options`; `wanted` is then to be
    written.

    Rules: at least one option; codes unique among all classes; a place and at least one run of days each; days in
    the class's year or the next; no day twice within an option; rooms and lecturers exist. Options in which people
    are enrolled keep their days and place; an option that enrolments or optimizer runs refer to cannot be deleted.
    """

    def __init__(self, check: Check[Any]) -> None:
        self.check = check
        self.training_class: TrainingClass | None = check.row
        self.wanted: list[WantedOption] = []

    def run(self) -> None:
        given = self.check.values.get("options") or []
        if not given:
            self._wrong(_("Give at least one option."))
        codes: set[str] = set()
        standing = self.training_class.options if self.training_class is not None else []
        spelt = {code_key(option.code): option.code for option in standing}
        for index, option in enumerate(given):
            code = clean_code(option.get("code") or "") or self._default_code(index, given)
            code = spelt.setdefault(code_key(code), code)
            faults = self._faults(option)
            if code in codes:
                faults.append(_("this code is given twice"))
            elif len(code) > 60:
                faults.append(_("the code has at most 60 characters"))
            elif self._held_elsewhere(code):
                faults.append(_("another class has an option of this code"))
            codes.add(code)
            for fault in faults:
                self._wrong(_("Option %(code)s: %(fault)s.", code=code, fault=fault))
            if not faults:
                self.wanted.append(
                    WantedOption(
                        code,
                        option["place_id"],
                        sorted(tuple(session) for session in option["sessions"]),
                        list(dict.fromkeys(option.get("room_ids") or ())),
                        list(dict.fromkeys(option.get("lecturer_ids") or ())),
                    )
                )
        if self.training_class is not None:
            self._check_standing(self.training_class, codes)

    def _wrong(self, message: str) -> None:
        self.check.wrong("options", message)

    def _default_code(self, index: int, given: list[dict[str, Any]]) -> str:
        """Return the class code and the first free letter, from the option's place in the list on."""
        taken = {clean_code(option.get("code") or "") for option in given}
        stem = self.check.get("code") or ""
        letters = [*ascii_lowercase[index:], *ascii_lowercase[:index]]
        return next(
            (f"{stem}-{letter}" for letter in letters if f"{stem}-{letter}" not in taken), f"{stem}-{index + 1}"
        )

    def _faults(self, option: dict[str, Any]) -> list[str]:
        faults = []
        place_id = option.get("place_id")
        if place_id is None:
            faults.append(_("give its place"))
        elif find(Place, place_id) is None:
            faults.append(_("there is no such place"))
        faults += self._faults_of_days(option.get("sessions") or [])
        if any(find(Room, room_id) is None for room_id in option.get("room_ids") or ()):
            faults.append(_("there is no such room"))
        if any(find(Lecturer, lecturer_id) is None for lecturer_id in option.get("lecturer_ids") or ()):
            faults.append(_("there is no such lecturer"))
        return faults

    def _faults_of_days(self, sessions: list[tuple[date | None, date | None]]) -> list[str]:
        if not sessions:
            return [_("give at least one run of days")]
        faults = []
        whole: list[Period] = []
        year = self.check.get("year")
        for first, last in sessions:
            if first is None or last is None:
                faults.append(_("each run of days has a first and a last day"))
            elif last < first:
                faults.append(_("the run %(days)s ends before it begins", days=_days(first, last)))
            else:
                whole.append((first, last))
                if year is not None and not (year <= first.year and last.year <= year + 1):
                    faults.append(
                        _(
                            "the days %(days)s lie outside of the plan of %(year)d",
                            days=_days(first, last),
                            year=year,
                        )
                    )
        for earlier, later in pairwise(sorted(whole)):
            if later[0] <= earlier[1]:
                faults.append(_("the runs %(one)s and %(two)s overlap", one=_days(*earlier), two=_days(*later)))
        return faults

    def _held_elsewhere(self, code: str) -> bool:
        """Return whether an option of another class has the code."""
        holders = _option_holders()
        holder = holders.get(code_key(code))
        mine = self.training_class.id if self.training_class is not None else None
        if holder is None:
            holders[code_key(code)] = mine or -1  # claimed by a class of this operation that has no id yet
            return False
        return holder != mine

    def _check_standing(self, training_class: TrainingClass, codes: set[str]) -> None:
        wanted = {option.code: option for option in self.wanted}
        with db.session.no_autoflush:
            for option in training_class.options:
                new = wanted.get(option.code)
                if option.code not in codes:
                    uses = ", ".join(f"{entity_label(table)} ({count})" for table, count in dependents(option))
                    if uses:
                        self._wrong(
                            _(
                                "Option %(code)s cannot be removed, other records refer to it: %(uses)s.",
                                code=option.code,
                                uses=uses,
                            )
                        )
                elif new and training_class.seats_taken and _moves(option, new) and _has_enrolments(option):
                    self._wrong(
                        _(
                            "Option %(code)s: people are enrolled in it, its days and place cannot change.",
                            code=option.code,
                        )
                    )


def on_holidays(code: str, periods: list[Period]) -> str:
    """Return a warning for an option with days on public holidays; empty: it has none."""
    calendar = work_calendar()
    days = calendar.holidays_in(periods)
    if not days:
        return ""
    told = in_words(days)
    if calendar.only_holidays(periods):
        return str(
            _(
                "Option %(code)s: all its days are public holidays, so it is held on them: %(days)s.",
                code=code,
                days=told,
            )
        )
    return str(_("Option %(code)s is not taught on public holidays: %(days)s.", code=code, days=told))


@tell_on_days
def _classes_on(first: date, last: date) -> list[str]:
    codes = touched_by(first, last)
    if not codes:
        return []
    shown = ", ".join(codes[:_SHOWN]) + (", …" if len(codes) > _SHOWN else "")
    message = _("%(count)d classes have these days in their calendars: %(codes)s.", count=len(codes), codes=shown)
    return [str(message)]


def _days(first: date, last: date) -> str:
    return f"{first:%d/%m/%Y} – {last:%d/%m/%Y}"


def _moves(option: ClassOption, wanted: WantedOption) -> bool:
    standing = sorted((session.first, session.last) for session in option.sessions)
    return option.place_id != wanted.place_id or standing != wanted.sessions


def _has_enrolments(option: ClassOption) -> bool:
    return any(table == "enrolment" for table, _count in dependents(option))


def _option_holders() -> dict[str, int]:
    """Return option code, compared without case → class id, read once in an operation."""
    statement = sa.select(ClassOption.code, ClassOption.class_id)
    return once(
        "option_codes", lambda: {code_key(row.code): row.class_id for row in db.session.execute(statement)}
    )


def write_options(training_class: TrainingClass, wanted: list[WantedOption]) -> None:
    """Make the options of `training_class` those of `wanted`; unchanged ones are not touched."""
    with db.session.no_autoflush:
        standing = {option.code: option for option in training_class.options}
        codes = {option.code for option in wanted}
        for code, option in standing.items():
            if code not in codes:
                training_class.options.remove(option)
        for new in wanted:
            option = standing.get(new.code) or ClassOption(code=new.code)
            if option.place_id != new.place_id:
                option.place_id = new.place_id
            _write_sessions(option, new.sessions)
            _write_resources(option, "rooms", Room, new.room_ids)
            _write_resources(option, "lecturers", Lecturer, new.lecturer_ids)
            if option.code not in standing:
                training_class.options.append(option)


def _write_sessions(option: ClassOption, sessions: list[Period]) -> None:
    """Change runs that begin on the same day instead of replacing them.

    A flush inserts before it deletes, so a new row would violate the old one's unique key.
    """
    standing = {session.first: session for session in option.sessions}
    wanted = dict(sessions)
    for first, session in standing.items():
        if first not in wanted:
            option.sessions.remove(session)
        elif session.last != wanted[first]:
            session.last = wanted[first]
    for first, last in sessions:
        if first not in standing:
            option.sessions.append(OptionSession(first=first, last=last))


def _write_resources(option: ClassOption, name: str, model: type[Any], ids: list[int]) -> None:
    rows = [row for row in (find(model, row_id) for row_id in ids) if row is not None]
    if {row.id for row in getattr(option, name)} != set(ids):
        setattr(option, name, rows)
