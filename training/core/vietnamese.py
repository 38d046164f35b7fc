"""Vietnamese text: search keys without marks, and sort keys in the order of the Vietnamese alphabet.

The keys are columns computed here and not in SQL: `unaccent` is not immutable, so it cannot be indexed, and not
every PostgreSQL, and not the embedded one, has ICU.
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


# Characters that no database column, workbook or document can hold; they come with text copied from other
# programs.
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
# Invisible characters: formatting characters (Unicode's Cf: zero-width spaces and joiners, soft hyphens, marks of
# direction, byte-order marks), variation selectors, fillers, the empty braille cell.
_INVISIBLE = (
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000110bd"
    "\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_DROPPED = re.compile(f"[{_CONTROLS}{_INVISIBLE}]")
# Letters and signs that look like a Vietnamese or ASCII one and are typed by mistake: Icelandic and African
# ones for «đ», carons for breves, full-width forms, hyphens that do not break.
_LOOKALIKES = {
    **{ord(c): "Đ" for c in "\u00d0\u0189"},
    **{ord(c): "đ" for c in "\u00f0\u0256"},
    0x01CD: "Ă",
    0x01CE: "ă",
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    0x2010: "-",
    0x2011: "-",
}
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f\u1c80-\u1c8f\u1f00-\u1fff\u2de0-\u2dff\ua640-\ua69f]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_DASHES = re.compile("[\u2010-\u2015\u2212\u2043\ufe58\ufe63\uff0d]")


def clean(text: str) -> str:
    """Return `text` composed (NFC), without invisible characters, with look-alike letters replaced.

    Line breaks stay. Every text that is stored or compared passes through here.
    """
    if text.isascii():
        return _DROPPED.sub("", text)
    composed = unicodedata.normalize("NFC", _DROPPED.sub("", unicodedata.normalize("NFC", text)))
    return unicodedata.normalize("NFC", composed.translate(_LOOKALIKES))


def nfc(text: str) -> str:
    """Return `text` clean, with runs of white space (of every width) made one space and none at the ends."""
    return " ".join(clean(text).split())


def clean_code(text: str) -> str:
    """Return the code of a row as it is stored: clean, compatibility forms made plain, every dash a hyphen.

    Codes that differ in case alone are the same (`code_key`), and keep their entered spelling.
    """
    return _DASHES.sub("-", nfc(unicodedata.normalize("NFKC", nfc(text))))


def code_key(text: str) -> str:
    """Return the key by which codes are compared: `clean_code`, ignoring case; in the database `upper(code)`."""
    return clean_code(text).upper()


def foreign_letters(text: str, *, anywhere: bool = False) -> str:
    """Return letters of other scripts (Cyrillic, Greek) in words that also have Latin letters and look the same.

    Args:
        anywhere: those of any word, as in codes and in names of people.
    """
    if text.isascii() or not _FOREIGN.search(text):
        return ""
    words = [word for word in text.split() if anywhere or _LATIN.search(word)]
    return "".join(dict.fromkeys(c for word in words for c in _FOREIGN.findall(word)))


def search_key(text: str) -> str:
    """Return `text` as a search compares it: lower case, no marks, đ as d, single spaces."""
    plain = unicodedata.normalize("NFD", clean(text).lower().replace("đ", "d"))
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
    # Numbers are padded so that «Lớp 2» sorts before «Lớp 10».
    padded = re.sub(r"\d+", lambda m: m.group().zfill(8), nfc(text).lower())
    return [word for word in re.split(r"[\s\-–.,;:/()«»\"'!_]+", padded) if word]


def sort_key(text: str) -> str:
    """Return the sort key of a title: word by word, letters before tones. Compare with collation "C"."""
    return _WORD_END.join(_word_key(word) for word in _words(text))


def person_sort_key(full_name: str) -> str:
    """Return the sort key of a person's name (họ – đệm – tên): by tên, then đệm, then họ."""
    words = _words(full_name)
    if len(words) > 1:
        words = [words[-1], *words[1:-1], words[0]]
    return _WORD_END.join(_word_key(word) for word in words)
