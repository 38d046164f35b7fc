"""A Word file is a ZIP of parts: it is read with limits, and the same parts give the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from flask_babel import gettext as _

from ...core.refusals import Refused
from ...files import archives
from ...files.archives import ArchiveLimits, Flaw, Unsound

# Tables of empty cells compress very well, so the ratio of compression shows nothing here.
_LIMITS = ArchiveLimits(parts=200, unpacked=20_000_000, growth=10_000)
_DAY = (2020, 1, 1, 0, 0, 0)  # of every part, so that the same text gives the same file
DOCUMENT = "word/document.xml"


def unpacked(content: bytes) -> dict[str, bytes]:
    """Return the parts of a Word file by name.

    Raises:
        Refused: it is no Word file, or unpacks to more than a text ever needs.
    """
    try:
        parts = archives.read(content, _LIMITS)
    except Unsound as unsound:
        if unsound.flaw is Flaw.LARGE:
            raise Refused(_("The file is too large for a template.")) from None
        raise Refused(_("This is not a Word file (.docx).")) from None
    if DOCUMENT not in parts or "[Content_Types].xml" not in parts:
        raise Refused(_("This is not a Word file (.docx)."))
    return parts


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Return `parts` as a Word file; the table of contents first, as Word requires."""
    target = io.BytesIO()
    first = "[Content_Types].xml"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in (first, *(name for name in parts if name != first)):
            entry = zipfile.ZipInfo(name, _DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, parts[name])
    return target.getvalue()
