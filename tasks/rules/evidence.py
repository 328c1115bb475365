"""Which files may stand as evidence (佐证材料): judged by what they hold, never by what they are called.

What is refused is refused before anybody can open it: programs in disguise, macros, archives that burst when
they are unpacked. Nothing is ever unpacked to disk, and nothing is read further than a fixed bound.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from puremagic import PureError, magic_string

MEGABYTE = 1024 * 1024
MAX_FILE = 20 * MEGABYTE
MAX_TOGETHER = 100 * MEGABYTE
"""For all the files of one report."""
LONGEST_NAME = 120
HEAD = 4096


class Kind(StrEnum):
    """What a file is."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    DOC = "doc"
    XLS = "xls"
    PPT = "ppt"
    PNG = "png"
    JPEG = "jpeg"
    GIF = "gif"
    WEBP = "webp"
    TEXT = "text"


@dataclass(frozen=True)
class Format:
    """How a kind of file is called and sent. Names within one family are not lies: a JPEG called .png is a slip."""

    family: str
    mime: str
    suffixes: tuple[str, ...]


_OPEN = "application/vnd.openxmlformats-officedocument."
FORMATS: dict[Kind, Format] = {
    Kind.PDF: Format("pdf", "application/pdf", (".pdf",)),
    Kind.DOCX: Format("office", f"{_OPEN}wordprocessingml.document", (".docx",)),
    Kind.XLSX: Format("office", f"{_OPEN}spreadsheetml.sheet", (".xlsx",)),
    Kind.PPTX: Format("office", f"{_OPEN}presentationml.presentation", (".pptx",)),
    Kind.DOC: Format("office", "application/msword", (".doc",)),
    Kind.XLS: Format("office", "application/vnd.ms-excel", (".xls",)),
    Kind.PPT: Format("office", "application/vnd.ms-powerpoint", (".ppt",)),
    Kind.PNG: Format("image", "image/png", (".png",)),
    Kind.JPEG: Format("image", "image/jpeg", (".jpg", ".jpeg", ".jfif")),
    Kind.GIF: Format("image", "image/gif", (".gif",)),
    Kind.WEBP: Format("image", "image/webp", (".webp",)),
    Kind.TEXT: Format("text", "text/plain", (".txt", ".csv")),
}
FAMILIES = {suffix: form.family for form in FORMATS.values() for suffix in form.suffixes}
ACCEPTED = ",".join(FAMILIES)
"""For the file picker, which only helps: whatever arrives is looked into."""


class Unfit(Exception):  # noqa: N818  a refusal is an answer, not an error of the program
    """A file that cannot stand as evidence; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def suffix_of(name: str) -> str:
    """Return the last suffix of a name in lower case, with its dot; nothing where there is none."""
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix.lower()}" if dot and stem else ""


def shown_name(name: str) -> str:
    """Return the name under which a file is listed: no folders, nothing unseen, not too long.

    Marks that turn the direction of writing would let ``gpj.exe`` read as a picture.
    """
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    base = "".join(letter for letter in base if unicodedata.category(letter)[0] != "C").strip(" .")
    if len(base) > LONGEST_NAME:
        suffix = suffix_of(base)[:10]
        base = base[: LONGEST_NAME - len(suffix)] + suffix
    return base or "file"


def download_name(name: str, kind: str) -> str:
    """Return the name under which a file is handed out: always with a suffix that tells what it is."""
    suffixes = FORMATS[Kind(kind)].suffixes
    return name if suffix_of(name) in suffixes else f"{name}{suffixes[0]}"


def judge_file(file: BinaryIO, name: str, size: int) -> Kind:
    """Return what ``file`` is; raise Unfit where it is nothing that may stand as evidence.

    Codes: ``empty``, ``too_big``, ``unknown`` (of no accepted kind), ``lying`` (called something else),
    ``damaged``, ``encrypted``, ``macros``, ``embedded`` (other files packed into it), ``bomb``.
    """
    if size == 0:
        raise Unfit("empty")
    if size > MAX_FILE:
        raise Unfit("too_big")
    kind = _kind_of(file, suffix_of(name))
    called = suffix_of(name)
    if called and FAMILIES.get(called) != FORMATS[kind].family:
        raise Unfit("lying")
    return kind


_BY_MAGIC = {
    "application/pdf": Kind.PDF,
    "image/png": Kind.PNG,
    "image/jpeg": Kind.JPEG,
    "image/gif": Kind.GIF,
    "image/webp": Kind.WEBP,
}
_SIGNATURES = {
    Kind.PDF: b"%PDF-",
    Kind.PNG: b"\x89PNG\r\n\x1a\n",
    Kind.JPEG: b"\xff\xd8\xff",
    Kind.GIF: b"GIF8",
    Kind.WEBP: b"RIFF",
}
"""Where each kind begins: a signature further in would let something else stand before it."""


def _kind_of(file: BinaryIO, called: str) -> Kind:
    from tasks.rules.evidence_office import OLE, ZIP, ole_kind, zip_kind

    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(ZIP):
        return zip_kind(file)
    if head.startswith(OLE):
        return ole_kind(file)
    kind = _by_magic(head)
    if kind is Kind.PDF:
        _check_pdf(file)
    if kind:
        return kind
    file.seek(0)
    if is_text(file.read(MAX_FILE + 1)):
        return Kind.TEXT
    # Something the accepted names do not stand for: say which of the two is wrong.
    raise Unfit("lying" if called in FAMILIES else "unknown")


def _by_magic(head: bytes) -> Kind | None:
    try:
        found = magic_string(head)
    except (PureError, ValueError):
        return None
    kinds = [_BY_MAGIC[match.mime_type] for match in found if match.mime_type in _BY_MAGIC]
    return next((kind for kind in kinds if head.startswith(_SIGNATURES[kind])), None)


def _check_pdf(file: BinaryIO) -> None:
    """Refuse half a PDF: one that was cut off on the way has no end."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 4096))
    if b"%%EOF" not in file.read():
        raise Unfit("damaged")


_SPACE = frozenset("\t\n\r\f")


def is_text(data: bytes) -> bool:
    """Say whether ``data`` is text in one of the encodings that offices here use."""
    codec = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    for encoding in (codec, "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not any(letter < " " and letter not in _SPACE for letter in set(text)) and "\x7f" not in text
    return False
