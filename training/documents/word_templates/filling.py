"""Fill a template with facts: the steps of python-docx-template, with what is the same for every paper (unpacking,
its regular expressions, compiling) done once, so that a letter takes milliseconds.

Templates come from offices, so they run in a sandbox: no attributes of Python objects, no arithmetic that grows,
no functions but the filters of Jinja, and nothing in the file that is fetched from elsewhere. A sandbox does not
limit time and memory: an office's own template is therefore filled only in a child process (`own_template`), the
standard ones in this process.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import segno
from docxtpl import DocxTemplate
from flask_babel import gettext as _
from jinja2 import ChainableUndefined, StrictUndefined, TemplateError, UndefinedError, meta, nodes
from jinja2 import Template as Compiled
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from ...core.refusals import Fault, Refused
from .packing import DOCUMENT, packed, unpacked
from .safety import refuse_elements, refuse_unsafe

if TYPE_CHECKING:  # a child that fills templates does not need the database
    from ..models import Paper

STANDARD = Path(__file__).resolve().parent.parent / "templates"
_FILLED = re.compile(r"word/(document|header\d*|footer\d*)\.xml")
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MOST_TEXT = 24_000_000  # characters of a filled part: a sheet for half a year and 80 people has a third
_MOST_FAULT = 300
_MOST_FAULTS = 50
_PICTURE = re.compile(r'<wp:docPr\b[^>]*\b(?:descr|name|title)="qr".*?r:embed="([^"]+)"', re.DOTALL)


class _Sandbox(ImmutableSandboxedEnvironment):
    """A sandbox that allows only filling in text: no growing arithmetic."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, int) and isinstance(right, int) and operator != "**":
            return super().call_binop(context, operator, left, right)
        raise SecurityError(_("“%(operator)s” is only for numbers.", operator=operator))


def _sandbox(undefined: type[Any]) -> _Sandbox:
    sandbox = _Sandbox(autoescape=True, undefined=undefined)
    sandbox.globals.clear()  # no range, no lipsum
    for name in ("center", "indent", "filesizeformat", "pprint", "random", "xmlattr", "urlize", "safe", "tojson"):
        sandbox.filters.pop(name, None)
    return sandbox


class Filling:
    """A template, ready to be filled many times.

    Args:
        content: the .docx.

    Raises:
        Refused: it is no Word file, fetches something from elsewhere, or its fields cannot be read.
    """

    def __init__(self, content: bytes, undefined: type[Any] = StrictUndefined) -> None:
        self.sha256 = hashlib.sha256(content).hexdigest()
        self._parts = unpacked(content)
        refuse_unsafe(self._parts)
        try:
            self._library = DocxTemplate(io.BytesIO(content))
            self._library.init_docx()
        except MemoryError:
            raise
        except Exception as error:  # python-docx raises any error of its parts
            raise Refused(_("This is not a Word file (.docx).")) from error
        self._sandbox = _sandbox(undefined)
        self._sources = {
            name: self._library.patch_xml(_text(part))
            for name, part in self._parts.items()
            if _FILLED.fullmatch(name) and (name == DOCUMENT or b"{" in part)
        }
        try:
            self._compiled: dict[str, Compiled] = {
                name: self._compile(source) for name, source in self._sources.items()
            }
        except (TemplateError, SyntaxError, RecursionError, ValueError) as error:
            told = _(
                "A field cannot be read: braces come in pairs ({{ … }}, {%% … %%}), and every “for” and “if” has "
                "its “endfor” or “endif” (%(fault)s).",
                fault=getattr(error, "message", None) or error,
            )
            raise Refused(told) from None
        self._picture = self._picture_part()

    def _compile(self, source: str) -> Compiled:
        if self._sandbox.parse(source).find(nodes.ScopedEvalContextModifier):
            raise Refused(_("“autoescape” is not allowed in a template."))
        return self._sandbox.from_string(source)

    def fill(self, facts: Mapping[str, Any], address: str) -> bytes:
        """Return the paper with `facts`; its QR code leads to `address`.

        Raises:
            Refused: the template asks for a field that the facts do not have, or computes something forbidden.
        """
        parts = dict(self._parts)
        try:
            for name, compiled in self._compiled.items():
                parts[name] = self._finished(name, _rendered(compiled, facts))
        except UndefinedError as error:
            raise Refused(_("The template asks for what is not known: %(fault)s", fault=error.message)) from None
        except (Refused, MemoryError):
            raise
        except Exception as error:  # a template may compute anything, also 1/0 and endless calls
            fault = str(error)[:_MOST_FAULT] or type(error).__name__
            raise Refused(_("The template cannot be filled: %(fault)s", fault=fault)) from None
        if self._picture:
            parts[self._picture] = qr(address)
        return packed(parts)

    def asks_for(self) -> set[str]:
        """Return the fields that it uses, without the part after a dot."""
        found: set[str] = set()
        for source in self._sources.values():
            found |= meta.find_undeclared_variables(self._sandbox.parse(source))
        return found

    @property
    def has_qr(self) -> bool:
        return self._picture is not None

    def _finished(self, name: str, text: str) -> bytes:
        """Apply the library's last steps."""
        if "\n" in text or "\t" in text:
            text = self._library.resolve_listing(text)
        refuse_elements(name, etree.fromstring(text.encode()))  # the library would silently repair broken XML
        if name != DOCUMENT:
            return (_DECLARATION + text).encode()
        tree = self._library.fix_tables(text.encode())
        self._library.docx_ids_index = 1000
        self._library.fix_docpr_ids(tree)
        return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True))

    def _picture_part(self) -> str | None:
        """Return the part that contains the picture named «qr», which every paper's own code replaces."""
        for name in self._sources:
            found = _PICTURE.search(_text(self._parts[name]))
            if found:
                relations = self._parts.get(f"word/_rels/{name.removeprefix('word/')}.rels", b"")
                for relation in etree.fromstring(relations):
                    if relation.get("Id") == found.group(1):
                        return f"word/{relation.get('Target')}".replace("word//word/", "word/")
        return None


