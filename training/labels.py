"""What each kind of record is called on screen: in the audit log, and where it stands in the way of a deletion."""

from flask_babel import lazy_gettext as _l

_ENTITIES = {
    "place": _l("place"),
    "travel": _l("travel"),
    "unit": _l("unit"),
    "unit_link": _l("place in a tree"),
    "unit_succession": _l("succession of units"),
    "position": _l("position"),
    "employee": _l("employee"),
    "sensitive_record": _l("sensitive record"),
    "assignment": _l("stay in a unit"),
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
    "planned_title": _l("planned title"),
    "planning_review": _l("review of planned titles"),
    "career_limits": _l("limits of planning and ratings"),
    "knowledge_test": _l("knowledge test"),
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
    "approval_step": _l("approval step"),
    "delegation": _l("delegation"),
    "need_transition": _l("history of a need"),
    "notice": _l("notice"),
    "plan": _l("plan"),
    "pin": _l("pin or ban"),
    "optimizer_run": _l("optimizer run"),
    "run_need": _l("result of a need"),
    "run_class": _l("result of a class"),
    "enrolment": _l("enrolment"),
    "import_batch": _l("import"),
    "sign_in_failure": _l("failed sign-in"),
    "imported_value": _l("imported value"),
}


def entity_label(table: str) -> str:
    """How the records of `table` are called; the table's own name if nobody named it."""
    return str(_ENTITIES.get(table, table))


def entities() -> list[tuple[str, str]]:
    """(table, label) of all kinds, for a choice."""
    return [(table, str(label)) for table, label in _ENTITIES.items()]


_FIELDS = {
    "code": _l("Code"),
    "name": _l("Name"),
    "kind": _l("Kind"),
    "parent_id": _l("Parent unit"),
    "place_id": _l("Place"),
    "unit_id": _l("Unit"),
    "units": _l("Units"),
    "position_id": _l("Position"),
    "employee_id": _l("Person"),
    "course_id": _l("Course"),
    "class_id": _l("Class"),
    "host_id": _l("Host"),
    "fund_id": _l("Fund"),
    "round_id": _l("Round"),
    "plan_id": _l("Plan"),
    "need_id": _l("need"),
    "option_id": _l("class option"),
    "origin_id": _l("From place"),
    "destination_id": _l("To place"),
    "points": _l("Points"),
    "max_absent": _l("Absence limit"),
    "valid_from": _l("Valid from"),
    "valid_to": _l("Valid to"),
    "first": _l("First day"),
    "last": _l("Last day"),
    "reason": _l("Reason"),
    "note": _l("Note"),
    "state": _l("State"),
    "priority": _l("Priority"),
    "year": _l("Year"),
    "active": _l("Active"),
    "roles": _l("Roles"),
    "email": _l("E-mail"),
    "phone": _l("Phone"),
    "password": _l("Password"),
    "birth_date": _l("Date of birth"),
    "birth_year": _l("Year of birth"),
    "sex": _l("Sex"),
    "rank_code": _l("Rank (code)"),
    "salary_step": _l("Salary step"),
    "degree": _l("Professional degree"),
    "political_theory": _l("Political theory level"),
    "state_management": _l("State management level"),
    "languages": _l("Foreign languages"),
    "computing": _l("Computing"),
    "planned_titles": _l("Planned titles"),
    "ratings": _l("Yearly ratings"),
    "service_start": _l("Start of service"),
    "max_days": _l("Most days of class in one year"),
    "ethnicity": _l("Ethnicity"),
    "citizen_id": _l("Citizen id"),
    "party_member": _l("Party member"),
    "party_joined": _l("Joined the Party on"),
    "home_place": _l("Home place"),
    "completed_on": _l("Completed on"),
    "certificate_number": _l("Certificate number"),
    "opens_on": _l("Opens on"),
    "closes_on": _l("Closes on"),
    "closed_at": _l("Closed at"),
    "registered_at": _l("Registered at"),
    "issuer": _l("Issued by"),
}


def field_label(key: str) -> str:
    """How the attribute `key` is called; its own name if nobody named it."""
    return str(_FIELDS.get(key, key))


# Verb of an operation («feature.verb_what») → what the audit log calls it; what it was done to stands beside it.
_ACTS = {
    "save": _l("Entered or changed"),
    "delete": _l("Deleted the record"),
    "close": _l("Closed"),
    "reopen": _l("Opened it again"),
    "register": _l("Registered"),
    "withdraw": _l("Withdrawn"),
    "download": _l("Downloaded a sheet"),
    "upload": _l("Uploaded a workbook"),
    "request": _l("Asked for the import"),
    "apply": _l("Imported the workbook"),
    "discard": _l("Discarded"),
    "publish": _l("Published"),
    "start": _l("Started the run"),
    "stop": _l("Stopped by hand"),
    "run": _l("Running"),
    "set": _l("Set a new password"),
    "change": _l("Changed their own account"),
    "deactivate": _l("Closed"),
    "reactivate": _l("Opened it again"),
    "read": _l("Read sensitive data"),
}


def act_label(operation: str) -> str:
    """What an operation is called in the audit log; its own name if nobody named its verb."""
    verb = operation.partition(".")[2].partition("_")[0]
    return str(_ACTS.get(verb, operation))
