"""Sealed files: unreadable without the passphrase, and protected against unnoticed changes.

A file is a head and pieces of 1 MB, each encrypted and authenticated by AES-256-GCM (the STREAM construction of
Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015, doi:10.1007/978-3-662-48000-7_19): the nonce of a piece holds
its number and whether it is the last, so pieces cannot be exchanged, left out or cut off. The head goes into each
piece as associated data. The key comes from the passphrase by scrypt (RFC 7914) with a salt of the file's own.

    head   magic (16 bytes) · log2 of scrypt's N (1 byte) · salt (32 bytes) · random part of the nonces (7 bytes)
    piece  ciphertext of up to 1 MB, and a tag of 16 bytes; nonce: random part · number (4 bytes) · last? (1 byte)
"""

from __future__ import annotations

import io
import os
import unicodedata
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ..core.errors import Refused

MAGIC = b"training-backup1"
MIN_PASSPHRASE = 12
_PIECE = 2**20
_TAG = 16
_LOG_N = 17  # 128 MB of memory and some tenths of a second for every guess
_LARGEST_LOG_N = 20  # an untrusted file does not choose how much memory is used
_HEAD = len(MAGIC) + 1 + 32 + 7


def check_passphrase(passphrase: str) -> None:
    """
    Raises:
        Refused: it is too short to protect anything.
    """
    if len(passphrase) < MIN_PASSPHRASE:
        raise Refused(f"The passphrase has fewer than {MIN_PASSPHRASE} characters: choose a longer one.")


def _key(passphrase: str, head: bytes) -> AESGCM:
    log_n, salt = head[len(MAGIC)], head[len(MAGIC) + 1 : len(MAGIC) + 33]
    written = unicodedata.normalize("NFC", passphrase).encode()  # keyboards write «ế» in two ways
    return AESGCM(Scrypt(salt=salt, length=32, n=2**log_n, r=8, p=1).derive(written))


def _nonce(head: bytes, number: int, last: bool) -> bytes:
    return head[-7:] + number.to_bytes(4, "big") + bytes([last])


class Sealer(io.RawIOBase):
    """Writes its input, sealed, into `target`. Before `close` the file is incomplete."""

    def __init__(self, target: IO[bytes], passphrase: str) -> None:
        self._target, self._waiting, self._number = target, bytearray(), 0
        self._head = MAGIC + bytes([_LOG_N]) + os.urandom(32) + os.urandom(7)
        self._cipher = _key(passphrase, self._head)
        target.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        given = memoryview(data).cast("B")  # type: ignore[arg-type]  # any buffer, as `io` says
        self._waiting += given
        while len(self._waiting) > _PIECE:  # `finish` seals the last piece, even if it is full
            self._seal(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]
        return len(given)

    def finish(self) -> None:
        """Seal the rest, as the last piece."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        nonce = _nonce(self._head, self._number, last)
        self._target.write(self._cipher.encrypt(nonce, piece, self._head))
        self._number += 1


def is_sealed(source: IO[bytes]) -> bool:
    """Return whether `source` begins as a sealed file does; it is then at its beginning again."""
    begins = source.read(len(MAGIC))
    source.seek(0)
    return begins == MAGIC


def unseal(source: IO[bytes], passphrase: str) -> Iterator[bytes]:
    """Yield the pieces of a sealed file in clear.

    Each piece is authentic when it is yielded, the file once the last was yielded.

    Raises:
        Refused: the passphrase is another, or the file was changed or cut off.
    """
    head = source.read(_HEAD)
    if len(head) < _HEAD or head[: len(MAGIC)] != MAGIC or not 10 <= head[len(MAGIC)] <= _LARGEST_LOG_N:
        raise Refused("The file is no backup of this product, or its beginning is damaged.")
    cipher, number = _key(passphrase, head), 0
    piece = source.read(_PIECE + _TAG)
    while True:
        following = source.read(_PIECE + _TAG)
        last = not following
        try:
            yield cipher.decrypt(_nonce(head, number, last), piece, head)
        except InvalidTag:
            raise Refused(
                "The passphrase is not that of this file, or the file was changed or cut off."
                if number == 0
                else "The file was changed or cut off after it was made: it cannot be used."
            ) from None
        if last:
            return
        piece, number = following, number + 1
