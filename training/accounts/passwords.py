"""Passwords that are too easy to guess.

The lists of common passwords and words are zxcvbn's, among them the 30,000 passwords that leaked most often; words
of this country and the account's own are added.
"""

from __future__ import annotations

import re
import unicodedata

from flask_babel import gettext as _

from ..core.vietnamese import search_key
from .models import User

MIN_PASSWORD = 8
MOST_PASSWORD = 1000  # letters, decomposed: hashed text is limited to some thousand bytes
_LEAST_SCORE = 3  # of 4: more than 10^8 guesses, which is the sign-in library's own measure
_LOOKED_AT = 72  # letters: zxcvbn accepts no more, and its time grows with their square

# Common choices in this country, without marks and spaces.
_WORDS = [
    "matkhau", "matkhaumoi", "matma", "daotao", "boiduong", "kehoach", "hocvien", "hoctap", "quantri", "canbo",
    "congchuc", "vienchuc", "noivu", "sonoivu", "ubnd", "uyban", "nhandan", "tinhuy", "huyen", "phuong", "vietnam",
    "hanoi", "saigon", "hochiminh", "bacho", "xinchao", "yeuem", "anhyeuem", "emyeuanh", "tinhyeu", "giadinh",
    "hanhphuc", "thanhcong",
]  # fmt: skip


def _own_words(user: User | None) -> list[str]:
    if user is None:
        return []
    parts = [user.code, user.email, *re.split(r"[@.]", user.email), *search_key(user.name).split()]
    return [part.lower() for part in [*parts, search_key(user.name).replace(" ", "")] if part]


def weakness(password: str, user: User | None) -> str | None:
    """Return what is wrong with a new password of `user`, as a message; None: nothing."""
    if len(password) < MIN_PASSWORD:
        return str(_("At least %(min)d characters.", min=MIN_PASSWORD))
    if len(unicodedata.normalize("NFKD", password)) > MOST_PASSWORD:
        return str(_("At most %(max)d characters.", max=MOST_PASSWORD))
    if user is not None and password.lower() in {user.code.lower(), user.email.lower()}:
        return str(_("The password must not be the name of the account."))
    from zxcvbn import zxcvbn  # its lists take a while to load, and only new passwords need them

    words = [*_WORDS, *_own_words(user)]
    for form in {password, search_key(password), search_key(password).replace(" ", "")} - {""}:
        if zxcvbn(form[:_LOOKED_AT], user_inputs=words)["score"] < _LEAST_SCORE:
            return str(
                _(
                    "This password is common or easy to guess. Take a longer one, for example four words that do"
                    " not belong together."
                )
            )
    return None
