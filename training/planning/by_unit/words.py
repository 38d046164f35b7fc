"""The figures of a unit in words, as its pages and its workbook say them."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.i18n import money, number
from ...gaps.rules import State
from ...messages.own_data import IN_WORDS
from ..rules.reasons import reason_choices, reason_label
from . import binding
from .figures import Figures
from .forecast import Reason, RequirementRemedy

MOST_REASONS = 3  # in a cell of the list; the unit's own page and the workbook have all


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """A reason with the needs (attendances) that have no seat for it, and the persons behind them."""

    code: str
    label: str
    needs: int
    people: int


def by_weight(figures: Figures) -> list[ReasonCount]:
    """Return the reasons of what is unmet, the reason of the most needs first."""
    order = {code: n for n, (code, _label) in enumerate(reason_choices())}
    found = sorted(figures.unmet.items(), key=lambda one: (-one[1], order.get(one[0], len(order)), one[0]))
    return [ReasonCount(code, reason_label(code), count, figures.unmet_people[code]) for code, count in found]


def against(figures: Figures) -> str:
    """Return all reasons with their numbers: "Class full: 12; Fund spent: 3"."""
    return "; ".join(f"{one.label}: {one.needs}" for one in by_weight(figures))


# -- the forecast -------------------------------------------------------------------------------------------------

_OUTSIDE = {
    binding.UNREGISTERED: _l("Not registered"),
    binding.NO_COURSE: _l("No course leads there"),
    binding.FAILED: _l("Did not pass"),
    binding.NOT_ENOUGH: _l("The course is not enough"),
    binding.SEVERAL: _l("Several rules at once"),
}


def binding_label(code: str | None) -> str:
    """Return what binds, in a few words."""
    return str(_OUTSIDE[code]) if code in _OUTSIDE else reason_label(code)


def remedy_in_words(one: RequirementRemedy) -> str:
    """Return what would remedy it for all of its people together, and what that costs."""
    course = one.course.name if one.course else ""
    if one.training_class is not None:
        code, cost = one.training_class.code, money(one.cost)
        if one.remedy == binding.NOT_RUN:
            return str(_("Class %(code)s is held: %(cost)s.", code=code, cost=cost))
        if one.remedy == "size":
            more = number(one.people)
            return str(_("%(people)s more seats in class %(code)s: %(cost)s.", people=more, code=code, cost=cost))
        if one.remedy == "budget":
            return str(_("%(cost)s more for seats in class %(code)s.", code=code, cost=cost))
        label = reason_label(one.remedy)
        return str(_("“%(rule)s” no longer binds in class %(code)s: %(cost)s.", rule=label, code=code, cost=cost))
    said = {
        binding.UNREGISTERED: lambda: _("The course “%(course)s” is registered for them.", course=course),
        binding.NO_COURSE: lambda: _("The catalogue gets a course that leads there."),
        binding.FAILED: lambda: _("“%(course)s” is taken once more.", course=course),
        binding.NOT_ENOUGH: lambda: _("“%(course)s” has to count for longer, or for more.", course=course),
        binding.NO_CLASS: lambda: _("A class of “%(course)s” is planned.", course=course),
        binding.PREREQUISITE: lambda: _("“%(course)s” is completed in time before it.", course=course),
        binding.SEVERAL: lambda: _(
            "In every class of “%(course)s” more than one rule stands against: a class on other days, or later.",
            course=course,
        ),
    }
    return str(said.get(one.remedy, lambda: "")())


def cheapest(reason: Reason) -> list[RequirementRemedy]:
    """Return the remedies to be named of a reason: the cheapest, and if it reaches few, that for most people."""
    most = max(reason.remedies, key=lambda one: one.people)
    return [reason.remedies[0], most] if most is not reason.remedies[0] else [most]


def _state_label(value: str | None) -> str:
    return State(value).label if value else ""


for _column in ("reason", "remedy"):
    IN_WORDS["run_requirement", _column] = binding_label
for _column in ("state", "state_after"):
    IN_WORDS["run_requirement", _column] = _state_label
