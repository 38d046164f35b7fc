"""What an office's own template may not hold: programs, and whatever Word would fetch from elsewhere or run.

Parts are read as XML, never searched as text: quotes, spaces and prefixes may be written in many ways. Of the
fields of Word those are let through that papers need; everything else (DDE, INCLUDEPICTURE, LINK …) is refused,
and so is what hides a field's name by building it from others.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping

from flask_babel import gettext as _
from lxml import etree

from ..refusals import Refused

_FIELDS = {
    "PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "PAGEREF", "REF", "NOTEREF", "STYLEREF", "SEQ", "TOC", "TC",
    "XE", "INDEX", "DATE", "TIME", "CREATEDATE", "SAVEDATE", "PRINTDATE", "TITLE", "SUBJECT", "AUTHOR", "KEYWORDS",
    "NUMWORDS", "NUMCHARS", "LISTNUM", "FORMTEXT", "FORMCHECKBOX", "FORMDROPDOWN", "EQ", "ADVANCE", "SYMBOL",
}  # fmt: skip
_PROGRAMS = re.compile(
    r"vbaproject|vbadata|activex|(^|/)embeddings/|oleobject|\.(exe|svg|html?|mht|rtf|docx|xlsx)$", re.IGNORECASE
)
# The same by what a relationship says it is.
_RELATIONS = {
    "oleobject", "package", "control", "vbaproject", "afchunk", "frame", "subdocument", "attachedtemplate",
    "mailmergesource", "mailmergeheadersource", "activexcontrolbinary", "externallinkpath",
}  # fmt: skip
_OUTSIDE = re.compile(r"^\s*([a-z][a-z0-9+.\-]*:|//|\\\\)", re.IGNORECASE)
_DOCUMENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
# Elements of Word that bring in other files or run something, whatever their attributes.
_ELEMENTS = {
    "altChunk", "OLEObject", "object", "control", "mailMerge", "subDoc", "attachedTemplate", "script", "movie",
}  # fmt: skip
_ADDRESSES = {"src", "href", "althref", "link", "linktarget"}
_MOST_PIXELS = 10_000  # on either side of a picture
_PNG = b"\x89PNG\r\n\x1a\n"
_XML = (".xml", ".rels", ".vml")


def refuse_unsafe(parts: Mapping[str, bytes]) -> None:
    """Look through all parts of a Word file.

    Raises:
        Refused: with the part, or the field, that it may not hold.
    """
    for name, part in parts.items():
        if _PROGRAMS.search(name):
            raise Refused(_("The template carries a program or another file: %(part)s", part=name))
        if name.lower().endswith(_XML):
            tree = _parsed(part)
            if name.lower().endswith(".rels"):
                _refuse_relations(name, tree)
            refuse_elements(name, tree)
        elif part.startswith(_PNG) and max(struct.unpack(">II", part[16:24].ljust(8, b"\0"))) > _MOST_PIXELS:
            raise Refused(_("A picture of the template is too large: %(part)s", part=name))
    _refuse_types(_parsed(parts["[Content_Types].xml"]))


def _parsed(part: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(part, parser)
    except etree.XMLSyntaxError:
        raise Refused(_("This is not a Word file (.docx).")) from None


def _local(name: object) -> str:
    return name.rsplit("}", 1)[-1] if isinstance(name, str) else ""


def _refuse_relations(name: str, tree: etree._Element) -> None:
    for relation in tree.iter(etree.Element):
        attributes = {_local(key).lower(): str(value) for key, value in relation.attrib.items()}
        outside = attributes.get("targetmode", "Internal").strip().lower() != "internal"
        if outside or _OUTSIDE.match(attributes.get("target", "")):
            raise Refused(_("The template refers to something outside of it: %(part)s", part=name))
        if attributes.get("type", "").rsplit("/", 1)[-1].lower() in _RELATIONS:
            raise Refused(_("The template carries a program or another file: %(part)s", part=name))


def _refuse_types(tree: etree._Element) -> None:
    types = {row.get("ContentType", "") for row in tree.iter(etree.Element)}
    if _DOCUMENT_TYPE not in types:
        raise Refused(_("This is not a Word file (.docx)."))


def refuse_elements(name: str, tree: etree._Element) -> None:
    """Look through one part, before it is filled or after.

    Raises:
        Refused: as `refuse_unsafe`.
    """
    for element in tree.iter(etree.Element):
        if _local(element.tag) in _ELEMENTS:
            raise Refused(_("The template carries a program or another file: %(part)s", part=name))
        for key, value in element.attrib.items():
            if _local(key).lower() in _ADDRESSES and _OUTSIDE.match(str(value)):
                raise Refused(_("The template refers to something outside of it: %(part)s", part=name))
    for field in _fields(tree):
        words = field.split()
        if not words or words[0].upper() not in _FIELDS:
            shown = words[0][:40] if words else "{ }"
            raise Refused(_("The template has a field of Word that is not allowed: %(field)s", field=shown))


def _fields(tree: etree._Element) -> Iterator[str]:
    """The instruction of every field, put together from its pieces; nested fields by themselves."""
    open_: list[str] = []
    for element in tree.iter(etree.Element):
        name = _local(element.tag)
        attributes = {_local(key): str(value) for key, value in element.attrib.items()}
        if name == "fldSimple":
            yield attributes.get("instr", "")
        elif name == "fldChar" and attributes.get("fldCharType") == "begin":
            open_.append("")
        elif name == "fldChar" and attributes.get("fldCharType") == "end" and open_:
            yield open_.pop()
        elif name in ("instrText", "delInstrText"):
            if not open_:
                yield element.text or ""
            else:
                open_[-1] += "".join(element.itertext())
    yield from open_
