"""One declaration for each kind of sheet serves import, export and the empty template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.access import CATALOGUE_EDITORS, Role, Scope
from .cells import CellType, Ids, matching_key

Plain = dict[str, Any]
CODE = ("code",)  # the key of rows that others refer to
Complain = Callable[[str, str], None]  # (field, message)


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    Attributes:
        field: the name of its plain value.
        header: as written in templates and exports, in Vietnamese.
        type: the type of its cells.
        attr: the attribute of the model with the value, as the operation takes it; default: `field`. Several,
            separated by spaces, if `SheetKind.store` derives them from this column.
        aliases: other headers with the same meaning. Marks, case, spaces and punctuation are ignored.
        required: may not be empty.
        unique: no two rows of a sheet may have the same value.
        sensitive: only for users who may see sensitive personal data.
        empty_keeps: an empty cell leaves this field unchanged, rather than emptying it.
        reading_only: read, and converted to other fields by `SheetKind.finish`; not in templates and exports.
        hidden: no column at all; set by `SheetKind.finish`.
        example: for the guide of the template.
    """

    field: str
    header: str
    type: CellType
    attr: str | None = None
    aliases: tuple[str, ...] = ()
    required: bool = False
    unique: bool = False
    sensitive: bool = False
    empty_keeps: bool = False
    reading_only: bool = False
    hidden: bool = False
    example: str = ""

    @property
    def attributes(self) -> list[str]:
        return (self.attr or self.field).split()

    def matching(self) -> list[str]:
        """Return all headers that name this column, in the form in which they are compared."""
        return [matching_key(text) for text in (self.header, *self.aliases)]


@dataclass(frozen=True)
class Existing:
    """A row of the database: its id, and the plain values of its fields."""

    id: int
    values: Plain


@dataclass(frozen=True)
class SheetKind:
    """A kind of sheet.

    Attributes:
        name: in addresses and in the table of imported values.
        sheet: the sheet's name in workbooks: short, without marks.
        label: its name on screen.
        columns: in the order of the template.
        key: fields that together identify a row.
        model: the model of its rows.
        save: `save(values, *, actor, row)`, the entity's own operation; None for a part of another kind.
        load: scope, context → the existing rows that the importer may see.
        aliases: other names of the sheet.
        finish: completes the plain values of a row in place (fields made of several columns; context); reports
            values that do not agree.
        store: changed plain values → further values of the operation, for fields that are no single attribute.
        part_of: the kind whose operation saves these rows as a nested list, and
        part_attr: the name of that list, and
        owner_field: the field with the owner's code.
        loading: loading options for rows that will be changed.
        importers, exporters: the roles that may import and export.
        scoped: the operation takes `scope`, too.
        feeds: kinds whose operations read these rows.
        whole: called after everything was saved: the new and changed rows → (place in the list, field, message) of
            faults, for rules over many rows.
        doubts: the same for doubtful rows that are allowed: reported as warnings.
        foresee: called with the ids in the key of each row, before the rows are saved.
        alone: a separate import, no sheet of the whole province's workbook.
        version: field with the version of the row as it was exported. If nobody has changed the row since, every
            difference comes from the file. The field itself is never a change.
    """

    name: str
    sheet: str
    label: Any
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    model: type[Any]
    load: Callable[[SheetKind, Scope, Mapping[str, Any]], Iterable[Existing]]
    save: Callable[..., Any] | None = None
    aliases: tuple[str, ...] = ()
    finish: Callable[[Plain, Mapping[str, Any], Complain], None] | None = None
    store: Callable[[Plain, Ids], dict[str, Any]] | None = None
    part_of: str | None = None
    part_attr: str | None = None
    owner_field: str = ""
    loading: tuple[Any, ...] = ()
    importers: frozenset[Role] = CATALOGUE_EDITORS
    exporters: frozenset[Role] = CATALOGUE_EDITORS
    scoped: bool = False
    feeds: tuple[str, ...] = ()
    whole: Callable[[Sequence[Any]], Iterable[tuple[int, str, str]]] | None = None
    doubts: Callable[[Sequence[Any]], Iterable[tuple[int, str, str]]] | None = None
    foresee: Callable[[Sequence[tuple[int, ...]]], None] | None = None
    alone: bool = False
    version: str | None = None
    by_field: dict[str, Column] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_field", {column.field: column for column in self.columns})

    def row_key(self, values: Plain) -> str:
        """Return the text that identifies a row among those of its kind."""
        parts = []
        for name in self.key:
            value = values.get(name)
            parts.append(", ".join(value) if isinstance(value, list) else str(value))
        return " | ".join(parts)

    def key_text(self, values: Plain) -> str:
        """Return the key as people read it."""
        return " · ".join(self.by_field[name].type.text(values.get(name)) for name in self.key)

    def sheet_keys(self) -> list[str]:
        return [matching_key(text) for text in (self.sheet, *self.aliases)]

    def shown_columns(self, *, sensitive: bool) -> list[Column]:
        """Return the columns of templates and exports."""
        return [
            column
            for column in self.columns
            if not column.hidden and not column.reading_only and (sensitive or not column.sensitive)
        ]

    def stored(self, plain: Plain, ids: Ids) -> dict[str, Any]:
        """Return the values for the operation, of the fields in `plain`."""
        values = {}
        for name, value in plain.items():
            column = self.by_field[name]
            if not column.reading_only and len(column.attributes) == 1:
                values[column.attributes[0]] = column.type.stored(value, ids)
        if self.store:
            values.update(self.store(plain, ids))
        return values

    def column_of_attribute(self, attribute: str) -> Column | None:
        """Return the column that a fault of the operation concerns."""
        for column in self.columns:
            if attribute in {*column.attributes, column.field} and not column.reading_only:
                return column
        return None


