from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cti_bridge.errors import Unavailable
from cti_bridge.records.spool import Entry, Spool

ROOM = 1_000_000


class Losses:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __call__(self, reason: str, entries: int) -> None:
        self.counts[reason] += entries


@pytest.fixture
def lost() -> Losses:
    return Losses()


Open = Callable[..., Spool]


@pytest.fixture
def open_spool(tmp_path: Path, lost: Losses) -> Iterator[Open]:
    opened: list[Spool] = []

    def open_one(**more: int) -> Spool:
        for spool in opened:
            spool.close()
        opened.append(Spool(tmp_path / "spool", on_lost=lost, **{"max_bytes": ROOM, **more}))
        return opened[-1]

    yield open_one
    opened[-1].close()


def everything(spool: Spool, limit: int = 7) -> list[Entry]:
    taken: list[Entry] = []
    while batch := spool.take(limit):
        taken += batch
        spool.done(batch[-1].position)
    return taken


def numbers(entries: list[Entry]) -> list[int]:
    return [int(entry.payload.split(b" ")[0]) for entry in entries]


def put(spool: Spool, first: int, last: int, size: int = 0) -> None:
    for n in range(first, last):
        spool.put("call", b"%d %b" % (n, b"x" * size))


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


def files(folder: Path) -> list[Path]:
    return sorted((folder / "spool").glob("*.entries"))


def test_what_went_in_comes_out_in_order(open_spool: Open) -> None:
    spool = open_spool()
    assert not spool.arrived.is_set()
    spool.put("call", "夏".encode())
    spool.put("trace", b"")
    assert spool.arrived.is_set()
    assert spool.depth == 2
    assert [(entry.kind, entry.payload) for entry in spool.take(9)] == [
        ("call", "夏".encode()),
        ("trace", b""),
    ]
    assert spool.take(1) == spool.take(9)[:1]
    everything(spool)
    assert (spool.depth, spool.take(9)) == (0, [])


@pytest.mark.parametrize("done", range(0, 41, 5))
def test_what_was_not_done_is_there_at_the_next_start(open_spool: Open, done: int) -> None:
    spool = open_spool(segment_bytes=200)
    put(spool, 0, 40, size=20)
    if done:
        spool.done(spool.take(done)[-1].position)
    for _ in range(2):
        spool = open_spool(segment_bytes=200)
        assert spool.depth == 40 - done
        assert spool.arrived.is_set() == (done < 40)
    put(spool, 40, 45)
    assert numbers(everything(spool)) == list(range(done, 45))


