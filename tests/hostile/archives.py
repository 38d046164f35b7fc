"""Archives as attackers write them: what the library would not write is patched into the bytes."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping

_LOCAL, _CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(
    parts: Mapping[str, bytes], packing: Mapping[str, int] | None = None, more: Iterable[tuple[str, bytes]] = ()
) -> bytes:
    """Parts as an archive; `packing` names those that are packed in another way, `more` comes after them."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in (*parts.items(), *more):
            archive.writestr(name, part, (packing or {}).get(name, zipfile.ZIP_DEFLATED))
    return target.getvalue()


def _headers(content: bytes, name: str) -> Iterable[tuple[int, bool]]:
    """Where the headers of a part begin, and whether each is the central one."""
    for mark, length, central in ((_LOCAL, 30, False), (_CENTRAL, 46, True)):
        at = content.find(mark)
        while at >= 0:
            if content[at + length : at + length + len(name)] == name.encode():
                yield at, central
            at = content.find(mark, at + 4)


def with_size(content: bytes, name: str, size: int) -> bytes:
    """The archive, in which a part says that it has another size."""
    changed = bytearray(content)
    for at, central in _headers(content, name):
        struct.pack_into("<I", changed, at + (24 if central else 22), size)
    return bytes(changed)


def encrypted(content: bytes, name: str) -> bytes:
    """The archive, in which a part says that it is behind a password."""
    changed = bytearray(content)
    for at, central in _headers(content, name):
        changed[at + (8 if central else 6)] |= 1
    return bytes(changed)


def overlapping(content: bytes, name: str, other: str) -> bytes:
    """The archive, in which a part has the bytes of another."""
    changed = bytearray(content)
    offset = next(at for at, central in _headers(content, other) if not central)
    for at, central in _headers(content, name):
        if central:
            struct.pack_into("<I", changed, at + 42, offset)
    return bytes(changed)
