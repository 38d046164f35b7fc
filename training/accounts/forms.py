"""Forms over accounts."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..core.access import Role
from ..core.forms import EditForm, ManyField, TextField, at_most, optional, required
from ..people.person_field import PersonField

_ROLE_FIELDS = {
    "role_administrator": Role.ADMINISTRATOR,
    "role_planner": Role.PLANNER,
    "role_finance": Role.FINANCE,
    "role_appraiser": Role.APPRAISER,
    "role_host": Role.HOST,
    "role_leader": Role.LEADER,
    "role_unit_officer": Role.UNIT_OFFICER,
    "role_trainee": Role.TRAINEE,
}


class UserForm(EditForm):
    code = TextField(
        _l("Account"),
        [required(), at_most(40)],
        description=_l("The name to sign in with; for trainees their code."),
    )
    name = TextField(_l("Full name"), [required(), at_most(400)])
    email = TextField(_l("E-mail"), [required(), at_most(255)])
    employee_id = PersonField(_l("Is the employee"), [optional()])
    role_administrator = BooleanField(_l("Role: administrator"))
    role_planner = BooleanField(_l("Role: planner"))
    role_finance = BooleanField(_l("Role: finance officer"))
    role_appraiser = BooleanField(_l("Role: appraiser"))
    role_host = BooleanField(_l("Role: host of classes"))
    role_leader = BooleanField(
        _l("Role: leader"), description=_l("With units: their head. Without: of the whole province.")
    )
    role_unit_officer = BooleanField(_l("Role: unit officer"))
    role_trainee = BooleanField(_l("Role: trainee"))
    unit_ids = ManyField(
        _l("Units"),
        description=_l(
            "Of a unit officer, a head of a unit, or an appraiser of some units alone; with all units below them."
            " Hold Ctrl to choose several."
        ),
        render_kw={"size": 8},
    )

    host_ids = ManyField(
        _l("Hosts"),
        description=_l("Of a host's account: whose classes it keeps. Hold Ctrl to choose several."),
        render_kw={"size": 5},
    )

    def values(self) -> dict[str, Any]:
        values = super().values()
        values["roles"] = [role for name, role in _ROLE_FIELDS.items() if values.pop(name)]
        return values


def role_values(roles: frozenset[Role]) -> dict[str, bool]:
    """Return the check boxes of `UserForm` for somebody with `roles`."""
    return {name: role in roles for name, role in _ROLE_FIELDS.items()}
