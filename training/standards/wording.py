"""Requirements in words."""

from __future__ import annotations

from flask_babel import gettext as _

from .levels import Level, RequirementKind
from .models import Requirement


def in_words(requirement: Requirement) -> str:
    """Return «Political theory: intermediate or higher; or any one of …»."""
    parts = []
    if requirement.least_level:
        parts.append(_("%(level)s or higher", level=Level(requirement.least_level).label))
    names = [course.name for course in requirement.courses]
    if len(names) == 1:
        parts.append(names[0])
    elif names:
        parts.append(_("any one of: %(courses)s", courses="; ".join(names)))
    if requirement.competency is not None:
        parts.append(
            _(
                "%(competency)s, level %(level)d or higher",
                competency=requirement.competency.name,
                level=requirement.competency_level,
            )
        )
    text = _(" or ").join(parts) if len(parts) > 1 else "".join(parts)
    if requirement.validity_months:
        text = _("%(asked)s, valid for %(months)d months", asked=text, months=requirement.validity_months)
    return str(text)


def kind_label(requirement: Requirement) -> str:
    """Return the label of its kind."""
    return RequirementKind(requirement.kind).label
