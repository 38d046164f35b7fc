"""Three named policies: each chooses the numbers of a plan by which needs and units are weighed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from ..scoring import Points

FIELDS = (*(field.name for field in fields(Points)), "floor_percent", "floor_penalty")


class Preset(StrEnum):
    """A named policy. OWN: numbers that are none of the others'."""

    STANDARDS_FIRST = "standards_first"
    AS_MANY = "as_many"
    AS_CHEAP = "as_cheap"
    OWN = "own"

    @property
    def label(self) -> str:
        return str(_LABELS[self])

    @property
    def words(self) -> str:
        """Return what the policy does, for somebody who decides between them."""
        return str(_WORDS[self])

    @property
    def numbers(self) -> dict[str, int]:
        """Return the numbers by field of the plan; none for OWN."""
        return dict(_NUMBERS.get(self, {}))


_LABELS = {
    Preset.STANDARDS_FIRST: _l("Standards first"),
    Preset.AS_MANY: _l("As many as possible"),
    Preset.AS_CHEAP: _l("As cheap as possible"),
    Preset.OWN: _l("Own numbers"),
}
_WORDS = {
    Preset.STANDARDS_FIRST: _l(
        "What is mandatory before appointment counts most, then what a standard misses, then what expires; a wish "
        "counts a third of the standard. Whoever has waited for years moves up. No unit should stay below 60 per "
        "cent of its needs."
    ),
    Preset.AS_MANY: _l(
        "Every need counts nearly the same, so that as many as possible get a seat: short and cheap courses gain, "
        "costly ones lose. The more pressing need goes first only where two compete for one seat. The floor of "
        "units does not count."
    ),
    Preset.AS_CHEAP: _l(
        "Money is for what must be: mandatory, missing for the standard, expiring. A planned title or a wish "
        "earns nothing: no class is opened for it, and such people only fill classes that others need. The floor "
        "of units does not count."
    ),
    Preset.OWN: _l("The numbers under «Adjust the numbers», as they stand there."),
}
_STANDARDS_FIRST = {field.name: field.default for field in fields(Points)}
_NUMBERS: dict[Preset, dict[str, Any]] = {
    Preset.STANDARDS_FIRST: {**_STANDARDS_FIRST, "floor_percent": 60, "floor_penalty": 150},
    Preset.AS_MANY: {
        "value_mandatory": 104,
        "value_standard": 103,
        "value_expiring": 102,
        "value_planned_title": 101,
        "value_wish": 100,
        "value_unit_step": 0,
        "value_year_waiting": 1,
        "most_years_waiting": 3,
        "floor_percent": 60,
        "floor_penalty": 0,
    },
    Preset.AS_CHEAP: {
        "value_mandatory": 400,
        "value_standard": 300,
        "value_expiring": 250,
        "value_planned_title": 0,
        "value_wish": 0,
        "value_unit_step": 0,
        "value_year_waiting": 0,
        "most_years_waiting": 3,
        "floor_percent": 60,
        "floor_penalty": 0,
    },
}


def recognised(numbers: Mapping[str, Any]) -> Preset:
    """Return the preset that has exactly these numbers."""
    for preset, chosen in _NUMBERS.items():
        if all(numbers.get(key) == chosen[key] for key in FIELDS):
            return preset
    return Preset.OWN


def of_row(row: Any) -> Preset:
    """Return the preset of a plan."""
    return recognised({key: getattr(row, key) for key in FIELDS})


def applied(preset: Preset, sent: Mapping[str, Any], shown: Mapping[str, int]) -> dict[str, Any]:
    """Return the numbers that somebody meant who chose a preset and may have adjusted numbers as well.

    Without scripts the page still shows the earlier numbers when another preset is chosen. So the preset's
    numbers count, but for those that were changed against the page.

    Args:
        sent: the numbers of the form (None: empty or unreadable); shown: those that the page had shown.
    """
    chosen = preset.numbers
    return {
        key: value if key not in chosen or (key in shown and value != shown[key]) else chosen[key]
        for key, value in sent.items()
    }
