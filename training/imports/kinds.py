"""All kinds of sheets in the order in which they are saved, and what is imported together."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..access import Role, Scope
from . import (
    budget_kinds,
    career_kinds,
    class_kinds,
    course_kinds,
    form_kinds,
    holiday_kinds,
    organisation_kinds,
    people_kinds,
    standards_kinds,
)
from .columns import Kind
from .loading import code_ids

# Each may point to those before it.
ORDER: tuple[Kind, ...] = (
    *people_kinds.KINDS,
    *holiday_kinds.KINDS,
    *organisation_kinds.KINDS,
    *course_kinds.KINDS,
    *standards_kinds.KINDS,
    *career_kinds.KINDS,
    *budget_kinds.KINDS,
    *class_kinds.KINDS,
    *budget_kinds.OF_CLASSES,
    *form_kinds.KINDS,
)
BY_NAME = {kind.name: kind for kind in ORDER}

# A whole province in one workbook.
WORKBOOK = "workbook"


def label(name: str) -> str:
    """What an import is called on screen."""
    return str(_l("Workbook with several sheets") if name == WORKBOOK else BY_NAME[name].label)


def sheets_of(name: str) -> list[Kind]:
    """The kinds of sheets that an import of this name takes: a kind with its parts, or all.

    Raises:
        KeyError: there is no such import.
    """
    if name == WORKBOOK:
        return [kind for kind in ORDER if not kind.alone]
    kind = BY_NAME[name]
    return [kind, *(part for part in ORDER if part.part_of == name)]


def importable(roles: frozenset[Role]) -> list[str]:
    """The imports that somebody with these roles may do."""
    names = [kind.name for kind in ORDER if kind.part_of is None and kind.importers & roles]
    return [*names, WORKBOOK] if all(kind.importers & roles for kind in sheets_of(WORKBOOK)) else names


def exportable(roles: frozenset[Role]) -> list[str]:
    """The exports that somebody with these roles may take."""
    names = [kind.name for kind in ORDER if kind.part_of is None and kind.exporters & roles]
    return [*names, WORKBOOK] if all(kind.exporters & roles for kind in sheets_of(WORKBOOK)) else names


def lookup_ids(name: str, scope: Scope) -> dict[str, int]:
    """Ids by code of the rows of a kind that the importer may see."""
    return code_ids(BY_NAME[name], scope)
