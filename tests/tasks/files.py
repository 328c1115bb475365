"""Real files for the tests of evidence, made byte by byte: good ones, and such as should never come in."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + bytes(64) + b"\xff\xd9"
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(200) + b"PE\x00\x00"
TYPES = '<?xml version="1.0"?><Types><Override PartName="/{part}" ContentType="{kind}.main+xml"/></Types>'
MAIN = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}


def png(*, text: str = "") -> bytes:
    """Return a picture of one pixel; ``text`` makes it another one."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">2L5B", 1, 1, 8, 2, 0, 0, 0))
    words = chunk(b"tEXt", b"Comment\x00" + text.encode()) if text else b""
    pixel = chunk(b"IDAT", zlib.compress(b"\x00\xff\xff\xff"))
    return b"\x89PNG\r\n\x1a\n" + head + words + pixel + chunk(b"IEND", b"")


def archive(entries: dict[str, bytes | str]) -> bytes:
    """Return a compressed archive of these entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return file.getvalue()


def office(kind: str = "docx", entries: dict[str, bytes | str] | None = None) -> bytes:
    """Return a small Office file since 2007; ``entries`` are added to it, or replace its own."""
    part = MAIN[kind]
    own: dict[str, bytes | str] = {
        "[Content_Types].xml": TYPES.format(part=part, kind=kind),
        "_rels/.rels": f'<Relationships><Relationship Target="{part}"/></Relationships>',
        part: "<document><p>月度进展</p></document>",
    }
    return archive({**own, **(entries or {})})


# Office files before 2007

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def _entry(name: str, kind: int, start: int, size: int, right: int = FREE, child: int = FREE) -> bytes:
    encoded = name.encode("utf-16-le") + b"\x00\x00"
    links = struct.pack("<3L", FREE, right, child)
    head = encoded.ljust(64, b"\x00") + struct.pack("<HBB", len(encoded), kind, 1) + links
    return head + bytes(36) + struct.pack("<LQ", start, size)


def compound(streams: dict[str, bytes], storages: tuple[str, ...] = ()) -> bytes:
    """Return a compound file with these streams and empty storages in its root."""
    padded = {name: data.ljust(4096, b"\x00") for name, data in streams.items()}
    directories = (len(padded) + len(storages) + 1 + 3) // 4
    fat = [FAT, *range(2, directories + 1), END]
    entries, body = [], b""
    names = [*padded, *storages]
    for number, name in enumerate(names, start=1):
        right = number + 1 if number < len(names) else FREE
        if name in storages:
            entries.append(_entry(name, 1, 0, 0, right))
            continue
        data, start = padded[name], len(fat)
        count = -(-len(data) // SECTOR)
        fat += [*range(start + 1, start + count), END]
        body += data.ljust(count * SECTOR, b"\x00")
        entries.append(_entry(name, 2, start, len(data), right))
    root = _entry("Root Entry", 5, END, 0, child=1)
    directory = (root + b"".join(entries)).ljust(directories * SECTOR, b"\x00")
    table = b"".join(struct.pack("<L", link) for link in fat).ljust(SECTOR, b"\xff")
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    )
    head += struct.pack("<9L", 0, 1, 1, 0, 4096, END, 0, END, 0) + struct.pack("<L", 0) + b"\xff" * 432
    return head + table + directory + body


def old_word(**storages: bool) -> bytes:
    """Return a Word document of before 2007."""
    return compound({"WordDocument": b"\xec\xa5\xc1\x00", "1Table": b""}, tuple(storages))


def old_excel(*, macro_sheet: bool = False) -> bytes:
    """Return a workbook of before 2007, perhaps with a sheet of Excel 4 macros."""
    begin = struct.pack("<HH", 0x0809, 4) + b"\x00\x06\x05\x00"
    sheet = b"\x00\x00\x00\x00\x00" + (b"\x01" if macro_sheet else b"\x00") + b"\x01\x00A"
    return compound({"Workbook": begin + struct.pack("<HH", 0x0085, len(sheet)) + sheet})


def old_slides(*, macros: bool = False) -> bytes:
    """Return a presentation of before 2007; its record says whether it holds macros."""
    atom = struct.pack("<HHL", 2, 0x0400, 12) + struct.pack("<3L", 1, int(macros), 2)
    return compound({"PowerPoint Document": b"\x1f\x00\xff\x03\x14\x00\x00\x00" + atom})
