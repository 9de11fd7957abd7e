"""A CSV file as records with their line numbers, in UTF-8 or Shift_JIS, read as a stream.

Source: RFC 4180; the encodings are those Excel writes in Japan (UTF-8 with a
byte order mark, and CP932, Microsoft's Shift_JIS).
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cti_bridge.errors import Refused

_CHUNK_BYTES = 1 << 20
# A note of ten megabytes is one bad row, not the end of the file; a file without line ends must not
# fill the memory all the same.
MAX_LINE_CHARS = 16_000_000
csv.field_size_limit(MAX_LINE_CHARS)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_NOT_CSV = (
    (b"PK\x03\x04", "is an Excel workbook or an archive; save it as CSV first"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook; save it as CSV first"),
    (codecs.BOM_UTF16_LE, "is in UTF-16; save it as CSV in UTF-8"),
    (codecs.BOM_UTF16_BE, "is in UTF-16; save it as CSV in UTF-8"),
)


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file that can be read to its end. ``encoding`` is Python's name of it."""

    path: Path
    encoding: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Record:
    """One record. ``line`` is where it begins, from 1; ``bytes_done`` what was read so far, roughly."""

    line: int
    fields: list[str]
    bytes_done: int


def examine(path: Path) -> CsvFile:
    """Read ``path`` once to its end, so that nothing is found wrong with the file later.

    Raises: Refused naming file and line when it cannot be read, is no text, is
    in another encoding, has a quotation mark or a line without end, or holds
    nothing.
    """
    try:
        file = CsvFile(path, _encoding(path), path.stat().st_size)
        if sum(1 for _ in records(file)) == 0:
            raise Refused(f"{path}: the file is empty")
    except OSError as error:
        raise Refused(f"{path}: cannot be read: {error.strerror or error}") from error
    return file


def records(file: CsvFile) -> Iterator[Record]:
    """The records of ``file``, header included, those without any text left out.

    Raises: Refused naming file and line where the quoting is broken or a line has no end.
    """
    with file.path.open("rb") as raw, io.TextIOWrapper(raw, file.encoding, newline="") as text:
        reader = csv.reader(_lines(text, file.path), strict=True)
        while True:
            line = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # The csv module says "field larger" too when a quotation mark swallows all that follows.
                reason = f"a quotation mark is not closed properly, or a field is far too long ({error})"
                raise Refused(f"{file.path}: line {line}: {reason}") from error
            if any(field.strip() for field in fields):
                yield Record(line, fields, raw.tell())


def _lines(text: io.TextIOWrapper, path: Path) -> Iterator[str]:
    number = 0
    while line := text.readline(MAX_LINE_CHARS):
        number += 1
        if len(line) == MAX_LINE_CHARS:
            raise Refused(f"{path}: line {number}: longer than {MAX_LINE_CHARS} characters")
        yield line


def _encoding(path: Path) -> str:
    """UTF-8 if all of the file is that, else CP932 if all of it is that."""
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "cp932")}
    failed_at: dict[str, int] = {}
    lines = 0
    with path.open("rb") as file:
        has_mark = False
        while chunk := file.read(_CHUNK_BYTES):
            if lines == 0 and file.tell() == len(chunk):
                for start, what in _NOT_CSV:
                    if chunk.startswith(start):
                        raise Refused(f"{path}: {what}")
                has_mark = chunk.startswith(codecs.BOM_UTF8)
            if found := _CONTROL.search(chunk):
                line = lines + 1 + chunk.count(b"\n", 0, found.start())
                what = "NUL byte" if found[0] == b"\0" else f"control character 0x{found[0][0]:02x}"
                raise Refused(f"{path}: line {line}: contains a {what}; this is not a CSV file")
            _feed(decoders, failed_at, chunk, lines, is_last=False)
            lines += chunk.count(b"\n")
        _feed(decoders, failed_at, b"", lines, is_last=True)
    if "utf-8" in decoders:
        return "utf-8-sig"
    if "cp932" in decoders and not has_mark:
        return "cp932"
    # Who got further was likelier right about the file.
    line = failed_at["utf-8"] if has_mark else max(failed_at.values())
    raise Refused(f"{path}: line {line}: the text is neither UTF-8 nor Shift_JIS (CP932)")


def _feed(
    decoders: dict[str, codecs.IncrementalDecoder],
    failed_at: dict[str, int],
    chunk: bytes,
    lines: int,
    *,
    is_last: bool,
) -> None:
    """Drop each decoder that cannot read on and note the line where it failed."""
    for name, decoder in list(decoders.items()):
        try:
            decoder.decode(chunk, is_last)
        except UnicodeDecodeError as error:
            del decoders[name]
            failed_at[name] = lines + 1 + error.object[: error.start].count(b"\n")
