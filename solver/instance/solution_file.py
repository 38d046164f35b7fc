"""The file `training-plan-solution/1`: the options that run, who sits in them, and other results of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from solver.instance.facts import Seat
from solver.instance.strict_json import Repeating, Unreadable, dump, parse, read_bytes, shown, write_text

FORMAT = "training-plan-solution/1"
_OWN = ("format", "options", "seats")


class SolutionError(ValueError):
    """A solution file that is refused. `faults`: one text each, «place: what is wrong»."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Solution:
    """The decisions of a run.

    options: ids of the options that run; seats: need and option; further: other keys of the file (status, bound,
    score, history, …), plain JSON values that no checker reads. Raises SolutionError when `further` uses a key of
    the format.
    """

    options: tuple[str, ...]
    seats: tuple[Seat, ...]
    further: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        taken = [key for key in _OWN if key in self.further]
        if taken:
            raise SolutionError([f"{key}: the key belongs to the format" for key in taken])


def read_solution(path: str | Path) -> Solution:
    """Return the solution in a file. Raises SolutionError with every fault of its shape.

    The checker decides whether its ids exist and its rules hold.
    """
    try:
        data = read_bytes(path)
    except Unreadable as error:
        raise SolutionError([f"{path}: {error}"]) from error
    return loads_solution(data)


def loads_solution(data: bytes | str) -> Solution:
    """Return the solution in JSON (bytes are UTF-8). Raises SolutionError with every fault of its shape."""
    try:
        raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        document = parse(raw, fractions=True)
    except Unreadable as error:
        raise SolutionError([f"the file: {error}"]) from error
    if not isinstance(document, dict):
        raise SolutionError([f"the file: {shown(document)} must be an object"])
    faults = [f"{key}: the key is missing; add it" for key in _OWN if key not in document]
    faults += _repeated("", document)
    if "format" in document and document["format"] != FORMAT:
        faults.append(f"format: {shown(document['format'])} must be '{FORMAT}'")
    options = _list("options", document, faults)
    for i, option in enumerate(options):
        if not isinstance(option, str):
            faults.append(f"options[{i}]: {shown(option)} must be text")
    seats = []
    for i, entry in enumerate(_list("seats", document, faults)):
        seat = _seat(f"seats[{i}]", entry, faults)
        if seat is not None:
            seats.append(seat)
    if faults:
        raise SolutionError(faults)
    further = {key: value for key, value in document.items() if key not in _OWN}
    return Solution(tuple(option for option in options if isinstance(option, str)), tuple(seats), further)


def _repeated(place: str, value: dict[str, object]) -> list[str]:
    repeated = value.repeated if isinstance(value, Repeating) else ()
    return [f"{place}{shown(key)}: the key is repeated; keep one" for key in repeated]


def _list(key: str, document: dict[str, object], faults: list[str]) -> list[object]:
    value = document.get(key, [])
    if isinstance(value, list):
        return value
    faults.append(f"{key}: {shown(value)} must be a list")
    return []


def _seat(place: str, value: object, faults: list[str]) -> Seat | None:
    if not isinstance(value, dict):
        faults.append(f"{place}: {shown(value)} must be an object of need and option")
        return None
    faults += _repeated(f"{place}.", value)
    faults += [f"{place}.{shown(key)}: the key is unknown" for key in value if key not in ("need", "option")]
    need, option = value.get("need"), value.get("option")
    for key, text in (("need", need), ("option", option)):
        if not isinstance(text, str):
            faults.append(f"{place}.{key}: {shown(text) if key in value else 'nothing'} must be text")
    return Seat(need, option) if isinstance(need, str) and isinstance(option, str) else None


def write_solution(solution: Solution, path: str | Path) -> None:
    """Write the file, whole or not at all; reading it gives an equal solution. Raises OSError."""
    write_text(path, _lines(solution))


def dumps_solution(solution: Solution) -> str:
    """Return the text that `write_solution` writes."""
    return "".join(_lines(solution))


def _lines(solution: Solution) -> Iterator[str]:
    yield f'{{"format":{dump(FORMAT)}'
    for key, value in solution.further.items():
        yield f",\n{dump(key)}:{dump(value)}"
    yield f',\n"options":{dump(solution.options)},\n"seats":['
    for i, seat in enumerate(solution.seats):
        yield f"{',' if i else ''}\n{dump({'need': seat.need, 'option': seat.option})}"
    yield "]}\n"
