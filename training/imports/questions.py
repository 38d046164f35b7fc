"""Questions about a file that only its uploader can answer; until then nothing of the file can be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from flask_babel import gettext as _

IMPORT, LEAVE = "import", "leave"
KEEP, EXCHANGE = "keep", "exchange"


@dataclass(frozen=True, slots=True)
class FileQuestion:
    """A question about a file.

    Attributes:
        key: its name in the answers.
        place: what it is about.
        message: what was found.
        options: (answer, label).
        answer: as given; None: not yet.
        before: the answer was given to an earlier file, and taken over.
    """

    key: str
    place: str
    message: str
    options: tuple[tuple[str, str], ...]
    answer: str | None = None
    before: bool = False


@dataclass
class Questions:
    """The questions about one file, and the answers given so far.

    Attributes:
        answers: given to this file, by key.
        earlier: (message, answer) of the questions about the file that this one corrects, by key. An answer is
            taken over if the same question has the same message: then nothing about it has changed.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    earlier: Mapping[str, Sequence[str]] = field(default_factory=dict)
    asked: list[FileQuestion] = field(default_factory=list)

    def ask(self, key: str, place: str, message: str, options: Sequence[tuple[str, str]]) -> str | None:
        """Ask a question, and return its answer if there is one."""
        known = {value for value, _label in options}
        answer, before = self.answers.get(key), False
        if answer not in known:
            said, earlier = self.earlier.get(key, ("", None))
            before = said == message and earlier in known
            answer = earlier if before else None
        self.asked.append(FileQuestion(key, place, message, tuple(options), answer, before))
        return answer

    def open(self) -> list[FileQuestion]:
        return [question for question in self.asked if question.answer is None]

    def shown(self) -> list[dict[str, Any]]:
        """Return the questions as they are stored in a preview: JSON, which has lists for tuples."""
        return [{**asdict(one), "options": [list(option) for option in one.options]} for one in self.asked]


def import_or_leave() -> list[tuple[str, str]]:
    return [(IMPORT, _("Import them too")), (LEAVE, _("Leave them out"))]


def answered(questions: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the answered questions of a preview, in the form that `Questions.earlier` takes."""
    return {one["key"]: [one["message"], one["answer"]] for one in questions if one["answer"] is not None}


def answers_given(questions: Sequence[Mapping[str, Any]], form: Mapping[str, str]) -> dict[str, str]:
    """Return the answers in a form to the questions of a preview; invalid ones are left out."""
    found = {}
    for place, question in enumerate(questions):
        answer = form.get(f"answer-{place}")
        if answer in {value for value, _label in question["options"]}:
            found[question["key"]] = str(answer)
    return found
