"""Lists: declared columns, search without marks, sorting in Vietnamese order, pages; one count and one read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask, g, request, url_for

from .db import db
from .vietnamese import search_key

PAGE_SIZE = 50
Row = TypeVar("Row")
ALL = "all"  # chosen where a filter has a default and nothing is to be filtered


@dataclass(frozen=True)
class ListColumn:
    """A column of a list.

    Attributes:
        key: the column's name in addresses and in the row's cells.
        label: its heading.
        cell: the text (or Markup) of a row's cell.
        sort: SQL expressions that it sorts by; empty: cannot be sorted.
        link: the address that the cell leads to, if any.
        number: right-aligned.
        wide_only: left out on narrow screens.
        narrow_note: small print under the cell on narrow screens: what a column left out there says.
    """

    key: str
    label: Any
    cell: Callable[[Any], Any]
    sort: tuple[Any, ...] = ()
    link: Callable[[Any], str | None] | None = None
    number: bool = False
    wide_only: bool = False
    narrow_note: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Filter:
    """A choice above the list that narrows it.

    Attributes:
        key: its name in addresses.
        label: its text.
        choices: (value, label) pairs, or a function that gives them.
        condition: value → SQL condition.
        default: the value that narrows the list until another is chosen, «all» among them; None: nothing does.
    """

    key: str
    label: Any
    choices: Sequence[tuple[Any, Any]] | Callable[[], Sequence[tuple[Any, Any]]]
    condition: Callable[[str], Any]
    default: str | None = None

    def offered(self) -> list[tuple[str, str]]:
        found = self.choices() if callable(self.choices) else self.choices
        return [(str(value), str(label)) for value, label in found]


@dataclass(frozen=True)
class Page:
    """One page of a list, as `templates/_list.html` shows it."""

    columns: Sequence[ListColumn]
    filters: Sequence[Filter]
    rows: list[Any]
    total: int
    number: int
    sort: str
    search: str
    chosen: Mapping[str, str] = field(default_factory=dict)
    searchable: bool = True
    select: str | None = None  # name of the check box of each row, for mass actions

    @property
    def path(self) -> str:
        """Return this list's address without its parameters."""
        endpoint, arguments = _shown_at()
        return url_for(endpoint, **arguments)

    @property
    def narrowed(self) -> bool:
        """Return whether filters other than the default ones are chosen."""
        return any(self.chosen.get(f.key) != f.default for f in self.filters)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE_SIZE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return (self.number - 1) * PAGE_SIZE + len(self.rows)

    def address(self, **changes: Any) -> str:
        """Return this list's address with other parameters."""
        endpoint, arguments = _shown_at()
        parameters = {**own_arguments(), **arguments, **changes}
        return url_for(endpoint, **{k: v for k, v in parameters.items() if v not in (None, "")})

    def sort_address(self, column: ListColumn) -> str:
        reverse = self.sort == column.key
        return self.address(sort=f"-{column.key}" if reverse else column.key, page=None)

    def direction(self, column: ListColumn) -> str | None:
        """Return «ascending», «descending», or None."""
        return {column.key: "ascending", f"-{column.key}": "descending"}.get(self.sort)


def own_arguments() -> dict[str, str]:
    """Return the query parameters of this request, for `url_for`.

    Anybody can write anything there, so those that `url_for` itself would interpret are left out.
    """
    return {key: value for key, value in request.args.items() if key != "endpoint" and key[:1] != "_"}


def show_as(endpoint: str, **arguments: Any) -> None:
    """Set the page that the list of this request belongs to, for another view that shows it again.

    That view's own address only accepts forms, and the links of the list lead to the page.
    """
    g.list_shown_at = (endpoint, arguments)


def _shown_at() -> tuple[str, dict[str, Any]]:
    """Return the endpoint of the page that the list belongs to, with the values in its address."""
    known: tuple[str, dict[str, Any]] = g.get("list_shown_at", (request.endpoint or "", request.view_args or {}))
    return known


# Where a word is searched for: a search-key column, or word → condition, for the name of another row.
SearchPart = Any


_AROUND_WORDS = "()[]“”\"',;:·–—"  # lists write «name (code)» and «code · name»: such text is found as well


def matches(parts: SearchPart | Sequence[SearchPart], text: str) -> Any:
    """Return the condition that every word of `text` occurs in a search key of `parts`, marks ignored."""
    among = parts if isinstance(parts, tuple | list) else (parts,)
    words = [word for word in (word.strip(_AROUND_WORDS) for word in search_key(text).split()) if word]
    return sa.and_(sa.true(), *(sa.or_(*(_holds(part, word) for part in among)) for word in words))


def _holds(part: SearchPart, word: str) -> Any:
    return part.contains(word, autoescape=True) if hasattr(part, "contains") else part(word)


def named(key: Any, model: Any) -> Callable[[str], Any]:
    """Return word → condition: the row that the foreign key `key` points to has it in its name or code."""
    return lambda word: key.in_(sa.select(model.id).where(model.search_key.contains(word, autoescape=True)))


