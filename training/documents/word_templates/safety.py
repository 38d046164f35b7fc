"""What an office's own template may not contain: programs, and anything that Word would fetch from elsewhere or
run.

Parts are parsed as XML, never searched as text: quotes, spaces and prefixes may be written in many ways. Only the
fields of Word that papers need are allowed. Everything else (DDE, INCLUDEPICTURE, LINK …) is refused, and so is a
field whose name is built from other fields to hide it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from flask_babel import gettext as _
from lxml import etree

from ...core.refusals import Refused
from ...files.archives import begins_as_xml

_FIELDS = {
    "PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "PAGEREF", "REF", "NOTEREF", "STYLEREF", "SEQ", "TOC", "TC",
    "XE", "INDEX", "DATE", "TIME", "CREATEDATE", "SAVEDATE", "PRINTDATE", "TITLE", "SUBJECT", "AUTHOR", "KEYWORDS",
    "NUMWORDS", "NUMCHARS", "LISTNUM", "FORMTEXT", "FORMCHECKBOX", "FORMDROPDOWN", "EQ", "ADVANCE", "SYMBOL",
}  # fmt: skip
_PROGRAMS = re.compile(
    r"vbaproject|vbadata|activex|(^|/)embeddings/|oleobject|\.(exe|svg|html?|mht|rtf|docx|xlsx)$", re.IGNORECASE
)
# The same, by the type of a relationship.
_RELATIONS = {
    "oleobject", "package", "control", "vbaproject", "afchunk", "frame", "subdocument", "attachedtemplate",
    "mailmergesource", "mailmergeheadersource", "activexcontrolbinary", "externallinkpath",
}  # fmt: skip
_OUTSIDE = re.compile(r"^\s*([a-z][a-z0-9+.\-]*:|//|\\\\)", re.IGNORECASE)
_DOCUMENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
# Elements of Word that include other files or run something, with any attributes.
_ELEMENTS = {
    "altChunk", "OLEObject", "object", "control", "mailMerge", "subDoc", "attachedTemplate", "script", "movie",
}  # fmt: skip
_ADDRESSES = {"src", "href", "althref", "link", "linktarget"}
_MOST_PIXELS = 10_000  # on either side of a picture
_PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"MZ")  # archives, OLE files, programs
_PNG = b"\x89PNG\r\n\x1a\n"
_XML = (".xml", ".rels", ".vml")
_XML_TYPE = "application/xml"
_TYPES = "[Content_Types].xml"
_DOCUMENT = "word/document.xml"
_DRAWING = "application/vnd.openxmlformats-officedocument.vmldrawing"
_PICTURES_AND_FONTS = {
    "image/png", "image/jpeg", "image/jpg", "image/gif", "image/bmp", "image/tiff", "image/emf", "image/wmf",
    "image/x-emf", "image/x-wmf", "application/vnd.openxmlformats-officedocument.obfuscatedfont",
    "application/x-fontdata", "application/x-font-ttf",
    # What Word adds to pictures with effects, and the settings of the printer.
    "image/vnd.ms-photo", "application/vnd.openxmlformats-officedocument.wordprocessingml.printersettings",
}  # fmt: skip
# XML other than Word's own texts: whole documents, pages, drawings that may contain scripts, macros.
_PROGRAM_TYPES = re.compile(
    r"macro|vba|activex|oleobject|html|svg|keymap|toolbar|chunk|\.main\+xml$|spreadsheetml|presentationml"
)
_FIELD_PARTS = ("fldSimple", "fldChar", "instrText", "delInstrText")
_WORD = {
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}",
}
_CHANGES = {"del", "ins", "moveFrom", "moveTo"}


def refuse_unsafe(parts: Mapping[str, bytes]) -> None:
    """Check all parts of a Word file. A part is identified by its content type and its first bytes; its name may
    have any ending.

    Raises:
        Refused: naming the forbidden part or field.
    """
    types = _Types(_parsed(parts[_TYPES]))
    if types.of(_DOCUMENT) != {_DOCUMENT_TYPE}:
        raise Refused(_("This is not a Word file (.docx)."))
    for name, part in parts.items():
        if name.endswith("/") and not part:
            continue  # a folder
        kinds = {_XML_TYPE} if name == _TYPES else types.of(name)
        if not kinds or _PROGRAMS.search(name) or not all(map(_may_be, kinds)) or part.startswith(_PACKED):
            raise Refused(_("The template carries a program or another file: %(part)s", part=name))
        if any(map(_is_xml, kinds)) or name.lower().endswith(_XML) or begins_as_xml(part):
            _refuse_part(name, _parsed(part))
        elif part.startswith(_PNG) and max(struct.unpack(">II", part[16:24].ljust(8, b"\0"))) > _MOST_PIXELS:
            raise Refused(_("A picture of the template is too large: %(part)s", part=name))


def _refuse_part(name: str, tree: etree._Element) -> None:
    if name.lower().endswith(".rels") or any(_local(one.tag) == "Relationship" for one in tree.iter()):
        _refuse_relations(name, tree)
    refuse_elements(name, tree)


class _Types:
    """The content types of the parts in `[Content_Types].xml`: by the name of a part, else by its ending."""

    def __init__(self, tree: etree._Element) -> None:
        self._named: dict[str, set[str]] = {}
        self._ending: dict[str, set[str]] = {}
        for row in tree.iter(etree.Element):
            attributes = {_local(key).lower(): str(value) for key, value in row.attrib.items()}
            kind = attributes.get("contenttype", "").partition(";")[0].strip().lower()
            if "partname" in attributes:
                key = unquote(attributes["partname"]).lstrip("/").lower()
                self._named.setdefault(key, set()).add(kind)
            elif "extension" in attributes:
                self._ending.setdefault(attributes["extension"].lower(), set()).add(kind)

    def of(self, name: str) -> set[str]:
        """Return all types that are declared for a part; none: it is not declared."""
        key = unquote(name).lower()
        return self._named.get(key) or self._ending.get(key.rpartition(".")[2], set())


def _is_xml(kind: str) -> bool:
    return kind.endswith(("+xml", "/xml")) or kind == _DRAWING


def _may_be(kind: str) -> bool:
    """Return whether a template may contain parts of this type: XML that Word reads as text, pictures, fonts."""
    if kind == _DOCUMENT_TYPE or kind in _PICTURES_AND_FONTS:
        return True
    return _is_xml(kind) and not _PROGRAM_TYPES.search(kind)


def _parsed(part: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        tree = etree.fromstring(part, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Refused(_("This is not a Word file (.docx).")) from None
    if tree.getroottree().docinfo.doctype:  # its declarations could hide words
        raise Refused(_("This is not a Word file (.docx)."))
    return tree


def _local(name: object) -> str:
    return name.rsplit("}", 1)[-1] if isinstance(name, str) else ""


def _values(element: etree._Element, name: str) -> list[str]:
    """Return the values of all attributes called `name`, with any prefix and case. Two of them may differ, and
    Word reads one."""
    return [str(value) for key, value in element.attrib.items() if _local(key).lower() == name]


def _refuse_relations(name: str, tree: etree._Element) -> None:
    for relation in tree.iter(etree.Element):
        modes, targets = _values(relation, "targetmode"), _values(relation, "target")
        outside = any(mode.strip().lower() != "internal" for mode in modes)
        if outside or any(map(_OUTSIDE.match, targets)):
            raise Refused(_("The template refers to something outside of it: %(part)s", part=name))
        kinds = {kind.strip().rsplit("/", 1)[-1].lower() for kind in _values(relation, "type")}
        if kinds & _RELATIONS:
            raise Refused(_("The template carries a program or another file: %(part)s", part=name))


def refuse_elements(name: str, tree: etree._Element) -> None:
    """Check one part, before or after it is filled.

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
    """Yield the instruction of every field, joined from its pieces; nested fields separately. "" means one that
    cannot be determined.

    Word leaves some branches of a text out (alternatives, deleted text, additions of a later version). A field
    must therefore be in one branch from begin to end: pieces joined over several branches would be no field of
    Word's.
    """
    open_: dict[etree._Element, list[str]] = {}
    for element in tree.iter(*(f"{{*}}{part}" for part in _FIELD_PARTS)):
        name, branch = _local(element.tag), _branch(element)
        whole, pieces = branch is tree, open_.setdefault(branch, [])
        kinds = _values(element, "fldchartype" if name == "fldChar" else "instr")
        text = "".join(str(piece) for piece in element.xpath("text()"))
        if element.tag[: -len(name)] not in _WORD or (name in ("fldChar", "fldSimple") and len(kinds) != 1):
            yield ""
        elif name == "fldSimple":
            yield kinds[0]
        elif name == "fldChar" and kinds[0] == "begin":
            pieces.append("")
        elif name == "fldChar" and kinds[0] == "end":
            yield from [pieces.pop()] if pieces else [] if whole else [""]
        elif name in ("instrText", "delInstrText"):
            if len(element) or not pieces:
                yield text if whole and not len(element) else ""
            else:
                pieces[-1] += text
    for branch, pieces in open_.items():
        yield from pieces if branch is tree else ["" for _piece in pieces]


def _branch(element: etree._Element) -> etree._Element:
    """Return the part of the text around `element` that Word includes or leaves out as one."""
    around = element.getparent()
    while around is not None and around.getparent() is not None:
        name = _local(around.tag)
        if name in _CHANGES or around.tag[: -len(name)] not in _WORD:
            return around
        around = around.getparent()
    return around if around is not None else element
