"""The four-eyes principle: different people enter results, recognise them and issue certificates, if the rule of
the class asks for it. See decision 15."""

from __future__ import annotations

from flask_babel import gettext as _

from ..accounts.officers import accounts_with, host_accounts
from ..classes.models import TrainingClass
from ..core.access import Role
from ..core.audit import Actor
from ..core.errors import Refused
from .models import ClassBook, FourEyes, Recognition


def hold_for(training_class: TrainingClass, setting: FourEyes) -> bool:
    """Return whether one account may not do two of the three in this class."""
    if setting is FourEyes.POSSIBLE:
        return _accounts(training_class) > 1
    return setting is FourEyes.ALWAYS


def _accounts(training_class: TrainingClass) -> int:
    """Return how many accounts keep the book of a class: those of its host; of a class without one, the
    planners."""
    host_id = training_class.host_id
    return len(accounts_with(Role.PLANNER) if host_id is None else host_accounts(host_id))


def refuse_who_entered(book: ClassBook, *, actor: Actor) -> None:
    """Raises:
    Refused: the actor entered the results, and another person must recognise them.
    """
    if _same(actor, book.entered_by_id, book.entered_by_name) and _asked_of(book):
        raise Refused(_("A second person does this: you entered these results yourself."))


def refuse_who_recognised(book: ClassBook, recognition: Recognition, *, actor: Actor) -> None:
    """Raises:
    Refused: the actor recognised the results, and another person must issue certificates.
    """
    if _same(actor, recognition.made_by_id, recognition.made_by_name) and _asked_of(book):
        raise Refused(_("A second person does this: you recognised these results yourself."))


def _asked_of(book: ClassBook) -> bool:
    return book.rule is not None and hold_for(book.training_class, FourEyes(book.rule.four_eyes))


def _same(actor: Actor, user_id: int | None, name: str | None) -> bool:
    """Return whether the actor is the account that the book names; the command line has only a name."""
    return (
        actor.actor_id == user_id if actor.actor_id is not None else (user_id is None and actor.actor_name == name)
    )
