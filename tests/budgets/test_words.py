"""Amounts in Vietnamese words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.budgets.words import amount_in_words

_VALUES = {
    "không": 0, "linh": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5, "sáu": 6,
    "bảy": 7, "tám": 8, "chín": 9,
}  # fmt: skip
_SCALES = {"mươi": 10, "trăm": 100}
_GROUPS = {"nghìn": 10**3, "triệu": 10**6}


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Không đồng"),
        (5, "Năm đồng"),
        (10, "Mười đồng"),
        (15, "Mười lăm đồng"),
        (21, "Hai mươi mốt đồng"),
        (24, "Hai mươi tư đồng"),
        (105, "Một trăm linh năm đồng"),
        (1_005, "Một nghìn không trăm linh năm đồng"),
        (12_200_000, "Mười hai triệu hai trăm nghìn đồng"),
        (580_000_000, "Năm trăm tám mươi triệu đồng"),
        (1_000_000_000, "Một tỷ đồng"),
        (2_000_000_015, "Hai tỷ không trăm mười lăm đồng"),
        (
            1_234_567_891,
            "Một tỷ hai trăm ba mươi tư triệu năm trăm sáu mươi bảy nghìn tám trăm chín mươi mốt đồng",
        ),
    ],
)
def test_words_are_those_of_papers(amount: int, words: str) -> None:
    assert amount_in_words(amount) == words


def _read(text: str) -> int:
    """What somebody who hears the words writes down: an independent way back."""
    words = text.lower().removesuffix(" đồng").split()
    if "tỷ" in words:
        cut = len(words) - 1 - words[::-1].index("tỷ")
        return _read(" ".join(words[:cut])) * 10**9 + _read(" ".join(words[cut + 1 :]))
    total = group = digit = 0
    for word in words:
        if word == "mười":
            group += 10
        elif word in _SCALES:
            group += digit * _SCALES[word]
            digit = 0
        elif word in _GROUPS:
            total += (group + digit) * _GROUPS[word]
            group = digit = 0
        else:
            digit = _VALUES[word]
    return total + group + digit


@given(st.integers(min_value=0, max_value=10**17))
def test_words_say_the_very_amount(amount: int) -> None:
    assert _read(amount_in_words(amount)) == amount
