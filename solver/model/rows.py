"""The rules as rows over columns: one function per rule, read from one list.

Columns, in this order: a 0/1 column for each pair (the need sits in the option), a 0/1 column for each option
(it runs), an integer column for each unit (seats short of its floor). Every rule gives rows
lower ≤ Σ coefficient · column ≤ upper in whole numbers. `eligible` and `ban`, a busy day, and a
prerequisite that nobody could meet have no rows: those pairs do not exist (`columns.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from solver.instance.columns import NO_LIMIT, Bools, Columns, Ints, expand


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one rule. `row` (0-based within the rule), `column` and `coefficient` go together."""

    row: Ints
    column: Ints
    coefficient: Ints
    lower: Ints
    upper: Ints
    subject: Ints  # what each row is about: a class, fund, trainee, unit, … by its position


@dataclass(frozen=True, slots=True)
class Model:
    """Maximise gain · x + constant over the rows; 0 ≤ x ≤ upper_bound, x whole."""

    columns: Columns
    matrix: sparse.csr_array  # int64 [rows, columns]
    lower: Ints
    upper: Ints
    gain: Ints
    upper_bound: Ints
    constant: int
    rule: Ints  # [rows] position in RULES
    subject: Ints  # [rows]

    @property
    def pairs(self) -> int:
        return len(self.columns.pair_need)

    @property
    def options(self) -> int:
        return len(self.columns.option_class)


def _ones(count: int) -> Ints:
    return np.ones(count, dtype=np.int64)


def _at_most(row: Ints, column: Ints, coefficient: Ints, upper: Ints, subject: Ints) -> Rows:
    return Rows(row, column, coefficient, np.full(len(upper), -NO_LIMIT), upper, subject)


def _option_columns(columns: Columns) -> Ints:
    return len(columns.pair_need) + np.arange(len(columns.option_class), dtype=np.int64)


def _one_option(columns: Columns) -> Iterator[Rows]:
    counts = np.bincount(columns.option_class, minlength=len(columns.class_min))
    several = np.flatnonzero(counts > 1)
    row_of = np.full(len(counts), -1, dtype=np.int64)
    row_of[several] = np.arange(len(several))
    entry = row_of[columns.option_class]
    chosen = entry >= 0
    yield _at_most(
        entry[chosen], _option_columns(columns)[chosen], _ones(int(chosen.sum())), _ones(len(several)), several
    )


def _one_seat(columns: Columns) -> Iterator[Rows]:
    counts = np.bincount(columns.pair_need, minlength=len(columns.need_trainee))
    several = np.flatnonzero(counts > 1)
    row_of = np.full(len(counts), -1, dtype=np.int64)
    row_of[several] = np.arange(len(several))
    entry = row_of[columns.pair_need]
    chosen = np.flatnonzero(entry >= 0)
    yield _at_most(entry[chosen], chosen, _ones(len(chosen)), _ones(len(several)), several)


def _size(columns: Columns) -> Iterator[Rows]:
    pairs, options = len(columns.pair_need), len(columns.option_class)
    row = np.concatenate([columns.pair_option, np.arange(options)])
    column = np.concatenate([np.arange(pairs), _option_columns(columns)])
    for size, is_least in ((columns.class_max, False), (columns.class_min, True)):
        coefficient = np.concatenate([_ones(pairs), -size[columns.option_class]])
        zero, open_end = np.zeros(options, dtype=np.int64), np.full(options, NO_LIMIT)
        yield Rows(
            row,
            column,
            coefficient,
            zero if is_least else -open_end,
            open_end if is_least else zero,
            columns.option_class,
        )


