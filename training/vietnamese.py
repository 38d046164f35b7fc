"""Vietnamese text: search keys without marks, and sort keys in the order of the Vietnamese alphabet.

The keys are columns computed here and not in SQL: `unaccent` is not immutable, so it cannot be indexed, and
neither the embedded PostgreSQL nor every other one has ICU.
"""

import re
import unicodedata

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER_RANK = {letter: chr(ord("A") + rank) for rank, letter in enumerate(_ALPHABET)}
_TONES = {
    "\u0300": "1",
    "\u0309": "2",
    "\u0303": "3",
    "\u0301": "4",
    "\u0323": "5",
}  # huyền, hỏi, ngã, sắc, nặng
_WORD_END, _TONE_START = "!", '"'  # both sort before every digit and letter


# What no database column, workbook or paper can hold; it comes along in what is copied from other programs.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff\ufffe\uffff]")


def nfc(text: str) -> str:
    """`text` composed (NFC), without control characters, with runs of white space made one space and none at the
    ends."""
    return " ".join(_CONTROLS.sub("", unicodedata.normalize("NFC", text)).split())


def search_key(text: str) -> str:
    """`text` as a search compares it: lower case, no marks, đ as d, single spaces."""
    plain = unicodedata.normalize("NFD", _CONTROLS.sub("", text).lower().replace("đ", "d"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _word_key(word: str) -> str:
    letters, tones = [], []
    for char in word:
        parts = unicodedata.normalize("NFD", char)
        tone = next((_TONES[p] for p in parts if p in _TONES), "0")
        base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in _TONES))
        letters.append(_LETTER_RANK.get(base, base if base.isascii() and base.isalnum() else "~"))
        tones.append(tone)
    return "".join(letters) + _TONE_START + "".join(tones).rstrip("0")


def _words(text: str) -> list[str]:
    # Numbers are padded so that «Lớp 2» stands before «Lớp 10».
    padded = re.sub(r"\d+", lambda m: m.group().zfill(8), nfc(text).lower())
    return [word for word in re.split(r"[\s\-–.,;:/()«»\"'!_]+", padded) if word]


def sort_key(text: str) -> str:
    """Sort key of a title: word by word, letters before tones. Compare with collation "C"."""
    return _WORD_END.join(_word_key(word) for word in _words(text))


def person_sort_key(full_name: str) -> str:
    """Sort key of a person's name (họ – đệm – tên): by tên, then đệm, then họ."""
    words = _words(full_name)
    if len(words) > 1:
        words = [words[-1], *words[1:-1], words[0]]
    return _WORD_END.join(_word_key(word) for word in words)
