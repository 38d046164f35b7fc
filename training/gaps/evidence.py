"""How a requirement is met, in words."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ..completions.models import Completion
from ..core.db import db
from ..core.i18n import day
from ..standards.eligibility.recommending import may_be_recommended
from ..standards.models import CompetencyAssessment, Exemption
from .queries import GapTable
from .rules import Gap, State, Way


class Evidence:
    """The evidence of some gaps, read in a fixed number of queries.

    Args:
        table: where the gaps come from.
        gaps: those to be described.
    """

    def __init__(self, table: GapTable, gaps: Iterable[Gap]) -> None:
        self.table = table
        gaps = list(gaps)
        ids: dict[type, set[int]] = {Completion: set(), CompetencyAssessment: set(), Exemption: set()}
        for gap in gaps:
            if gap.verdict.evidence is not None and gap.verdict.way is not None:
                ids[_MODELS[gap.verdict.way]].add(gap.verdict.evidence)
        asked = [gap for gap in gaps if gap.state in {State.MISSING, State.EXPIRING}]
        self._open = may_be_recommended(
            {gap.employee_id for gap in asked},
            {course_id for gap in asked for course_id in table.closers(gap)},
            table.day,
        )
        self.completions: dict[int, Completion] = {}
        self.assessments: dict[int, CompetencyAssessment] = {}
        self.exemptions: dict[int, Exemption] = {}
        if ids[Completion]:
            statement = sa.select(Completion).where(Completion.id.in_(ids[Completion]))
            rows = db.session.scalars(statement.options(joinedload(Completion.course)))
            self.completions = {row.id: row for row in rows}
        if ids[CompetencyAssessment]:
            found = sa.select(CompetencyAssessment).where(CompetencyAssessment.id.in_(ids[CompetencyAssessment]))
            self.assessments = {row.id: row for row in db.session.scalars(found)}
        if ids[Exemption]:
            exempted = sa.select(Exemption).where(Exemption.id.in_(ids[Exemption]))
            self.exemptions = {row.id: row for row in db.session.scalars(exempted)}

    def words(self, gap: Gap) -> str:
        """Return how it is met and until when, or what would meet it."""
        told = [text for text in (self._by(gap), _until(gap)) if text]
        if gap.state in {State.MISSING, State.EXPIRING}:
            told += self._to_attend(gap)
        if gap.state is State.UNKNOWN:
            told.append(_("the record says nothing: complete it first"))
        return "; ".join(told)

    def _to_attend(self, gap: Gap) -> list[str]:
        """Return the courses that would meet it and to which the person could be sent."""
        courses = [self.table.world.courses[course_id] for course_id in self.table.closers(gap)]
        open_ = [course.name for course in courses if (gap.employee_id, course.id) in self._open]
        if open_:
            return [str(_("to be attended: %(courses)s", courses=_(" or ").join(open_)))]
        return [str(_("no course that meets it is open to this person now"))] if courses else []

    def _by(self, gap: Gap) -> str:
        way, evidence = gap.verdict.way, gap.verdict.evidence
        if way is Way.RECORD:
            return str(_("by the record"))
        if way in {Way.COMPLETION, Way.SUBSTITUTE} and evidence in self.completions:
            done = self.completions[evidence]
            return f"{done.course.name}, {day(done.completed_on)}"
        if way is Way.ASSESSMENT and evidence in self.assessments:
            found = self.assessments[evidence]
            return str(_("level %(level)d, assessed on %(day)s", level=found.level, day=day(found.assessed_on)))
        if way is Way.EXEMPTION and evidence in self.exemptions:
            exemption = self.exemptions[evidence]
            return f"{exemption.ground} ({exemption.paper})" if exemption.paper else exemption.ground
        return ""


_MODELS = {
    Way.COMPLETION: Completion,
    Way.SUBSTITUTE: Completion,
    Way.ASSESSMENT: CompetencyAssessment,
    Way.EXEMPTION: Exemption,
}


def _until(gap: Gap) -> str:
    until = gap.verdict.until
    if until is None:
        return ""
    if gap.state is State.MISSING:
        return str(_("lapsed after %(day)s", day=day(until)))
    return str(_("until %(day)s", day=day(until)))