def _budget(columns: Columns) -> Iterator[Rows]:
    funds = np.flatnonzero(columns.fund_budget < NO_LIMIT)
    row_of = np.full(len(columns.fund_budget), -1, dtype=np.int64)
    row_of[funds] = np.arange(len(funds))
    row = np.concatenate(
        [row_of[columns.class_fund[columns.pair_class]], row_of[columns.class_fund[columns.option_class]]]
    )
    column = np.arange(len(row), dtype=np.int64)
    cost = np.concatenate([columns.seat_cost[columns.pair_class], columns.fixed_cost[columns.option_class]])
    chosen = (row >= 0) & (cost > 0)
    row, column, cost = row[chosen], column[chosen], cost[chosen]
    # in the largest unit that divides all costs of the fund: smaller numbers, the same plans
    unit = np.zeros(len(funds), dtype=np.int64)
    np.gcd.at(unit, row, cost)
    unit = np.maximum(unit, 1)
    yield _at_most(row, column, cost // unit[row], columns.fund_budget[funds] // unit, funds)


def _distinct_groups(group: Ints, member: Ints, groups: int, useful: Bools) -> tuple[Ints, Ints, Ints]:
    """Of the groups that are useful, one of each equal set: (new group, member, old group of each new)."""
    weights = np.random.default_rng(0).integers(1, 1 << 62, size=int(member.max(initial=0)) + 1)
    signature = np.zeros(groups, dtype=np.int64)
    np.add.at(signature, group, weights[member])  # wraps around: a hash of the set of members
    candidates = np.flatnonzero(useful)
    _, first = np.unique(signature[candidates], return_index=True)
    kept = candidates[np.sort(first)]
    new = np.full(groups, -1, dtype=np.int64)
    new[kept] = np.arange(len(kept))
    chosen = new[group] >= 0
    return new[group[chosen]], member[chosen], kept


def _pair_starts(columns: Columns, pairs: Ints) -> tuple[Ints, Ints]:
    """(pair, start) for each start that falls into a day of the pair's option."""
    order = np.argsort(columns.active_option, kind="stable")
    counts = np.bincount(columns.active_option, minlength=len(columns.option_class))
    begin = np.cumsum(counts) - counts
    option = columns.pair_option[pairs]
    owner, step = expand(counts[option])
    return pairs[owner], columns.active_start[order[begin[option[owner]] + step]]


def _clash(columns: Columns) -> Iterator[Rows]:
    """Per trainee and start: at most one seat. A set that is all of one need is `one-seat` already."""
    several = np.bincount(columns.pair_trainee, minlength=len(columns.trainee_unit)) > 1
    pair, start = _pair_starts(columns, np.flatnonzero(several[columns.pair_trainee]))
    slot, group = np.unique(columns.pair_trainee[pair] * len(columns.starts) + start, return_inverse=True)
    lowest, highest = np.full(len(slot), NO_LIMIT), np.full(len(slot), -1, dtype=np.int64)
    np.minimum.at(lowest, group, columns.pair_need[pair])
    np.maximum.at(highest, group, columns.pair_need[pair])
    row, column, kept = _distinct_groups(group, pair, len(slot), lowest < highest)
    subject = slot[kept] // max(1, len(columns.starts))
    yield _at_most(row, column, _ones(len(row)), _ones(len(kept)), subject)


def _prerequisite(columns: Columns) -> Iterator[Rows]:
    """Per open group and day: seats that start by then ≤ seats of the group's courses that are over before.

    For a seat that starts on day s the right side is ≥ 1 by the rule; for the others the row is weaker than
    their own. One row for each distinct right side, so at most one per option of the supporting courses.
    """
    need_pairs = np.bincount(columns.pair_need, minlength=len(columns.need_trainee))
    pair_order = np.argsort(columns.pair_need, kind="stable")
    pair_begin = np.cumsum(need_pairs) - need_pairs
    open_group = np.flatnonzero(need_pairs[columns.group_need] > 0)
    # the pairs that wait, and the pairs that support, of each group
    owner, step = expand(need_pairs[columns.group_need[open_group]])
    wait_group = open_group[owner]
    wait_pair = pair_order[pair_begin[columns.group_need[wait_group]] + step]
    owner, step = expand(need_pairs[columns.support_need])
    help_group = columns.support_group[owner]
    help_pair = pair_order[pair_begin[columns.support_need[owner]] + step]
    # how many supports are over before each waiting pair: pairs of one group with equal count share a row
    span = np.int64(1 << 24)  # more than any ordinal
    help_key = np.sort(help_group * span + columns.option_last[columns.pair_option[help_pair]])
    wait_first = columns.option_first[columns.pair_option[wait_pair]]
    over = np.searchsorted(help_key, wait_group * span + wait_first, side="left")
    row_key, row_of_wait = np.unique(wait_group * (len(help_key) + 1) + over, return_inverse=True)
    row_group = row_key // (len(help_key) + 1)
    row_latest = np.full(len(row_key), -1, dtype=np.int64)
    np.maximum.at(row_latest, row_of_wait, wait_first)
    # a row holds every waiting pair of its group that starts by the row's latest day …
    waits = np.bincount(wait_group, minlength=len(columns.group_need))
    wait_begin = np.cumsum(waits) - waits  # wait_group ascends
    owner, step = expand(waits[row_group])
    entry = wait_begin[row_group[owner]] + step
    chosen = wait_first[entry] <= row_latest[owner]
    # … and on the other side every support that is over before it
    helps = np.bincount(help_group, minlength=len(columns.group_need))
    help_order = np.argsort(help_group, kind="stable")
    help_begin = np.cumsum(helps) - helps
    help_owner, step = expand(helps[row_group])
    help_entry = help_pair[help_order[help_begin[row_group[help_owner]] + step]]
    before = columns.option_last[columns.pair_option[help_entry]] < row_latest[help_owner]
    row = np.concatenate([owner[chosen], help_owner[before]])
    column = np.concatenate([wait_pair[entry[chosen]], help_entry[before]])
    coefficient = np.concatenate([_ones(int(chosen.sum())), -_ones(int(before.sum()))])
    yield _at_most(row, column, coefficient, np.zeros(len(row_key), dtype=np.int64), columns.group_need[row_group])


def _absence(columns: Columns) -> Iterator[Rows]:
    """Per unit and start: seats on that day ≤ the limit. A day's seats are a day's trainees (`clash`)."""
    unit = columns.pair_unit
    people = np.zeros(len(columns.unit_limit), dtype=np.int64)
    np.add.at(people, columns.trainee_unit[np.unique(columns.pair_trainee)], 1)
    binding = people > columns.unit_limit
    pair, start = _pair_starts(columns, np.flatnonzero(binding[unit]))
    slot, group = np.unique(unit[pair] * len(columns.starts) + start, return_inverse=True)
    # a trainee's pairs of one day count once: the day has at most one of them
    size = np.bincount(group, minlength=len(slot))
    slot_unit = slot // max(1, len(columns.starts))
    row, column, kept = _distinct_groups(group, pair, len(slot), size > columns.unit_limit[slot_unit])
    yield _at_most(row, column, _ones(len(row)), columns.unit_limit[slot_unit[kept]], slot_unit[kept])


def _resource(columns: Columns) -> Iterator[Rows]:
    """Per resource and start: at most one option."""
    index = {resource: i for i, resource in enumerate(columns.instance.resources)}
    options = [option for training_class in columns.instance.classes for option in training_class.options]
    starts_of: dict[int, list[int]] = {}
    for option, start in zip(columns.active_option.tolist(), columns.active_start.tolist(), strict=True):
        starts_of.setdefault(option, []).append(start)
    slots: dict[tuple[int, int], list[int]] = {}
    for position, option in enumerate(options):
        for resource in dict.fromkeys(option.resources):
            for start in starts_of[position]:
                slots.setdefault((index[resource], start), []).append(position)
    sets: dict[tuple[int, ...], int] = {}
    for (resource_index, _), members in slots.items():
        if len({int(columns.option_class[member]) for member in members}) > 1:
            sets.setdefault(tuple(members), resource_index)
    row = [i for i, members in enumerate(sets) for _ in members]
    column = [len(columns.pair_need) + member for members in sets for member in members]
    yield _at_most(
        np.array(row, dtype=np.int64),
        np.array(column, dtype=np.int64),
        _ones(len(row)),
        _ones(len(sets)),
        np.array(list(sets.values()), dtype=np.int64),
    )


def _quota(columns: Columns) -> Iterator[Rows]:
    """Per option of a class and quota: seats of those units ≤ the quota while the option runs."""
    unit_at = {unit.id: i for i, unit in enumerate(columns.instance.units)}
    order = np.argsort(columns.pair_option, kind="stable")
    bounds = np.searchsorted(columns.pair_option[order], np.arange(len(columns.option_class) + 1))
    first_option = np.searchsorted(columns.option_class, np.arange(len(columns.class_min) + 1))
    unit = columns.pair_unit
    rows, cols, coefs, subjects = [], [], [], []
    count = 0
    for position, training_class in enumerate(columns.instance.classes):
        for quota in training_class.quotas:
            inside = np.zeros(len(unit_at), dtype=np.bool_)
            inside[[unit_at[unit_id] for unit_id in quota.units]] = True
            for option in range(int(first_option[position]), int(first_option[position + 1])):
                pairs = order[bounds[option] : bounds[option + 1]]
                pairs = pairs[inside[unit[pairs]]]
                if len(pairs) <= quota.max_seats:
                    continue
                rows.append(np.full(len(pairs) + 1, count, dtype=np.int64))
                cols.append(np.append(pairs, len(columns.pair_need) + option))
                coefs.append(np.append(_ones(len(pairs)), -quota.max_seats))
                subjects.append(position)
                count += 1
    empty = np.zeros(0, dtype=np.int64)
    yield _at_most(
        np.concatenate([empty, *rows]),
        np.concatenate([empty, *cols]),
        np.concatenate([empty, *coefs]),
        np.zeros(count, dtype=np.int64),
        np.array(subjects, dtype=np.int64),
    )


def _load(columns: Columns) -> Iterator[Rows]:
    """Per trainee: days of the seats ≤ the limit, where the longest seats could exceed it.

    A trainee's seats never share a day (`clash`), so that days of class are the sum of the options' days.
    """
    days = columns.option_days[columns.pair_option]
    longest = np.zeros(len(columns.need_trainee), dtype=np.int64)
    np.maximum.at(longest, columns.pair_need, days)
    total = np.zeros(len(columns.trainee_unit), dtype=np.int64)
    np.add.at(total, columns.need_trainee, longest)
    binding = np.flatnonzero(total > columns.trainee_limit)
    row_of = np.full(len(total), -1, dtype=np.int64)
    row_of[binding] = np.arange(len(binding))
    row = row_of[columns.pair_trainee]
    chosen = np.flatnonzero(row >= 0)
    yield _at_most(row[chosen], chosen, days[chosen], columns.trainee_limit[binding], binding)


def _pin(columns: Columns) -> Iterator[Rows]:
    """Each pinned need sits in its class: one of the class's options (its other pairs do not exist)."""
    count, classes = len(columns.pins), len(columns.class_min)
    asked = columns.pins[:, 0] * classes + columns.pins[:, 1]
    offered = columns.pair_need * classes + columns.pair_class
    pairs = np.flatnonzero(np.isin(offered, asked))
    order = np.argsort(asked)
    row = order[np.searchsorted(asked[order], offered[pairs])]
    endless = np.full(count, NO_LIMIT)
    yield Rows(row, pairs, _ones(len(pairs)), _ones(count), endless, np.arange(count, dtype=np.int64))


def _changes(columns: Columns) -> Iterator[Rows]:
    limit = columns.instance.policy.max_changes
    seats = len(columns.instance.current)
    if limit is not None and seats > limit:
        kept = np.flatnonzero(columns.pair_kept)
        yield Rows(
            np.zeros(len(kept), dtype=np.int64),
            kept,
            columns.pair_kept[kept],
            np.array([seats - limit], dtype=np.int64),
            np.array([NO_LIMIT], dtype=np.int64),
            np.zeros(1, dtype=np.int64),
        )


def _floor(columns: Columns) -> Iterator[Rows]:
    """Per unit with a target: its seats + its shortfall ≥ the target. A part of the score, not a rule."""
    if not columns.instance.policy.floor_penalty:
        return
    units = np.flatnonzero(columns.unit_target)
    row_of = np.full(len(columns.unit_target), -1, dtype=np.int64)
    row_of[units] = np.arange(len(units))
    row = row_of[columns.pair_unit]
    pairs = np.flatnonzero(row >= 0)
    shortfall = len(columns.pair_need) + len(columns.option_class) + units
    yield Rows(
        np.concatenate([row[pairs], np.arange(len(units))]),
        np.concatenate([pairs, shortfall]),
        _ones(len(pairs) + len(units)),
        columns.unit_target[units],
        np.full(len(units), NO_LIMIT),
        units,
    )


RULES: tuple[tuple[str, Callable[[Columns], Iterator[Rows]]], ...] = (
    ("one-option", _one_option),
    ("one-seat", _one_seat),
    ("size", _size),
    ("budget", _budget),
    ("clash", _clash),
    ("prerequisite", _prerequisite),
    ("absence", _absence),
    ("resource", _resource),
    ("quota", _quota),
    ("load", _load),
    ("pin", _pin),
    ("changes", _changes),
    ("floor", _floor),
)


def build_model(columns: Columns) -> Model:
    """All rows of all rules over all columns."""
    pairs, options, units = len(columns.pair_need), len(columns.option_class), len(columns.unit_limit)
    policy = columns.instance.policy
    blocks: list[tuple[int, Rows]] = []
    for position, (_, rule) in enumerate(RULES):
        blocks.extend((position, rows) for rows in rule(columns))
    counts = [len(rows.upper) for _, rows in blocks]
    offsets = np.cumsum([0, *counts])
    row = np.concatenate([rows.row + offset for (_, rows), offset in zip(blocks, offsets[:-1], strict=True)])
    column = np.concatenate([rows.column for _, rows in blocks])
    coefficient = np.concatenate([rows.coefficient for _, rows in blocks])
    width = pairs + options + units
    matrix = sparse.coo_array((coefficient, (row, column)), shape=(int(offsets[-1]), width)).tocsr()
    runnable = (columns.class_max >= columns.class_min) & (columns.class_max > 0)
    upper_bound = np.concatenate(
        [_ones(pairs), runnable[columns.option_class].astype(np.int64), columns.unit_target]
    )
    gain = np.concatenate(
        [columns.pair_gain, np.zeros(options, dtype=np.int64), np.full(units, -policy.floor_penalty)]
    )
    return Model(
        columns=columns,
        matrix=matrix,
        lower=np.concatenate([rows.lower for _, rows in blocks]),
        upper=np.concatenate([rows.upper for _, rows in blocks]),
        gain=gain,
        upper_bound=upper_bound,
        constant=-policy.change_penalty * len(columns.instance.current),
        rule=np.repeat([position for position, _ in blocks], counts),
        subject=np.concatenate([rows.subject for _, rows in blocks]),
    )
