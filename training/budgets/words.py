"""Whole numbers and amounts in Vietnamese words, for the last line of papers over money («Bằng chữ: …»)."""

from __future__ import annotations

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_BILLION = 10**9


def amount_in_words(amount: int) -> str:
    """Return «Mười hai triệu hai trăm nghìn đồng».

    Args:
        amount: đồng, not below zero.
    """
    text = " ".join(_number(amount))
    return f"{text[0].upper()}{text[1:]} đồng"


def _number(number: int) -> list[str]:
    if number == 0:
        return [_DIGITS[0]]
    high, low = divmod(number, _BILLION)
    words = [*_number(high), "tỷ"] if high else []
    for scale, name in ((10**6, "triệu"), (10**3, "nghìn"), (1, "")):
        group = low // scale % 1000
        if group:
            words += _group(group, whole=bool(words))
            if name:
                words.append(name)
    return words


def _group(number: int, *, whole: bool) -> list[str]:
    """Return three digits in words; `whole`: words precede them, so that empty hundreds and tens are spoken."""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    words = [_DIGITS[hundreds], "trăm"] if hundreds or whole else []
    if tens == 0:
        if ones:
            words += ["linh", _DIGITS[ones]] if words else [_DIGITS[ones]]
        return words
    words += ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    if ones == 1 and tens > 1:
        words.append("mốt")
    elif ones == 4 and tens > 1:
        words.append("tư")
    elif ones == 5:
        words.append("lăm")
    elif ones:
        words.append(_DIGITS[ones])
    return words