def test_files_that_are_done_go(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool(segment_bytes=1000)
    for n in range(1000):
        put(spool, n, n + 1, size=100)
        everything(spool)
    assert len(files(tmp_path)) <= 2
    assert spool.fill < 0.01
    put(spool, 1000, 1001)
    assert numbers(everything(open_spool())) == [1000]
    assert len(files(tmp_path)) == 0


def test_an_entry_larger_than_a_read_or_a_file(open_spool: Open) -> None:
    spool = open_spool(segment_bytes=1000)
    put(spool, 0, 3)
    spool.put("call", b"3 " + b"y" * 600_000)
    put(spool, 4, 6)
    taken = everything(spool)
    assert numbers(taken) == list(range(6))
    assert len(taken[3].payload) == 600_002


def test_a_batch_is_bounded_in_bytes_too(open_spool: Open) -> None:
    spool = open_spool()
    put(spool, 0, 20, size=20_000)
    assert len(spool.take(200)) == 4


def test_an_entry_cut_short_at_any_byte_is_dropped(open_spool: Open, tmp_path: Path, lost: Losses) -> None:
    spool = open_spool()
    put(spool, 0, 3, size=10)
    whole = files(tmp_path)[0].read_bytes()
    third = spool.take(2)[-1].position.offset
    for size in range(third, len(whole) + 1):
        shutil.rmtree(tmp_path / "spool")
        (tmp_path / "spool").mkdir()
        (tmp_path / "spool" / "000000000001.entries").write_bytes(whole[:size])
        lost.counts.clear()
        spool = open_spool()
        put(spool, 7, 8)
        is_whole = size == len(whole)
        assert numbers(everything(spool)) == ([0, 1, 2, 7] if is_whole else [0, 1, 7])
        assert lost.counts == ({} if size in (third, len(whole)) else {"torn": 1})


@pytest.mark.parametrize("tail", [b"\0" * 5000, b"\xff" * 50, os.urandom(300)])
def test_what_a_power_cut_leaves_behind_is_no_entry(
    open_spool: Open, tmp_path: Path, lost: Losses, tail: bytes
) -> None:
    put(open_spool(), 0, 3)
    with files(tmp_path)[0].open("ab") as file:
        file.write(tail)
    spool = open_spool()
    assert lost.counts == {"torn": 1}
    assert numbers(everything(spool)) == [0, 1, 2]


@pytest.mark.parametrize("content", [b"", b"short", b"\0" * 20, os.urandom(20), os.urandom(40)])
def test_a_position_that_cannot_be_believed_costs_a_second_writing(
    open_spool: Open, tmp_path: Path, content: bytes
) -> None:
    spool = open_spool()
    put(spool, 0, 5)
    spool.done(spool.take(2)[-1].position)
    (tmp_path / "spool" / "position").write_bytes(content)
    assert numbers(everything(open_spool())) == [0, 1, 2, 3, 4]


def test_a_full_spool_refuses_the_newest_until_there_is_room(open_spool: Open, lost: Losses) -> None:
    spool = open_spool(max_bytes=10_000)
    put(spool, 0, 200, size=80)
    kept = spool.depth
    assert 100 <= kept < 200
    assert spool.fill > 0.95
    assert lost.counts == {"full": 200 - kept}
    taken = everything(spool, limit=20)
    assert numbers(taken) == list(range(kept))
    put(spool, 200, 210, size=80)
    assert lost.counts == {"full": 200 - kept}
    assert numbers(everything(spool)) == list(range(200, 210))


def test_a_full_spool_is_full_for_the_next_process_too(open_spool: Open, lost: Losses) -> None:
    put(open_spool(max_bytes=10_000), 0, 200, size=80)
    spool = open_spool(max_bytes=10_000)
    before = lost.counts["full"]
    put(spool, 200, 201, size=80)
    assert lost.counts["full"] == before + 1


def test_a_disk_that_refuses_costs_the_entry_only(
    open_spool: Open, tmp_path: Path, lost: Losses, capsys: pytest.CaptureFixture[str]
) -> None:
    spool = open_spool()
    put(spool, 0, 3)
    # The limit on a file's size is what the kernel lets a test have of a disk that is full in mid-write.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (files(tmp_path)[0].stat().st_size + 5, before[1]))
    try:
        put(spool, 3, 6, size=50)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    put(spool, 6, 8)
    assert lost.counts == {"disk": 3}
    assert numbers(everything(open_spool())) == [0, 1, 2, 6, 7]
    said = capsys.readouterr().out
    assert said.count("records_lost") == 1
    assert said.count("records_kept_again") == 1


def test_a_folder_that_was_removed_is_made_anew(open_spool: Open, tmp_path: Path, lost: Losses) -> None:
    spool = open_spool()
    put(spool, 0, 3)
    shutil.rmtree(tmp_path / "spool")
    put(spool, 3, 5)
    assert lost.counts == {"removed": 3}
    assert numbers(spool.take(9)) == [3, 4]
    with pytest.raises(Unavailable, match="in use"):
        Spool(tmp_path / "spool", max_bytes=ROOM)
    assert numbers(everything(open_spool())) == [3, 4]


def test_a_folder_that_cannot_be_made_anew_costs_the_entries(
    open_spool: Open, tmp_path: Path, lost: Losses
) -> None:
    spool = open_spool()
    put(spool, 0, 3)
    shutil.rmtree(tmp_path / "spool")
    (tmp_path / "spool").write_text("in the way")
    put(spool, 3, 5)
    assert lost.counts == {"removed": 3, "disk": 2}
    assert (spool.depth, spool.take(9)) == (0, [])
    (tmp_path / "spool").unlink()
    put(spool, 5, 6)
    assert numbers(everything(spool)) == [5]


def test_a_file_that_was_changed_costs_its_rest(open_spool: Open, tmp_path: Path, lost: Losses) -> None:
    spool = open_spool(segment_bytes=100)
    put(spool, 0, 20, size=5)
    with files(tmp_path)[1].open("r+b") as file:
        file.seek(30)
        file.write(b"\xff\xff")
    files(tmp_path)[-1].write_bytes(b"")
    put(spool, 20, 22, size=5)
    survivors = numbers(everything(spool))
    assert survivors == sorted(survivors)
    assert len(survivors) + lost.counts["damaged"] == 22
    assert {0, 1} < set(survivors)
    assert spool.depth == 0
    put(spool, 22, 23)
    assert numbers(everything(spool)) == [22]


def test_one_process_a_folder(open_spool: Open, tmp_path: Path) -> None:
    open_spool()
    with pytest.raises(Unavailable, match=rf"in use by another bridge \(process {os.getpid()}\)"):
        Spool(tmp_path / "spool", max_bytes=ROOM)


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("")
    with pytest.raises(Unavailable, match=r"storage\.data_dir: .*spool cannot be used"):
        Spool(tmp_path / "spool", max_bytes=ROOM)


def test_nobody_else_may_read_it(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool()
    put(spool, 0, 2)
    spool.done(spool.take(1)[-1].position)
    for path in [tmp_path / "spool", *(tmp_path / "spool").iterdir()]:
        assert path.stat().st_mode & 0o077 == 0


async def test_a_sync_takes_everything_and_lets_old_files_go(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool(segment_bytes=100)
    put(spool, 0, 50)
    assert not spool.is_synced
    before = open_files()
    await spool.sync()
    assert spool.is_synced
    if sys.platform == "linux":
        assert before - open_files() == len(files(tmp_path)) - 1
    put(spool, 50, 51)
    assert not spool.is_synced
    assert numbers(everything(spool)) == list(range(51))


async def test_a_sync_that_fails_is_told_and_tried_again(
    open_spool: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = open_spool()
    put(spool, 0, 1)

    def fail(_fd: int) -> None:
        raise OSError(errno.EIO, "the disk is ill")

    with monkeypatch.context() as ill:
        ill.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="ill"):
            await spool.sync()
    assert not spool.is_synced
    await spool.sync()
    assert spool.is_synced


KILLED = """
import sys
from pathlib import Path
from cti_bridge.records.spool import Spool

spool = Spool(Path(sys.argv[1]), max_bytes=100_000_000, segment_bytes=5000)
for n in range(int(sys.argv[2]), 10_000_000):
    spool.put("call", b"%d " % n + b"x" * (n % 300))
    print(n, flush=True)
"""


def test_kill_9_loses_nothing_that_was_put(open_spool: Open, tmp_path: Path, lost: Losses) -> None:
    first, arrived = 0, []
    for _ in range(4):
        putting = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path / "spool"), str(first)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert putting.stdout is not None
        said = [putting.stdout.readline() for _ in range(500)]
        putting.send_signal(signal.SIGKILL)
        said += putting.stdout.readlines()
        putting.wait()
        putting.stdout.close()
        last_told = int(next(line for line in reversed(said) if line.endswith(b"\n")))
        spool = open_spool()
        arrived += numbers(everything(spool, limit=100))
        spool.close()
        assert arrived[-1] >= last_told
        first = arrived[-1] + 1
    assert arrived == list(range(first))
    assert lost.counts.keys() <= {"torn"}, "what was being put when the process died was not put yet"