@dataclass(frozen=True)
class Layout:
    """The positions of a kind's columns in a sheet.

    Attributes:
        header_row: number of the first header row, 1 the topmost.
        first_row: number of the first row below the headers.
        places: field → index of its column, from 0.
        unknown: unknown headers: (index, text).
        twice: headers that name the same field as an earlier one: (index, text).
    """

    header_row: int
    first_row: int
    places: dict[str, int]
    unknown: list[tuple[int, str]]
    twice: list[tuple[int, str]]


def find_layout(kind: SheetKind, top: Sequence[tuple[int, Sequence[Any]]]) -> Layout | None:
    """Return the layout of a sheet: of all pairs of rows at its top, the one that names the most columns.

    A header of two rows («Ngày sinh» merged over «Nam» and «Nữ») is read as both texts together, as the lower one
    alone, or as the upper one alone, if that is a known header.

    Args:
        kind: the kind of the sheet.
        top: (row number, cells) of the first rows that are not empty.

    Returns:
        None: no row names even two columns (one, for a kind that has no more).
    """
    known: dict[str, str] = {}
    for column in kind.columns:
        if not column.hidden:
            for key in column.matching():
                known.setdefault(key, column.field)
    best: Layout | None = None
    for place, (number, upper) in enumerate(top):
        lower = top[place + 1] if place + 1 < len(top) else None
        for below in (None, lower):
            if below is not None and below[0] != number + 1:
                continue
            layout = _read_headers(known, number, upper, below[1] if below else None)
            if best is None or len(layout.places) > len(best.places):
                best = layout
    if best is None or len(best.places) < min(2, len(kind.columns)):
        return None
    return best


def _read_headers(
    known: Mapping[str, str], number: int, upper: Sequence[Any], lower: Sequence[Any] | None
) -> Layout:
    places: dict[str, int] = {}
    unknown, twice = [], []
    width = max(len(upper), len(lower or ()))
    above = ""
    for index in range(width):
        own = _header(upper, index)
        sub = _header(lower, index) if lower is not None else ""
        above = own or (above if sub else "")  # a merged cell has its text only in its first cell
        candidates = [f"{above} {sub}", sub, own] if sub else [own]
        name = next((known[key] for text in candidates if (key := matching_key(text)) in known), None)
        text = " ".join(part for part in ((above if sub else own), sub) if part)
        if not text:
            continue
        if name is None:
            unknown.append((index, text))
        elif name in places:
            twice.append((index, text))
        else:
            places[name] = index
    return Layout(number, number + (1 if lower is None else 2), places, unknown, twice)


def _header(cells: Sequence[Any] | None, index: int) -> str:
    value = cells[index] if cells is not None and index < len(cells) else None
    return " ".join(value.split()) if isinstance(value, str) else ""
