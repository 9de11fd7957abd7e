"""What a later record of a call makes of an earlier one: which of the two counts, and what is kept.

The rule. A record of the call's end counts more than one of a call that lives
or was lost; of two alike the later told counts. The one that counts replaces
the other. But where part of the call went unseen, because another run of the
bridge told it or a PBX was out of sight, the two are joined: what only the
earlier holds stays, and the earlier beginning is the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from cti_bridge.records.stored import Span, StoredCall, StoredRecord, StoredStint

# The database keeps microseconds, an event its double: the same moment, seen through both.
_SAME_MOMENT_S = 0.001

S = TypeVar("S", bound=Span)


def succeed(earlier: StoredRecord, later: StoredRecord) -> StoredRecord:
    """What is known of a call after both, told in whatever order."""
    if _rank(later) < _rank(earlier):
        return earlier
    if _is_whole(earlier, later):
        return later
    old, new = earlier.record, _join_parts(earlier, later)
    record = replace(
        new,
        # Who was called is known best to who saw the beginning; a caller's number may come late.
        direction=old.direction,
        caller=new.caller if new.caller.kind == "number" or old.caller.kind != "number" else old.caller,
        caller_name=new.caller_name or old.caller_name,
        dialled=old.dialled or new.dialled,
        started_at_s=min(old.started_at_s, new.started_at_s),
        answered_at_s=_first(old.answered_at_s, new.answered_at_s),
    )
    return replace(later, record=record)


def absorb(gone: StoredRecord, later: StoredRecord) -> StoredRecord:
    """``later`` with what it misses of a call that became part of it, if it can miss anything."""
    return later if _is_whole(gone, later) else replace(later, record=_join_parts(gone, later))


def _is_whole(earlier: StoredRecord, later: StoredRecord) -> bool:
    return earlier.run == later.run and not (earlier.record.has_gap or later.record.has_gap)


def _rank(told: StoredRecord) -> tuple[bool, int]:
    return told.record.outcome not in (None, "lost"), told.revision


def _join_parts(earlier: StoredRecord, later: StoredRecord) -> StoredCall:
    old, new = earlier.record, later.record
    gap = _Gap(later.run / 1e6, is_known=True) if earlier.run != later.run else _Gap(later.revision / 1e6)
    stints = {stint.offer_id: gap.close_stint(stint) for stint in old.stints}
    before = {stint.offer_id: stint for stint in old.stints}
    for stint in new.stints:
        known = before.get(stint.offer_id)
        stints[stint.offer_id] = gap.join_stints(known, stint) if known else stint
    moments = [transfer.at_s for transfer in new.transfers]
    kept = [t for t in old.transfers if not any(_is_moment(t.at_s, at_s) for at_s in moments)]
    return replace(
        new,
        queue_waits=gap.join_spans(old.queue_waits, new.queue_waits),
        stints=tuple(sorted(stints.values(), key=lambda stint: stint.rang_at_s)),
        transfers=tuple(sorted([*kept, *new.transfers], key=lambda transfer: transfer.at_s)),
        parks=gap.join_spans(old.parks, new.parks),
        has_gap=True,
    )


@dataclass(frozen=True, slots=True)
class _Gap:
    """What went unseen ended at ``end_s``. What was open before, and is not seen now, ended by then.

    ``is_known``: nothing that began after it can have been open before.
    """

    end_s: float
    is_known: bool = False

    def close_stint(self, stint: StoredStint) -> StoredStint:
        if stint.ended_at_s is not None:
            return stint
        ended_at_s = max(stint.rang_at_s, self.end_s)
        return replace(stint, ended_at_s=ended_at_s, end="lost", holds=self.join_spans(stint.holds, ()))

    def join_stints(self, old: StoredStint, new: StoredStint) -> StoredStint:
        return replace(
            new,
            rang_at_s=min(old.rang_at_s, new.rang_at_s),
            answered_at_s=_first(old.answered_at_s, new.answered_at_s),
            holds=self.join_spans(old.holds, new.holds),
            transferred_by=new.transferred_by or old.transferred_by,
        )

    def join_spans(self, old: tuple[S, ...], new: tuple[S, ...]) -> tuple[S, ...]:
        """Spans that overlap in one place are one, seen twice: a snapshot tells beginnings to the second."""
        joined = list(new)
        for before in old:
            same = [n for n, span in enumerate(new) if self._is_same(before, span)]
            if same:
                n = min(same, key=lambda n: abs(new[n].began_at_s - before.began_at_s))
                joined[n] = replace(joined[n], began_at_s=min(joined[n].began_at_s, before.began_at_s))
            elif before.ended_at_s is None:
                joined.append(before.closed(max(before.began_at_s, self.end_s)))
            else:
                joined.append(before)
        return tuple(sorted(joined, key=lambda span: span.began_at_s))

    def _is_same(self, old: Span, new: Span) -> bool:
        if old.place != new.place:
            return False
        if _is_moment(old.began_at_s, new.began_at_s) or _is_moment(old.ended_at_s, new.ended_at_s):
            return True
        old_end_s = self.end_s if old.ended_at_s is None and self.is_known else old.ended_at_s
        is_old_over = old_end_s is not None and old_end_s <= new.began_at_s
        is_new_over = new.ended_at_s is not None and new.ended_at_s <= old.began_at_s
        return not (is_old_over or is_new_over)


def _is_moment(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= _SAME_MOMENT_S


def _first(one: float | None, other: float | None) -> float | None:
    return min((at_s for at_s in (one, other) if at_s is not None), default=None)
