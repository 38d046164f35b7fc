"""Untrusted ZIP archives (workbooks, Word files): examined before anything in them is used.

What an archive declares about itself is not trusted. Every part is unpacked once, in small pieces, and the real
output is counted; the checksums are compared on the way.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

_PIECE = 64 * 1024
# A part that unpacks to much more than this many times its size contains nothing typed (Apache POI's limit).
_MOST_GROWTH = 100
_FREE = 4 * 2**20  # so much may come out of any archive, however small
_PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_XML = (".xml", ".rels", ".vml")
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*\bencoding\s*=\s*["']([^"']*)["']""")
_ENCODINGS = re.compile(rb"(utf-?8|us-ascii|ascii|iso-8859-1|windows-125\d)", re.IGNORECASE)
_DECLARATIONS = re.compile(rb"<!(DOCTYPE|ENTITY)")
_EBCDIC = b"\x4c\x6f\xa7\x94"  # «<?xm» as mainframes write it, which libxml2 reads
_OVERLAP = 16  # bytes of the piece before, so that a declaration cut in two is found
DAMAGE = (
    zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, OSError, NotImplementedError, RuntimeError,
    OverflowError,
)  # fmt: skip


class Flaw(StrEnum):
    """Why an archive is refused."""

    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    PACKING = "packing"  # compressed in another way than Word and Excel do
    LARGE = "large"
    MARKUP = "markup"  # XML that declares entities, or is in an encoding that hides them


class Unsound(Exception):
    """The archive is refused."""

    def __init__(self, flaw: Flaw, part: str = "") -> None:
        super().__init__(flaw.value)
        self.flaw, self.part = flaw, part


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much an archive may hold.

    Attributes:
        parts: number of parts.
        unpacked: bytes of all parts together.
        of_part: bytes of parts by name, with a smaller limit.
        growth: how many times its size an archive, and each part of it, may unpack to, beyond a few MB.
    """

    parts: int
    unpacked: int
    of_part: Mapping[str, int] = field(default_factory=dict)
    growth: int = _MOST_GROWTH


def names_in(content: bytes) -> set[str]:
    """Return the names of the parts; nothing is unpacked.

    Raises:
        Unsound: it is no archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return set(archive.namelist())
    except DAMAGE:
        raise Unsound(Flaw.DAMAGED) from None


def check(content: bytes, limits: ArchiveLimits) -> None:
    """Unpack everything once and discard it.

    Raises:
        Unsound: with the first flaw.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_opened(archive, len(content), limits)
    except DAMAGE:
        raise Unsound(Flaw.DAMAGED) from None


def check_opened(
    archive: zipfile.ZipFile, size: int, limits: ArchiveLimits, into: dict[str, bytes] | None = None
) -> None:
    """Check an archive that may be too large for memory.

    Args:
        archive: opened for reading.
        size: bytes of its file.
        limits: what it may hold.
        into: receives the unpacked parts by name; None: they are discarded.

    Raises:
        Unsound: with the first flaw; damage comes as one of `DAMAGE`, too.
    """
    parts = archive.infolist()
    _refuse_odd(parts, limits)
    most = min(limits.unpacked, _FREE + limits.growth * size)
    for part in parts:
        grown = _FREE + limits.growth * part.compress_size  # the size of other parts does not count for this one
        room = min(most, grown, limits.of_part.get(part.filename, most))
        kept: list[bytes] | None = None if into is None else []
        most -= _count(archive, part, room, kept)
        if into is not None and kept is not None:
            into[part.filename] = b"".join(kept)


def read(content: bytes, limits: ArchiveLimits) -> dict[str, bytes]:
    """Return all parts of a small archive by name.

    Raises:
        Unsound: with the first flaw.
    """
    parts: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_opened(archive, len(content), limits, parts)
    except DAMAGE:
        raise Unsound(Flaw.DAMAGED) from None
    return parts


def _refuse_odd(parts: list[zipfile.ZipInfo], limits: ArchiveLimits) -> None:
    if len(parts) > limits.parts:
        raise Unsound(Flaw.LARGE)
    if any(part.flag_bits & 1 for part in parts):
        raise Unsound(Flaw.ENCRYPTED)
    if any(part.compress_type not in _PACKINGS for part in parts):
        raise Unsound(Flaw.PACKING)
    names = [part.filename.lower() for part in parts]
    if len(set(names)) != len(names):  # two readers could read two different files
        raise Unsound(Flaw.DAMAGED)
    spans = sorted((part.header_offset, part.header_offset + part.compress_size) for part in parts)
    if any(end > start for (_, end), (start, _) in pairwise(spans)):
        raise Unsound(Flaw.DAMAGED)  # parts that share bytes


def _count(archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int, kept: list[bytes] | None) -> int:
    """Count the bytes that a part really unpacks to; `kept` receives them."""
    count, before, marked = 0, b"", False
    with archive.open(part) as unpacked:
        while piece := unpacked.read(_PIECE):
            if count == 0 and (part.filename.lower().endswith(_XML) or begins_as_xml(piece)):
                marked = not _is_readable(piece)
            # In every part: readers find XML by references of other parts, whatever its name.
            marked = marked or _DECLARATIONS.search(before + piece) is not None
            before = piece[-_OVERLAP:]
            count += len(piece)
            if count > most:
                raise Unsound(Flaw.LARGE)
            if kept is not None:
                kept.append(piece)
    if count != part.file_size:
        raise Unsound(Flaw.DAMAGED)
    if marked:
        raise Unsound(Flaw.MARKUP, part.filename)
    return count


def begins_as_xml(start: bytes) -> bool:
    """Return whether some reader could take this beginning for XML, in one encoding or another."""
    return start.lstrip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe")[:1] == b"<" or start.startswith(_EBCDIC)


def _is_readable(start: bytes) -> bool:
    """Return whether XML is in an encoding in which a declaration can be found by its bytes."""
    declared = _ENCODING.match(start.removeprefix(b"\xef\xbb\xbf"))
    return b"\0" not in start[:200] and (declared is None or _ENCODINGS.fullmatch(declared[1]) is not None)