def _rendered(compiled: Compiled, facts: Mapping[str, Any]) -> str:
    """Return the filled text.

    Raises:
        Refused: it is longer than any paper.
    """
    found, length = [], 0
    for piece in compiled.generate(facts):
        length += len(piece)
        if length > _MOST_TEXT:
            raise Refused(_("The filled template is longer than any paper: look at its “for” lines."))
        found.append(piece)
    return "".join(found)


def _text(part: bytes) -> str:
    """Return an XML part as text without its declaration."""
    return re.sub(r"^\s*<\?xml[^>]*\?>\s*", "", part.decode("utf-8-sig"))


def qr(address: str) -> bytes:
    """Return a QR code as PNG."""
    target = io.BytesIO()
    segno.make(address, error="m", micro=False, boost_error=False).save(target, kind="png", scale=4, border=1)
    return target.getvalue()


def standard(kind: Paper) -> bytes:
    """Return the standard template of a kind."""
    return (STANDARD / f"{kind.value}.docx").read_bytes()


def faults_of(content: bytes, sample: Mapping[str, Any]) -> list[Fault]:
    """Return what is wrong with a template: fields that its kind does not have, by name; faults of its text.

    Args:
        sample: facts of its kind, with every field.
    """
    missing: list[str] = []

    class Noted(ChainableUndefined):
        def __init__(self, hint: Any = None, obj: Any = None, name: Any = None, exc: Any = UndefinedError) -> None:
            super().__init__(hint, obj, name, exc)
            missing.append(str(name))

    try:
        filling = Filling(content, Noted)
        filling.fill(sample, "https://example.vn/0000000000000000")
        unknown = sorted(filling.asks_for() - set(sample))
        faults = [
            Fault("file", _("There is no field “%(field)s”.", field=name[:_MOST_FAULT]))
            for name in list(dict.fromkeys([*unknown, *missing]))[:_MOST_FAULTS]
        ]
        if not faults and not filling.has_qr:
            faults.append(
                Fault("file", _("There is no picture named “qr”: without it nobody can check the paper."))
            )
    except Refused as refused:
        return [Fault("file", fault.message) for fault in refused.faults]
    return faults


class Trial:
    """The trial of an uploaded template; it runs in a child process."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def faults(self, sample: Mapping[str, Any]) -> list[Fault]:
        return faults_of(self._content, sample)
