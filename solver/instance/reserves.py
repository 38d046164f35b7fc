"""Seats kept by the reserves of classes."""

from __future__ import annotations

from solver.instance.facts import Facts, TrainingClass


def seats_kept(instance: Facts) -> dict[str, tuple[int, ...]]:
    """Return class → seats that each of its reserves keeps: `min_seats`; with `release`, at most the claimed ones.

    A need claims a seat of a reserve if it is of one of its units, for the class's course, not banned from the
    class and not pinned to another.
    """
    reserved = {made.id: made for made in instance.classes if made.reserves}
    if not reserved:
        return {}
    claims = {class_id: [0] * len(made.reserves) for class_id, made in reserved.items()}
    unit_of = {trainee.id: trainee.unit for trainee in instance.trainees}
    banned = {(ban.need, ban.class_id) for ban in instance.bans}
    pinned: dict[str, set[str]] = {}
    for pin in instance.pins:
        pinned.setdefault(pin.need, set()).add(pin.class_id)
    of_course: dict[str, list[TrainingClass]] = {}
    for made in reserved.values():
        of_course.setdefault(made.course, []).append(made)
    for need in instance.needs:
        for made in of_course.get(need.course, ()):
            if (need.id, made.id) in banned or not pinned.get(need.id, set()) <= {made.id}:
                continue
            for at, reserve in enumerate(made.reserves):
                claims[made.id][at] += unit_of[need.trainee] in reserve.units
    return {
        class_id: tuple(
            min(reserve.min_seats, claims[class_id][at]) if reserve.release else reserve.min_seats
            for at, reserve in enumerate(made.reserves)
        )
        for class_id, made in reserved.items()
    }
