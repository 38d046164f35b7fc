"""Pages of confirmation for acts on needs: the effect, and which needs the act cannot be done to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from ...core.access import current_scope
from ...core.db import db
from ...core.i18n import number
from ...courses.models import Course
from ...people.models import Employee
from ...web.confirming import Question, QuestionLine, packed, packed_versions
from ..approval import coverage
from ..approval.acts import NeedAct
from ..approval.workflow import move
from ..errors import ManyRefused
from ..models import Need, Priority
from ..proposals import Suggestion
from .tables import NEEDS_BOX, PEOPLE_BOX

_TITLES = {
    NeedAct.SUBMIT: _l("Submit %(count)s needs?"),
    NeedAct.APPROVE: _l("Approve %(count)s needs?"),
    NeedAct.RETURN: _l("Return %(count)s needs to their units?"),
    NeedAct.CUT: _l("Cut %(count)s needs?"),
    NeedAct.RECONSIDER: _l("Decide %(count)s needs anew?"),
    NeedAct.WITHDRAW: _l("Withdraw %(count)s needs?"),
    NeedAct.RESTORE: _l("Register %(count)s needs again?"),
}
_FOLLOWS = {
    NeedAct.SUBMIT: _l(
        "They go to the first step of approval. From then on only what is returned can be changed."
    ),
    NeedAct.APPROVE: _l(
        "They go to the next step, or, after the last one, into the plan. You cannot take that back."
    ),
    NeedAct.RETURN: _l("Their units are told, with the reason, and may mend and submit them again."),
    NeedAct.CUT: _l("They do not go into the plan. Their units are told, with the reason."),
    NeedAct.RECONSIDER: _l("They wait again at the step that decides, and leave the plan until then."),
    NeedAct.WITHDRAW: _l(
        "They are no longer asked for. Registered again, a need begins from the start: what was approved is "
        "approved anew."
    ),
    NeedAct.RESTORE: _l("They are asked for again."),
}
_BUTTONS = {
    NeedAct.SUBMIT: _l("Submit these %(count)s"),
    NeedAct.APPROVE: _l("Approve these %(count)s"),
    NeedAct.RETURN: _l("Return these %(count)s"),
    NeedAct.CUT: _l("Cut these %(count)s"),
    NeedAct.RECONSIDER: _l("Decide these %(count)s anew"),
    NeedAct.WITHDRAW: _l("Withdraw these %(count)s"),
    NeedAct.RESTORE: _l("Register these %(count)s again"),
}
_DANGER = {NeedAct.CUT, NeedAct.WITHDRAW}


def line_of(need: Need, why: str | None = None) -> QuestionLine:
    """Return a need as a line of a page of confirmation; `why`: the reason that it is left unchanged."""
    what = f"{need.course.name} – {need.where()}"
    return QuestionLine(_person(need.employee), f"{what}: {why}" if why else what, need.employee.unit.name)


def _person(employee: Employee) -> str:
    return f"{employee.name} ({employee.code})"


def of_act(
    needs: Sequence[Need],
    act: NeedAct,
    reason: str | None,
    seen: Mapping[int, int],
    *,
    more: Mapping[str, Any],
    aside: Sequence[QuestionLine] = (),
    told: Sequence[str] = (),
) -> Question:
    """Return the question whether to do `act` to needs. The act is tried and rolled back, so that needs to which
    it cannot be done are listed as left aside, each with the reason. The caller's further sentences come before
    those of the act.

    Args:
        seen: need id → version as the list showed it.
        more: further fields that lead back to where the act began.
        aside: needs that the act leaves unchanged.

    Raises:
        Refused: nothing is chosen, the reason is missing, or the act can be done to none.
    """
    lines = {need.id: line_of(need) for need in needs}
    people = {need.id: need.employee_id for need in needs}
    versions = {need.id: seen.get(need.id, need.version) for need in needs}
    refused: dict[int, str] = {}
    going = needs if act in {NeedAct.SUBMIT, NeedAct.APPROVE} else []
    nobody = coverage.nobody_after(going, coverage.next_steps(going, act))
    try:
        move(needs, act, actor=current_user, scope=current_scope(), reason=reason, seen=versions)
    except ManyRefused as error:
        if len(error.by_id) == len(lines):
            raise
        refused = error.by_id
    finally:
        db.session.rollback()
    done = {row_id: line for row_id, line in lines.items() if row_id not in refused}
    count = number(len(done))
    warned = coverage.sentences([one.of(done) for one in nobody if one.of(done).needs])
    sentence = _(
        "%(needs)s needs of %(people)s people.",
        needs=count,
        people=number(len({people[row_id] for row_id in done})),
    )
    left = [
        QuestionLine(lines[row_id].who, f"{lines[row_id].what}: {why}", lines[row_id].unit)
        for row_id, why in refused.items()
    ]
    fields = {**packed_versions({row_id: versions[row_id] for row_id in done}), "reason": reason, **more}
    return Question(
        title=str(_TITLES[act]) % {"count": count},
        told=[*warned, *told, sentence, str(_FOLLOWS[act])],
        button=str(_BUTTONS[act]) % {"count": count},
        lines=list(done.values()),
        aside=[*left, *aside],
        fields={**packed(NEEDS_BOX, done), **fields},
        back={**packed(NEEDS_BOX, lines), **packed_versions(versions), "reason": reason, **more},
        given=[(_("Reason"), reason)],
        danger=act in _DANGER,
    )


def of_registering(
    people: Sequence[Employee],
    refused: Mapping[int, str],
    course: Course,
    priority: int,
    note: str | None,
    back: Sequence[int],
) -> Question:
    """Return the question whether to register a course for everyone in a list who lacks it."""
    chosen = [person for person in people if person.id not in refused]
    count = number(len(chosen))
    typed = {"priority": priority, "note": note}
    return Question(
        title=_("Register %(count)s people for “%(course)s”?", count=count, course=course.name),
        told=[_("These are the people of the list as it is narrowed now who lack the course, on all its pages.")],
        button=_("Register these %(count)s", count=count),
        lines=[
            QuestionLine(_person(one), one.position.name if one.position else "", one.unit.name) for one in chosen
        ],
        aside=[QuestionLine(_person(one), refused[one.id], one.unit.name) for one in people if one.id in refused],
        fields={**packed(PEOPLE_BOX, (one.id for one in chosen)), **typed},
        back={**packed(PEOPLE_BOX, back), **typed},
        given=[(_("Priority"), Priority(priority).label), (_("Note"), note)],
    )


def of_taking_over(
    found: Sequence[Suggestion], given: Mapping[str, Priority], *, box: str, back: Sequence[str]
) -> Question:
    """Return the question whether to register all proposals except those that the rules forbid.

    Args:
        given: key of a proposal that is taken over → its priority.
        box: name of the check boxes of proposals.
        back: the keys that were ticked.
    """
    chosen = [one for one in found if one.key in given]
    count = number(len(chosen))
    priorities = {f"priority-{one.key}": given[one.key].value for one in chosen if given[one.key] != one.priority}
    return Question(
        title=_("Take over %(count)s proposals?", count=count),
        told=[
            _(
                "%(needs)s needs of %(people)s people.",
                needs=count,
                people=number(len({one.employee.id for one in chosen})),
            ),
            _("These are all proposals of the unit and the ground chosen above the list."),
        ],
        button=_("Take over these %(count)s", count=count),
        lines=[
            QuestionLine(
                _person(one.employee), f"{one.course.name} – {given[one.key].label}", one.employee.unit.name
            )
            for one in chosen
        ],
        aside=[
            QuestionLine(
                _person(one.employee), f"{one.course.name}: {'; '.join(one.against)}", one.employee.unit.name
            )
            for one in found
            if one.key not in given
        ],
        fields={**packed(box, given), **priorities},
        back={**packed(box, back), **priorities},
    )