def narrowed(
    statement: sa.Select[Any], search: Any = None, filters: Sequence[Filter] = ()
) -> tuple[sa.Select[Any], str, dict[str, str]]:
    """Return `statement` filtered as the request asks: (statement, text, chosen).

    For acts on everything that a list shows; arguments as for `listing`.
    """
    text = request.args.get("q", "").strip()
    asked = {f.key: request.args.get(f.key) or f.default for f in filters}
    chosen = {key: value for key, value in asked.items() if value and value != ALL}
    if text and search is not None:
        statement = statement.where(matches(search, text))
    for narrowing in filters:
        if narrowing.key in chosen:
            if chosen[narrowing.key] in {value for value, _label in narrowing.offered()}:
                statement = statement.where(narrowing.condition(chosen[narrowing.key]))
            else:
                chosen.pop(narrowing.key)

    return statement, text, chosen


def listing(
    statement: sa.Select[Any],
    columns: Sequence[ListColumn],
    *,
    default_sort: str,
    search: Any = None,
    filters: Sequence[Filter] = (),
    tie: Any = None,
    select: str | None = None,
) -> Page:
    """Return the page of `statement` that the request asks for.

    Args:
        statement: a select of one entity, with the loading options that its cells need (so that the number of
            queries does not grow with the rows).
        columns: the columns shown.
        default_sort: key of the column sorted by at first, «-key» for descending.
        search: the search-key column, or several parts (see `SearchPart`); None: no search box.
        filters: choices above the list.
        tie: last sort expression, so that pages are stable; defaults to the entity's primary key.
        select: name of a check box before each row.
    """
    statement, text, chosen = narrowed(statement, search, filters)
    sort = request.args.get("sort", default_sort)
    by_key = {column.key: column for column in columns if column.sort}
    if sort.lstrip("-") not in by_key:
        sort = default_sort
    order = list(by_key[sort.lstrip("-")].sort)
    if sort.startswith("-"):
        order = [expression.desc().nulls_last() for expression in order]
    entity = statement.column_descriptions[0]["entity"]
    order.append(tie if tie is not None else sa.inspect(entity).primary_key[0])

    total = db.session.scalar(sa.select(sa.func.count()).select_from(statement.order_by(None).subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(max(request.args.get("page", 1, type=int) or 1, 1), pages)
    query = statement.order_by(*order).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    rows = list(db.session.scalars(query).unique())
    return Page(columns, filters, rows, total, number, sort, text, chosen, search is not None, select)


def listing_of(
    rows: Sequence[Row],
    columns: Sequence[ListColumn],
    *,
    default_sort: str = "",
    search: Callable[[Row], str] | None = None,
    filters: Sequence[Filter] = (),
) -> Page:
    """Return the page that the request asks for of rows that are in memory, such as sums that no column holds.

    Here the `sort` of a column and the `condition` of a filter are functions: row → what it sorts by, and value →
    row → whether it stays. Rows that a sort cannot tell apart keep their order.

    Args:
        default_sort: as for `listing`; empty: the order of `rows`.
        search: row → its search key; None: no search box.
    """
    text = request.args.get("q", "").strip()
    found = [row for row in rows if search is None or _holds_words(search(row), text)]
    chosen = {}
    for narrowing in filters:
        value = request.args.get(narrowing.key) or narrowing.default
        if value and value in {offered for offered, _label in narrowing.offered()}:
            chosen[narrowing.key] = value
            found = [row for row in found if narrowing.condition(value)(row)]
    sort = request.args.get("sort", default_sort)
    by_key = {column.key: column for column in columns if column.sort}
    if sort.lstrip("-") not in by_key:
        sort = default_sort
    if sort:
        found = _sorted(found, by_key[sort.lstrip("-")].sort[0], reverse=sort.startswith("-"))
    pages = max(1, -(-len(found) // PAGE_SIZE))
    number = min(max(request.args.get("page", 1, type=int) or 1, 1), pages)
    shown = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return Page(columns, filters, shown, len(found), number, sort, text, chosen, search is not None)


def _holds_words(key: str, text: str) -> bool:
    """Return whether every word of `text` occurs in the search key, marks ignored: as `matches` finds it."""
    words = (word.strip(_AROUND_WORDS) for word in search_key(text).split())
    return all(word in key for word in words if word)


def _sorted(rows: list[Row], by: Callable[[Row], Any], *, reverse: bool) -> list[Row]:
    """Return the rows sorted; those of which nothing is known come last, whichever the direction."""
    known = [row for row in rows if by(row) is not None]
    return sorted(known, key=by, reverse=reverse) + [row for row in rows if by(row) is None]


def init_app(app: Flask) -> None:
    app.jinja_env.globals["own_arguments"] = own_arguments
    app.jinja_env.globals["column_cell"] = lambda column, row: column.cell(row)
