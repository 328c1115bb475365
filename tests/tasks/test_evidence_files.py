"""What may stand as evidence and what may not, seen on real files."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile

import pytest

from tasks.rules.evidence import (
    ACCEPTED,
    LONGEST_NAME,
    MAX_FILE,
    Kind,
    Unfit,
    download_name,
    is_text,
    judge_file,
    shown_name,
)
from tests.tasks import files


def judged(data: bytes, name: str = "") -> Kind:
    return judge_file(io.BytesIO(data), name, len(data))


def refused(data: bytes, name: str = "") -> str:
    with pytest.raises(Unfit) as unfit:
        judged(data, name)
    return unfit.value.code


GOOD = [
    ("月报.pdf", files.PDF, Kind.PDF),
    ("月报.docx", files.office("docx"), Kind.DOCX),
    ("台账.xlsx", files.office("xlsx"), Kind.XLSX),
    ("汇报.pptx", files.office("pptx"), Kind.PPTX),
    ("通知.doc", files.old_word(), Kind.DOC),
    ("台账.xls", files.old_excel(), Kind.XLS),
    ("汇报.ppt", files.old_slides(), Kind.PPT),
    ("现场.png", files.png(), Kind.PNG),
    ("现场.jpg", files.JPEG, Kind.JPEG),
    ("现场.JPEG", files.JPEG, Kind.JPEG),
    ("图标.gif", files.GIF, Kind.GIF),
    ("现场.webp", files.WEBP, Kind.WEBP),
    ("说明.txt", "已完成签约。\n".encode(), Kind.TEXT),
    ("说明.txt", "已完成签约。\r\n".encode("gb18030"), Kind.TEXT),
    ("说明.txt", "已完成签约。".encode("utf-16"), Kind.TEXT),
    ("清单.csv", "名称,数量\n地块,2\n".encode("utf-8-sig"), Kind.TEXT),
    ("无后缀", files.PDF, Kind.PDF),
    ("手机截图.png", files.JPEG, Kind.JPEG),  # phones do this; a picture is a picture
    ("含表格.docx", files.office("docx", {"word/embeddings/1.xlsx": files.office("xlsx")}), Kind.DOCX),
]


@pytest.mark.parametrize(("name", "data", "kind"), GOOD, ids=[f"{kind} {name}" for name, _d, kind in GOOD])
def test_what_offices_work_with_is_accepted_for_what_it_is(name: str, data: bytes, kind: Kind) -> None:
    assert judged(data, name) is kind


LYING = [
    ("report.pdf", files.PROGRAM),
    ("photo.jpg", files.PROGRAM),
    ("report.docx", files.PDF),
    ("report.pdf", files.office("docx")),
    ("report.docx", files.archive({"run.bat": "del"})),
    ("photo.png", b"<script>alert(1)</script>"),
    ("page.html", b"<script>alert(1)</script>"),
    ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
    ("program.exe", files.PROGRAM),
    ("program.exe", files.PDF),
    ("", files.PROGRAM),
    ("", b"\x00\x01\x02\x03" * 50),
    ("installer.doc", files.compound({"Property": b"1"})),
    ("late.pdf", b"\x00" * 10 + files.PDF),
]


@pytest.mark.parametrize(("name", "data"), LYING)
def test_what_lies_about_its_type_or_is_none_of_ours_is_refused(name: str, data: bytes) -> None:
    assert refused(data, name) in {"lying", "unknown"}


def test_empty_and_oversized_files_are_refused_without_being_read() -> None:
    assert refused(b"", "a.txt") == "empty"
    with pytest.raises(Unfit, match="too_big"):
        judge_file(io.BytesIO(), "a.txt", MAX_FILE + 1)
    assert judge_file(io.BytesIO(b"a" * MAX_FILE), "a.txt", MAX_FILE) is Kind.TEXT


MACROS = {
    "VBA project": files.office("docx", {"word/vbaProject.bin": files.compound({"PROJECT": b""})}),
    "VBA project elsewhere": files.office("xlsx", {"xl/other/VBAPROJECT.BIN": b"1"}),
    "content type": files.office(
        "docx", {"[Content_Types].xml": "<a ContentType='x.macroEnabled.main+xml'/>"}
    ),
    "content type in UTF-16": files.office(
        "docx", {"[Content_Types].xml": "<a ContentType='x.macroEnabled.main+xml'/>".encode("utf-16")}
    ),
    "macro sheet": files.office("xlsx", {"xl/macrosheets/sheet1.xml": "<macrosheet/>"}),
    "template from elsewhere": files.office(
        "docx",
        {
            "word/_rels/settings.xml.rels": "<a Type='attachedTemplate' Target='http://x/t.dotm' TargetMode='External'/>"
        },
    ),
    "in an embedded table": files.office(
        "pptx", {"ppt/embeddings/1.xlsm": files.office("xlsx", {"xl/vbaProject.bin": b"1"})}
    ),
    "in an embedded old document": files.office(
        "docx", {"word/embeddings/1.bin": files.old_word(Macros=True)}
    ),
    "old Word": files.old_word(Macros=True),
    "old Excel": files.compound({"Workbook": b""}, ("_VBA_PROJECT_CUR",)),
    "old Excel macro sheet": files.old_excel(macro_sheet=True),
    "old slides": files.old_slides(macros=True),
}


@pytest.mark.parametrize("data", MACROS.values(), ids=MACROS.keys())
def test_macros_are_found_wherever_they_are_kept(data: bytes) -> None:
    assert refused(data) == "macros"


@pytest.mark.parametrize(
    "data",
    [
        files.office("docx", {"word/media/tool.bin": files.PROGRAM}),
        files.office("docx", {"word/embeddings/more.zip": files.archive({"run.bat": "del"})}),
        files.office("docx", {"word/embeddings/1.bin": files.compound({"\x01Ole10Native": b"1"})}),
        files.compound({"WordDocument": b"", "\x01Ole10Native": b"1"}),
    ],
)
def test_other_files_packed_into_a_document_are_refused(data: bytes) -> None:
    assert refused(data) == "embedded"


def test_documents_under_a_password_cannot_be_looked_into() -> None:
    assert refused(files.compound({"EncryptedPackage": b"", "EncryptionInfo": b""}), "a.docx") == "encrypted"
    locked = bytearray(files.office("docx"))
    entry = locked.rfind(b"PK\x01\x02")
    locked[entry + 8] |= 1
    assert refused(bytes(locked), "a.docx") == "encrypted"


# Archives that burst


def test_a_document_that_would_unpack_to_a_hundred_times_its_size_is_refused() -> None:
    bomb = files.office("docx", {"word/media/zeros.bin": bytes(11 * 1024 * 1024)})
    assert len(bomb) < 20_000
    assert refused(bomb, "a.docx") == "bomb"


def test_a_bomb_inside_an_embedded_document_is_found() -> None:
    inner = files.office("xlsx", {"xl/zeros.bin": bytes(11 * 1024 * 1024)})
    assert refused(files.office("docx", {"word/embeddings/1.xlsx": inner})) == "bomb"


def test_documents_within_documents_within_documents_are_not_followed_forever() -> None:
    packed = files.office("xlsx")
    for _level in range(4):
        packed = files.office("docx", {"word/embeddings/1.docx": packed})
    assert refused(packed) == "bomb"


def test_sizes_that_lie_do_not_burst_either() -> None:
    """What an archive says of itself is as far as it is unpacked: here it says far more than there is."""
    data = bytearray(files.office("docx"))
    place = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, place + 24, 2**32 - 2)
    assert refused(bytes(data), "a.docx") == "bomb"


def test_an_endless_list_of_entries_is_refused_before_it_is_read() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for number in range(12_000):
            made.writestr(f"word/{number:060}", b"")
    assert refused(file.getvalue(), "a.docx") == "bomb"


def test_entities_that_multiply_are_refused_unread() -> None:
    laughs = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><Types>&c;</Types>'
    assert refused(files.office("docx", {"[Content_Types].xml": laughs})) == "bomb"


@pytest.mark.parametrize(
    "data",
    [
        files.office("docx")[:-30],
        files.office("docx")[:200],
        files.PDF[:30],
        files.old_word()[:600],
        b"PK\x03\x04" + bytes(40),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        files.office("docx").replace(b"PK\x01\x02", b"PK\x01\x00"),
    ],
)
def test_what_was_cut_off_on_the_way_is_called_damaged(data: bytes) -> None:
    assert refused(data) == "damaged"


@pytest.mark.parametrize("cut", range(0, 1500, 37))
@pytest.mark.parametrize("make", [files.office, files.old_word, files.old_excel])
def test_no_damage_is_more_than_a_refusal(make: object, cut: int) -> None:
    data = bytearray(make())  # type: ignore[operator]
    data[cut % len(data)] ^= 0xFF
    with contextlib.suppress(Unfit):  # anything else would be a page that fails
        judged(bytes(data))


# Names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../x", "x"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/etc/passwd", "passwd"),
        ("..", "file"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ("照片\u202egpj.exe", "照片gpj.exe"),
        ("  .月报.pdf. ", "月报.pdf"),
        ("", "file"),
        ("月报（终稿）🎉.pdf", "月报（终稿）🎉.pdf"),
    ],
)
def test_only_the_last_part_of_a_name_is_kept_and_nothing_unseen(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_a_very_long_name_keeps_its_suffix() -> None:
    shown = shown_name("长" * 400 + ".docx")
    assert len(shown) == LONGEST_NAME
    assert shown.endswith(".docx")


def test_what_is_handed_out_is_named_for_what_it_is() -> None:
    assert download_name("截图.png", "jpeg") == "截图.png.jpg"
    assert download_name("现场.JPG", "jpeg") == "现场.JPG"
    assert download_name("x", "pdf") == "x.pdf"


def test_text_is_words_and_nothing_else() -> None:
    assert is_text("一二三\t四\n".encode())
    assert not is_text(b"a\x00b")
    assert not is_text(b"\x1b[31m")
    assert not is_text(b"\xff" * 9)


def test_the_picker_offers_what_is_accepted() -> None:
    assert {".pdf", ".docx", ".jpg", ".txt"} <= set(ACCEPTED.split(","))
    assert ".docm" not in ACCEPTED
