"""The texts of every rule and reason: for lists, for the person concerned, and for the planner.

A row is keyed like obstacles: by the rule, followed by a dot and the side if it has two (`clash.busy`). Codes that
are not rules (`not-run`, `outranked`…) have rows as well. Texts are templates, filled in when they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class RuleText:
    """
    Attributes:
        label: in a few words, for lists and filters.
        reason: why a person has no seat at all, about "this person".
        own: the same, addressed to the person; empty: as `reason`.
        obstacle: why a person has no seat in one class, with its figures; empty: as `reason`.
        violation: that seats break the rule; `where` is what breaks it.
        conflict: to a planner, what the rule requires if pins or bans contradict it.
        next_step: what would make a seat possible, with the `codes` of the classes.
        remedy: what would be different so that the rule no longer keeps a need out, with its figures.
        about_others: the rule is about a set of people. No sentence of it names them: only a planner may read who
            they are (`named`).
    """

    label: Any = ""
    reason: Any = ""
    own: Any = ""
    obstacle: Any = ""
    violation: Any = ""
    conflict: Any = ""
    next_step: Any = ""
    remedy: Any = ""
    about_others: bool = False


# In the order in which reasons are tested: the first one that applies is shown.
TEXTS: Mapping[str, RuleText] = {
    "ban": RuleText(
        label=_l("Not eligible"),
        reason=_l("The planner has excluded this person from every class of the course."),
        own=_l("The planner has excluded you from every class of this course."),
        obstacle=_l("The planner has excluded this person from this class."),
        violation=_l("%(where)s sits in a class that is banned for it."),
        conflict=_l("%(person)s must never be in class %(class_)s."),
        next_step=_l("Ask your unit officer for the ground of your exclusion; the planner can lift it."),
        remedy=_l("The exclusion from class %(class_)s is lifted."),
    ),
    "no-class": RuleText(
        label=_l("No class of the course"),
        reason=_l("No class of this course is planned this year."),
    ),
    "prerequisite": RuleText(
        label=_l("Prerequisite missing"),
        reason=_l("A course that must be completed first is missing."),
        own=_l("You have not completed a course that must come first."),
        obstacle=_l("None of these is completed before it begins: %(courses)s."),
        violation=_l("%(where)s: a course that must be completed first is missing."),
        conflict=_l("%(person)s must complete another course before “%(course)s” begins."),
        remedy=_l("“%(course)s” is completed before the class begins."),
    ),
    "not-run": RuleText(
        label=_l("No class of the course runs"),
        reason=_l("Of the classes of this course that this person could have attended, none runs."),
        own=_l("Of the classes of this course that you could have attended, none runs."),
        obstacle=_l("This class does not run: %(why)s."),
    ),
    "begun": RuleText(label=_l("The class has begun")),
    "entered": RuleText(label=_l("Results of the class entered")),
    "twice": RuleText(label=_l("Has a seat for the course")),
    "clash.busy": RuleText(
        label=_l("Busy on the days of class"),
        reason=_l(
            "The classes that were still possible are held on days for which an absence of this person is "
            "recorded."
        ),
        own=_l("The classes that were still possible are held on days for which an absence of yours is recorded."),
        obstacle=_l("An absence is recorded %(days)s."),
        remedy=_l("The absence recorded %(days)s is lifted."),
    ),
    "clash": RuleText(
        label=_l("Clash with another class"),
        reason=_l(
            "The classes that were still possible are held on days when this person already sits in another class."
        ),
        own=_l("The classes that were still possible are held on days when you already sit in another class."),
        obstacle=_l("Already sits in class %(other)s %(days)s."),
        violation=_l("%(where)s is busy, or in another class, on the days of a class."),
        conflict=_l("%(person)s cannot be in two classes on one day, nor in class during an absence."),
    ),
    "load": RuleText(
        label=_l("Too many days of class"),
        reason=_l("The classes that were still possible would exceed the most days of class set for this person."),
        own=_l("With the classes that were still possible you would exceed your most days of class in a year."),
        obstacle=_l("Already has %(taken)s days of class; at most %(limit)s are set for this person."),
        violation=_l("%(where)s would be in class on more days than the limit."),
        conflict=_l("%(person)s may have at most %(most)s days of class."),
        remedy=_l("%(after)s days of class are set for this person as the most, instead of %(before)s."),
    ),
    "absence": RuleText(
        label=_l("The unit's absence limit"),
        reason=_l("On the days of the classes that were still possible, the unit may let no more people go."),
        obstacle=_l("The unit already has %(taken)s people in class %(days)s; its limit is %(limit)s."),
        violation=_l("Unit %(where)s would have more people in class on one day than its limit."),
        conflict=_l("Unit %(unit)s may let at most %(most)s people go on one day."),
        next_step=_l(
            "A seat in class %(codes)s comes within reach when fewer people of your unit are away on its days: "
            "your unit may let %(limit)s go at once."
        ),
        remedy=_l("Unit %(unit)s lets %(after)s people go at once %(days)s, instead of %(before)s."),
    ),
    "quota": RuleText(
        label=_l("The class's quota"),
        reason=_l("In the classes that were still possible, the seats meant for this unit are taken."),
        obstacle=_l("All %(limit)s seats meant for this unit are taken."),
        violation=_l("Class %(where)s would take more people of some units than their quota."),
        conflict=_l("Class %(class_)s limits how many people of some units it takes."),
        next_step=_l(
            "A seat in class %(codes)s comes within reach when somebody gives back one of those meant for your "
            "unit."
        ),
        remedy=_l("Class %(class_)s takes %(after)s people of these units, instead of %(before)s."),
    ),
    "reserve": RuleText(
        label=_l("Seats kept for other units"),
        reason=_l("In the classes that were still possible, the seats that are left are kept for other units."),
        obstacle=_l("The seats that are left are kept for other units."),
        violation=_l("Class %(where)s would have no room for people of units for which it keeps seats."),
        conflict=_l("Class %(class_)s keeps seats for people of some units."),
        next_step=_l(
            "A seat in class %(codes)s comes within reach when enough people whose units have no seats kept give "
            "theirs back, or the planner keeps fewer seats for other units."
        ),
        remedy=_l("Class %(class_)s keeps %(after)s seats for other units, instead of %(before)s."),
    ),
    "size": RuleText(
        label=_l("Class full"),
        reason=_l("The classes that were still possible are full."),
        obstacle=_l("All %(limit)s seats are taken."),
        violation=_l("Class %(where)s would have %(seats)s people; it takes at most %(most)s."),
        conflict=_l("Class %(class_)s takes between %(least)s and %(most)s people."),
        next_step=_l(
            "When somebody gives a seat back, it is offered to those who wait, in their order (class %(codes)s)."
        ),
        remedy=_l("Class %(class_)s takes %(after)s people, instead of %(before)s."),
    ),
    "size.minimum": RuleText(
        obstacle=_l("At least %(limit)s people are needed; at most %(taken)s of those without a seat could come."),
        violation=_l("Class %(where)s would have %(seats)s people; it takes between %(least)s and %(most)s."),
        remedy=_l("Class %(class_)s runs with %(after)s people, instead of at least %(before)s."),
    ),
    "budget": RuleText(
        label=_l("Fund spent"),
        reason=_l("The fund of the classes that were still possible is spent."),
        obstacle=_l("Fund %(fund)s lacks %(missing)s for one more seat."),
        violation=_l("Fund %(where)s would pay %(spent)s; it has %(budget)s."),
        conflict=_l("Fund %(fund)s has %(amount)s."),
        next_step=_l("A seat in class %(codes)s comes within reach when its fund gets more money."),
        remedy=_l("Fund %(fund)s has %(money)s more."),
    ),
    "budget.opening": RuleText(
        obstacle=_l("Fund %(fund)s lacks %(missing)s to open the class at its smallest size."),
    ),
    "apart": RuleText(
        label=_l("Not in one class with others"),
        reason=_l("In the classes that were still possible sit others who do not share a class with this person."),
        own=_l("In the classes that were still possible sit others with whom you do not share a class."),
        obstacle=_l("Others sit in it who do not share a class with this person."),
        violation=_l("Too many people who do not share a class would sit in one."),
        conflict=_l("These do not sit in the same class, or only so many of them: %(people)s."),
        next_step=_l(
            "A seat in class %(codes)s comes within reach when somebody with whom you do not share a class gives "
            "theirs back."
        ),
        remedy=_l("%(after)s of those who do not share a class may sit in this one, instead of %(before)s."),
        about_others=True,
    ),
    "together": RuleText(
        label=_l("In one class with others"),
        reason=_l("There was no class with a seat for everybody who sits in the same class as this person."),
        own=_l("There was no class with a seat for everybody who is to sit in the same class as you."),
        obstacle=_l("Not everybody who sits in the same class as this person, or else in none, can sit in it."),
        violation=_l("Of people who sit in the same class, or else in none, only some would sit in one."),
        conflict=_l("These sit in the same class, or none of them has a seat: %(people)s."),
        next_step=_l(
            "A seat in class %(codes)s comes within reach together with those who are to sit in the same class as "
            "you: once there is one for each."
        ),
        remedy=_l("This person sits apart from those who sit in the same class or in none."),
        about_others=True,
    ),
    "outranked": RuleText(
        label=_l("Others had the greater value"),
        reason=_l("Seats were given to others, whose needs bring the whole plan more points."),
        obstacle=_l("A seat in this class would cost the whole plan more points than it brings."),
    ),
    # Shown to no trainee: these separate classes, or bind a run as a whole.
    "one-option": RuleText(
        violation=_l("Class %(where)s would run more than once, or no longer has its dates."),
        conflict=_l("Class %(class_)s runs in one of its calendars only."),
    ),
    "eligible": RuleText(
        violation=_l("%(where)s: the class no longer runs, or teaches another course."),
        conflict=_l("Class %(class_)s does not teach the course that %(person)s needs."),
    ),
    "one-seat": RuleText(
        violation=_l("%(where)s would have two seats."),
        conflict=_l("%(person)s gets one seat only for “%(course)s”."),
    ),
    "resource": RuleText(
        obstacle=_l("%(resource)s is used by class %(other)s %(days)s."),
        violation=_l("%(where)s would be used twice on one day."),
        conflict=_l("Room %(resource)s holds one class only on one day."),
        remedy=_l("%(resource)s is free %(days)s."),
    ),
    "resource.lecturer": RuleText(
        conflict=_l("Lecturer %(resource)s can teach one class only on one day."),
    ),
    "pin": RuleText(
        violation=_l("%(where)s is pinned to a class, but does not sit in it."),
        conflict=_l("%(person)s must be in class %(class_)s."),
    ),
    "pin.stays": RuleText(
        conflict=_l("%(person)s stays in class %(class_)s, which has begun or has results."),
    ),
    "trainee-changes": RuleText(
        violation=_l("More seats in force of %(where)s would change than the policy allows for one person."),
        conflict=_l("Of the seats in force of %(person)s at most %(limit)s may change."),
    ),
    "changes": RuleText(
        violation=_l("More seats of the plan in force would change than the policy allows."),
        conflict=_l("At most %(limit)s seats in force may change."),
    ),
    # For a rule without a remedy of its own.
    "other-rule": RuleText(remedy=_l("Another rule of the plan is relaxed.")),
}
_NO_TEXT = RuleText()


def text_of(code: str | None) -> RuleText:
    """Return the row of a rule, side or reason; an empty one for an unknown code."""
    return TEXTS.get(code or "", _NO_TEXT)


def named(sentence: str, people: str) -> str:
    """Return the sentence of a rule with the people whom it is about, for a planner; without any: the sentence."""
    return str(_("%(sentence)s They are: %(people)s.", sentence=sentence, people=people)) if people else sentence


def stored_sentence(rule: str, sentence: str) -> str:
    """Return a violation that was stored as a sentence, without the names that older releases wrote into it."""
    text = text_of(rule)
    return str(text.violation) if text.about_others else sentence
