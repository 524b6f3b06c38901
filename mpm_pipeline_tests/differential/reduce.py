"""Finds few edits out of many that are enough for a difference (delta debugging: halves, then what is left of them)."""

from collections.abc import Callable, Sequence

from mpm_pipeline_tests.differential.book import Edit


def reduce(edits: Sequence[Edit], differs: Callable[[Sequence[Edit]], bool]) -> list[Edit]:
    """Return edits of which none can be left out, given that all together differ."""
    kept, parts = list(edits), 2
    while kept:
        size = -(-len(kept) // parts)
        chunks = [kept[start : start + size] for start in range(0, len(kept), size)]
        smaller = next((chunk for chunk in chunks if len(chunks) > 1 and differs(chunk)), None)
        if smaller is not None:
            kept, parts = smaller, 2
            continue
        for place in range(len(chunks)):
            rest = [edit for other, chunk in enumerate(chunks) if other != place for edit in chunk]
            if (len(chunks) > 2 or len(kept) == 1) and differs(rest):
                kept, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                return kept
            parts = min(parts * 2, len(kept))
    return kept
