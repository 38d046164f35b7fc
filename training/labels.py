"""What each kind of record is called on screen: in the audit log, and where it stands in the way of a deletion."""

from flask_babel import lazy_gettext as _l

_ENTITIES = {
    "place": _l("place"),
    "travel": _l("travel"),
    "unit": _l("unit"),
    "position": _l("position"),
    "employee": _l("employee"),
    "sensitive_record": _l("sensitive record"),
    "absence": _l("absence"),
    "user_account": _l("account"),
    "user_role": _l("role of an account"),
    "user_unit": _l("unit of an account"),
    "role": _l("role"),
    "course": _l("course"),
    "prerequisite_group": _l("prerequisite"),
    "prerequisite_course": _l("prerequisite"),
    "course_equivalence": _l("equivalence"),
    "host": _l("host"),
    "room": _l("room"),
    "lecturer": _l("lecturer"),
    "completion": _l("completion"),
    "fund": _l("fund"),
    "training_class": _l("class"),
    "class_option": _l("class option"),
    "option_session": _l("days of an option"),
    "option_room": _l("room of an option"),
    "option_lecturer": _l("lecturer of an option"),
    "class_quota": _l("quota"),
    "quota_unit": _l("unit of a quota"),
    "round": _l("round"),
    "need": _l("need"),
    "plan": _l("plan"),
    "pin": _l("pin or ban"),
    "optimizer_run": _l("optimizer run"),
    "run_need": _l("result of a need"),
    "run_class": _l("result of a class"),
    "enrolment": _l("enrolment"),
    "import_batch": _l("import"),
    "imported_value": _l("imported value"),
}


def entity_label(table: str) -> str:
    """How the records of `table` are called; the table's own name if nobody named it."""
    return str(_ENTITIES.get(table, table))


def entities() -> list[tuple[str, str]]:
    """(table, label) of all kinds, for a choice."""
    return [(table, str(label)) for table, label in _ENTITIES.items()]
