"""The chains of courses as rules over ids."""

from training.courses.prerequisites import Chains


def _chains(groups: dict[int, list[set[int]]], substitutes: dict[int, set[int]] | None = None) -> Chains:
    return Chains({k: [frozenset(g) for g in gs] for k, gs in groups.items()}, substitutes or {})


def test_substitutes_join_the_groups_whose_courses_they_stand_in_for() -> None:
    chains = _chains({3: [{1, 2}, {5}]}, {2: {7}, 7: {8}})
    assert chains.expanded(3) == [frozenset({1, 2, 7, 8}), frozenset({5})]
    assert chains.expanded(1) == []


def test_shared_prerequisite_is_no_cycle() -> None:
    assert _chains({4: [{2}, {3}], 2: [{1}], 3: [{1}]}).cycle() == []


def test_cycle_is_told_from_end_to_end() -> None:
    cycle = _chains({1: [{9, 2}], 2: [{3}], 3: [{1}]}).cycle()
    assert cycle[0] == cycle[-1]
    assert set(cycle) == {1, 2, 3}


def test_mutual_equivalence_alone_is_no_cycle() -> None:
    assert _chains({3: [{1}]}, {1: {2}, 2: {1}}).cycle() == []


def test_course_that_stands_in_for_its_own_prerequisite_would_ask_for_itself() -> None:
    assert _chains({2: [{1}]}, {1: {2}}).cycle() == [2, 2]


def test_chain_as_long_as_a_catalogue() -> None:
    chains = _chains({n: [{n + 1}] for n in range(5000)})
    assert chains.cycle() == []
    chains.groups[5000] = [frozenset({0})]
    assert len(chains.cycle()) == 5002
