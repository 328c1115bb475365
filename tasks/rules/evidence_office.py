"""Looking into Office files without opening them: macros, packed files, archives that burst."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import olefile

from tasks.rules.evidence import MAX_FILE, MEGABYTE, Kind, Unfit

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LARGEST_DIRECTORY = MEGABYTE
MOST_ENTRIES = 5_000
MOST_UNPACKED = 300 * MEGABYTE
SUSPICIOUS = 10 * MEGABYTE
"""Below so much unpacked a high ratio proves nothing: empty tables shrink to almost nothing."""
HIGHEST_RATIO = 100
DEEPEST = 2
"""A table in a slide in a report is real work; deeper nesting is not."""

MAIN_PARTS = {
    "word/document.xml": Kind.DOCX,
    "xl/workbook.xml": Kind.XLSX,
    "ppt/presentation.xml": Kind.PPTX,
}
MAIN_STREAMS = {
    "worddocument": Kind.DOC,
    "workbook": Kind.XLS,
    "book": Kind.XLS,
    "powerpoint document": Kind.PPT,
}
_BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    struct.error,
)
MACRO_STORAGES = {"macros", "_vba_project_cur", "vba", "_vba_project"}
# The record of a presentation that says whether it holds macros, which are packed into its one stream.
VBA_INFO = b"\x1f\x00\xff\x03\x14\x00\x00\x00"
BOUNDSHEET, MACRO_SHEET = 0x0085, 1


# Office files since 2007: archives


def zip_kind(file: BinaryIO, depth: int = 0) -> Kind:
    """Return which Office file an archive is; raise Unfit where it is none, or dangerous."""
    try:
        _check_directory(file)
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_size(entries)
            names = {entry.filename.lower().lstrip("/") for entry in entries}
            kind = next((kind for part, kind in MAIN_PARTS.items() if part in names), None)
            if kind is None or "[content_types].xml" not in names:
                raise Unfit("unknown")
            _check_names(names)
            _check_types(archive, entries)
            _check_packed(archive, entries, depth)
            return kind
    except _BROKEN_ARCHIVE as error:
        # zipfile raises all of these on archives that were damaged, by chance or on purpose.
        raise Unfit("damaged") from error


def _check_directory(file: BinaryIO) -> None:
    """Refuse an archive whose list of entries is itself too long to be read, before it is read."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 66_000))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise Unfit("damaged")
    lengths = [struct.unpack_from("<L", tail, end + 12)[0]]
    if tail[max(0, end - 20) : end].startswith(b"PK\x06\x07"):
        large = tail.rfind(b"PK\x06\x06", 0, end)
        lengths = [struct.unpack_from("<Q", tail, large + 40)[0] if 0 <= large <= end - 48 else size]
    if max(lengths) > LARGEST_DIRECTORY:
        raise Unfit("bomb")
    file.seek(0)


def _check_size(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive that bursts: by what it says of itself, which is as far as anything is unpacked."""
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    bursts = unpacked > SUSPICIOUS and unpacked / packed > HIGHEST_RATIO
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or bursts:
        raise Unfit("bomb")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Unfit("encrypted")


def _check_names(names: set[str]) -> None:
    """Refuse the parts in which macros are kept: VBA projects, and the macro sheets of old Excel."""
    for name in names:
        last = name.rpartition("/")[2]
        if last.startswith(("vbaproject", "vbadata")) or "/macrosheets/" in f"/{name}":
            raise Unfit("macros")


def _check_types(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse what calls itself a file with macros, or fetches its template, and so its macros, from elsewhere."""
    for entry in entries:
        name = entry.filename.lower()
        if not name.endswith(("[content_types].xml", ".rels")):
            continue
        if entry.file_size > 4 * MEGABYTE:
            raise Unfit("bomb")
        text = archive.read(entry).replace(b"\x00", b"").lower()  # UTF-16 is allowed here too
        if b"<!doctype" in text or b"<!entity" in text:
            raise Unfit("bomb")
        if b"macroenabled" in text or b"vbaproject" in text:
            raise Unfit("macros")
        if b"attachedtemplate" in text and b"external" in text and b"http" in text:
            raise Unfit("macros")


def _check_packed(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], depth: int) -> None:
    """Look into the Office files that are packed into this one, and refuse whatever else is packed there."""
    read = 0
    for entry in entries:
        if entry.file_size < len(OLE):
            continue
        with archive.open(entry) as part:
            head = part.read(len(OLE))
            if not head.startswith((ZIP, OLE, b"MZ")):
                continue
            if head.startswith(b"MZ"):
                raise Unfit("embedded")
            read += entry.file_size
            if read > 2 * MAX_FILE or depth >= DEEPEST:
                raise Unfit("bomb")
            packed = io.BytesIO(head + part.read())
        if head.startswith(OLE):
            check_ole(packed)
            continue
        try:
            zip_kind(packed, depth + 1)
        except Unfit as unfit:
            raise Unfit("embedded" if unfit.code == "unknown" else unfit.code) from unfit


# Office files before 2007: compound files


def ole_kind(file: BinaryIO) -> Kind:
    """Return which Office file a compound file is; raise Unfit where it is none, or dangerous."""
    names = check_ole(file)
    if names & {"encryptedpackage", "encryptioninfo"}:
        raise Unfit("encrypted")
    kind = next((kind for stream, kind in MAIN_STREAMS.items() if stream in names), None)
    if kind is None:
        raise Unfit("unknown")
    return kind


def check_ole(file: BinaryIO) -> set[str]:
    """Return the names in a compound file; raise Unfit where macros or other files are kept in it."""
    file.seek(0)
    try:
        with olefile.OleFileIO(file) as compound:
            names = {part.lower() for path in compound.listdir(storages=True) for part in path}
            if names & MACRO_STORAGES or _has_macro_sheet(compound) or _has_slide_macros(compound):
                raise Unfit("macros")
            if "\x01ole10native" in names:
                raise Unfit("embedded")
            return names
    except (OSError, ValueError, IndexError, struct.error, AttributeError, TypeError) as error:
        # olefile raises all of these on compound files that were damaged, by chance or on purpose.
        raise Unfit("damaged") from error


def _stream(compound: olefile.OleFileIO, *names: str) -> bytes:
    """Return the first of these streams that exists."""
    for name in names:
        if compound.exists(name):
            return bytes(compound.openstream(name).read())
    return b""


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the records of a workbook: each a type, a length, and so many bytes."""
    place = 0
    while place + 4 <= len(stream):
        code, length = struct.unpack_from("<HH", stream, place)
        yield code, stream[place + 4 : place + 4 + length]
        place += 4 + length


def _has_macro_sheet(compound: olefile.OleFileIO) -> bool:
    records = _records(_stream(compound, "Workbook", "Book"))
    return any(code == BOUNDSHEET and data[5:6] == bytes([MACRO_SHEET]) for code, data in records)


def _has_slide_macros(compound: olefile.OleFileIO) -> bool:
    stream = _stream(compound, "PowerPoint Document")
    place = stream.find(VBA_INFO)
    # Behind the record: the head of the inner one, a reference, and whether there are macros.
    return place >= 0 and stream[place + 20 : place + 24] != bytes(4)
