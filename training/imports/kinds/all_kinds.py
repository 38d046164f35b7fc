"""All kinds of sheets in the order in which they are saved, and what is imported together."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ...core.access import Role, Scope
from ..loading import code_ids
from ..reading.columns import SheetKind
from . import (
    budgets,
    careers,
    classes,
    courses,
    holidays,
    organisation,
    people,
    plans,
    registration_forms,
    standards,
)

# Each may refer to those before it.
ORDER: tuple[SheetKind, ...] = (
    *people.KINDS,
    *holidays.KINDS,
    *organisation.KINDS,
    *courses.KINDS,
    *standards.KINDS,
    *careers.KINDS,
    *budgets.KINDS,
    *classes.KINDS,
    *budgets.OF_CLASSES,
    *plans.KINDS,
    *registration_forms.KINDS,
)
BY_NAME = {kind.name: kind for kind in ORDER}

# A whole province in one workbook.
WORKBOOK = "workbook"


def label(name: str) -> str:
    """Return the name of an import on screen."""
    return str(_l("Workbook with several sheets") if name == WORKBOOK else BY_NAME[name].label)


def sheets_of(name: str) -> list[SheetKind]:
    """Return the kinds of sheets that an import of this name takes: a kind with its parts, or all.

    Raises:
        KeyError: there is no such import.
    """
    if name == WORKBOOK:
        return [kind for kind in ORDER if not kind.alone]
    kind = BY_NAME[name]
    return [kind, *(part for part in ORDER if part.part_of == name)]


_NAMES = (*(kind.name for kind in ORDER if kind.part_of is None), WORKBOOK)


def importers_of(name: str) -> frozenset[Role]:
    """Return the roles that may import every sheet of it; a role writes the rows of its scope."""
    return frozenset.intersection(*(kind.importers for kind in sheets_of(name)))


def exporters_of(name: str) -> frozenset[Role]:
    """Return the roles that may export every sheet of it; the export has the rows of the role's scope."""
    return frozenset.intersection(*(kind.exporters for kind in sheets_of(name)))


def importable(roles: frozenset[Role]) -> list[str]:
    """Return the imports that these roles permit."""
    return [name for name in _NAMES if importers_of(name) & roles]


def exportable(roles: frozenset[Role]) -> list[str]:
    """Return the exports that these roles permit."""
    return [name for name in _NAMES if exporters_of(name) & roles]


def lookup_ids(name: str, scope: Scope) -> dict[str, int]:
    """Return, by code, the ids of the rows of a kind that the importer may see."""
    return code_ids(BY_NAME[name], scope)
