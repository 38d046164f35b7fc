"""Who may open what: endpoint → roles; None: everybody, signed in or not. Every view of ours stands here."""

from training.access import (  # noqa: F401
    ADMINISTRATORS,
    CATALOGUE_EDITORS,
    EVERYBODY,
    PLANNERS,
    REGISTRARS,
    STAFF,
    TRAINEES,
    Role,
)

TABLE: dict[str, frozenset[Role] | None] = {
    "static": None,
    "language.choose": None,
    "dashboard.home": EVERYBODY,
}
