"""Splitting of whole numbers by weight."""

from collections.abc import Sequence


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """Return `total` split by weight into whole numbers (largest remainder)."""
    scale = total / sum(weights)
    counts = [int(weight * scale) for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: counts[i] - weights[i] * scale)
    for i in by_remainder[: total - sum(counts)]:
        counts[i] += 1
    return counts
