"""Access control: every view names its roles; a view that names none is closed.

Rows are restricted by a `Scope`: what the roles and units of the signed-in person allow them to see. Queries take
it as an argument, so that the worker and the command line can pass their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from .errors import came_from


class Role(StrEnum):
    TRAINEE = "trainee"
    UNIT_OFFICER = "unit_officer"
    LEADER = "leader"
    APPRAISER = "appraiser"
    FINANCE = "finance"
    HOST = "host"
    PLANNER = "planner"
    ADMINISTRATOR = "administrator"

    @property
    def label(self) -> str:
        return str(_ROLE_LABELS[self])


_ROLE_LABELS = {
    Role.TRAINEE: _l("Trainee"),
    Role.UNIT_OFFICER: _l("Unit officer"),
    Role.LEADER: _l("Leader"),
    Role.APPRAISER: _l("Appraiser"),
    Role.FINANCE: _l("Finance officer"),
    Role.HOST: _l("Host of classes"),
    Role.PLANNER: _l("Planner"),
    Role.ADMINISTRATOR: _l("Administrator"),
}

# Named sets, so that a view states its purpose and not the roles that are allowed today.
EVERYBODY = frozenset(Role)
STAFF = frozenset({Role.UNIT_OFFICER, Role.PLANNER, Role.ADMINISTRATOR})
# Those who read people, units and needs without editing them: heads of units, appraisers, finance, leaders.
READERS = STAFF | {Role.LEADER, Role.APPRAISER, Role.FINANCE}
# Those of them who also act: in the name of others, by sheets of needs.
ACTING = READERS
# Those who read what a plan does for each unit.
PLAN_READERS = READERS - {Role.ADMINISTRATOR}
# Those of them who read a draft, where they see all units: who makes it, and who signs it off.
DRAFT_READERS = frozenset({Role.PLANNER, Role.LEADER})
LEADERS = frozenset({Role.LEADER})
APPRAISERS = frozenset({Role.APPRAISER})
# Approvers of a need; `needs.models.ApprovalStep` says which, in what order.
APPROVERS = frozenset({Role.LEADER, Role.APPRAISER, Role.FINANCE, Role.PLANNER})
# Funds, norms and costs.
FINANCE_OFFICERS = frozenset({Role.FINANCE, Role.PLANNER, Role.ADMINISTRATOR})
REGISTRARS = frozenset({Role.UNIT_OFFICER, Role.PLANNER})
PLANNERS = frozenset({Role.PLANNER})
CATALOGUE_EDITORS = frozenset({Role.PLANNER, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
TRAINEES = frozenset({Role.TRAINEE})
# Those who keep the records of classes: roll call, scores, results, certificates; hosts those of their own
# classes.
HOSTS = frozenset({Role.HOST, Role.PLANNER})
# Those who may read ethnicity, Party data and identity papers of the people whose records they keep.
SENSITIVE_READERS = frozenset({Role.UNIT_OFFICER, Role.ADMINISTRATOR})
# Those who answer for a seat: the person, or their unit for those who do not sign in.
ANSWERERS = frozenset({Role.TRAINEE, Role.UNIT_OFFICER, Role.PLANNER})

View = TypeVar("View", bound=Callable[..., Any])


def allow(roles: frozenset[Role]) -> Callable[[View], View]:
    """Open a view to `roles`; the innermost decorator, below `@bp.get(...)`."""

    def mark(view: View) -> View:
        view.allowed_roles = roles  # type: ignore[attr-defined]  # a function carries its rule
        return view

    return mark


def public(view: View) -> View:
    """Open a view to everybody, signed in or not."""
    view.allowed_roles = None  # type: ignore[attr-defined]  # a function carries its rule
    return view


_WHOLE_PROVINCE = frozenset({Role.PLANNER, Role.ADMINISTRATOR})
_PROVINCE_WITHOUT_UNITS = frozenset({Role.LEADER, Role.APPRAISER, Role.FINANCE})


def province_roles(roles: frozenset[Role], *, names_units: bool) -> frozenset[Role]:
    """Return those of `roles` that see all units: leaders, appraisers and finance officers of no named unit."""
    return roles & (_WHOLE_PROVINCE if names_units else _WHOLE_PROVINCE | _PROVINCE_WITHOUT_UNITS)


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that somebody may see, by those of their roles to which a view is open.

    Attributes:
        everything: sees all units (planners, administrators, the system; leaders, appraisers and finance officers
            whose account names no units).
        unit_ids: units of an officer, a head, an appraiser; their subtrees included.
        employee_id: the person themself, where the view is open to trainees.
        host_ids: hosts whose classes the account keeps; it sees their people in the records of these classes only.
        sensitive: may read ethnicity, Party data and identity papers of everybody in scope.
    """

    everything: bool = False
    unit_ids: frozenset[int] = frozenset()
    employee_id: int | None = None
    host_ids: frozenset[int] = frozenset()
    sensitive: bool = False


ALL = Scope(everything=True)


def require(condition: bool, message: str | None = None) -> None:
    """Abort with 403 unless `condition` holds."""
    if not condition:
        abort(403, message)


def current_scope(roles: frozenset[Role] | None = None) -> Scope:
    """Return the scope of the signed-in person in this view, by those of their roles to which it is open.

    A second role that sees more elsewhere adds nothing.

    Args:
        roles: for a part of a page that is open to these roles alone.
    """
    if not current_user.is_authenticated or request.endpoint is None:
        return Scope()
    opened_to = roles_of(request.endpoint)
    if roles is not None:
        opened_to = roles if opened_to is None else roles & opened_to
    return current_user.scope(opened_to) if opened_to else Scope()  # type: ignore[no-any-return]  # a proxy


def current_roles() -> frozenset[Role]:
    return current_user.role_set if current_user.is_authenticated else frozenset()


# Views of libraries, which cannot carry our mark: endpoint prefix → roles (None: everybody).
LIBRARY_VIEWS: dict[str, frozenset[Role] | None] = {
    "security.": None,
    "static": None,
    "bootstrap.static": None,
}


def roles_of(endpoint: str) -> frozenset[Role] | None:
    """Return the roles that may open `endpoint`; None: everybody.

    Raises:
        LookupError: the view names no roles.
    """
    for prefix, roles in LIBRARY_VIEWS.items():
        if endpoint == prefix or (prefix.endswith(".") and endpoint.startswith(prefix)):
            return roles
    view = current_app.view_functions[endpoint]
    if not hasattr(view, "allowed_roles"):
        raise LookupError(f"{endpoint} does not say who may open it: add @allow(...) or @public")
    return view.allowed_roles  # type: ignore[no-any-return]  # as set above


def guard() -> Response | None:
    """Return the sign-in page for anonymous visitors, 403 without a role for the view; None if access is
    allowed.
    """
    if request.endpoint is None:
        return None
    roles = roles_of(request.endpoint)
    if roles is None:
        return None
    if not current_user.is_authenticated:
        return redirect(url_for("security.login", next=_wanted()))
    if not (roles & current_user.role_set):
        abort(403)
    return None


def _wanted() -> str:
    """Return the page to show after signing in: this one, or for a POST address the page that sent it."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    return came_from() or "/"


def init_app(app: Flask) -> None:
    app.before_request(guard)

    def openable(endpoint: str) -> bool:
        roles = roles_of(endpoint)
        return roles is None or bool(roles & current_roles())

    app.jinja_env.globals.update(
        current_roles=current_roles, Role=Role, may_open=openable, view_functions=app.view_functions
    )
    app.jinja_env.tests["openable"] = openable
