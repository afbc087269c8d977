"""What each access costs a warp: requests, 32-byte sectors, bank conflicts, same-address atomics.

An access is one evaluation of one node for all active lanes, so a warp's footprint is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grader.kernels.lanes import Lanes, Mask, is_uniform
from grader.kernels.limits import BANK_BYTES, BANKS, SECTOR_BYTES, WARP

# Larger than any index: what inactive lanes are set to before sorting.
NOWHERE = np.iinfo(np.int64).max


@dataclass(slots=True)
class Site:
    """One place in the source that touches memory, with all it has cost so far."""

    line: int
    column: int
    kind: str
    """`load`, `store` or `atomic`."""
    space: str
    array: str
    item_bytes: int
    requests: int = 0
    """Warp instructions."""
    threads: int = 0
    sectors: int = 0
    ways: int = 0
    """Sum over requests of the passes through shared memory that each needs."""
    worst_ways: int = 0
    contention: int = 0
    """Sum over atomic requests of the most lanes on one address."""
    worst_contention: int = 0
    stride_bytes: int | None = None
    """How far apart two neighbouring threads' first addresses were."""


@dataclass(slots=True)
class LineCost:
    """What the instructions of one source line have cost, memory aside."""

    issued: int = 0
    """Statements, once a warp."""
    lanes: int = 0
    """Statements, once a thread: what a processor with one lane would do."""
    arithmetic: int = 0
    fp64: int = 0
    branches: int = 0
    divergent: int = 0


def count_access(site: Site, flat: Lanes, mask: Mask) -> None:
    """Add one access at element indices `flat` (uniform, or one a lane)."""
    site.requests += mask.warps
    site.threads += mask.count
    if site.stride_bytes is None:
        note_stride(site, flat, mask)
    if site.space in ("global", "const"):
        site.sectors += mask.warps if is_uniform(flat) else count_sectors(flat, mask, site)
    elif site.space == "shared":
        count_banks(site, flat, mask)
    if site.kind == "atomic":
        count_contention(site, flat, mask)


def note_stride(site: Site, flat: Lanes, mask: Mask) -> None:
    if is_uniform(flat):
        site.stride_bytes = 0
        return
    lane = mask.first
    if lane % WARP != WARP - 1 and mask.bits[lane + 1]:
        site.stride_bytes = abs(int(flat[lane + 1]) - int(flat[lane])) * site.item_bytes


def count_sectors(flat: Lanes, mask: Mask, site: Site) -> int:
    """Distinct 32-byte sectors a warp touches, summed over warps."""
    units = mask.rows(flat // (SECTOR_BYTES // site.item_bytes))
    return int(count_distinct(units, mask).sum())


def count_distinct(units: Lanes, mask: Mask) -> Lanes:
    """How many different values each active warp has among its active lanes."""
    if mask.is_dense:
        steps = units[:, 1:] - units[:, :-1]
        if steps.min(initial=0) < 0:
            units = np.sort(units, axis=1)
            steps = units[:, 1:] - units[:, :-1]
        return np.asarray(1 + np.count_nonzero(steps, axis=1))
    active = mask.rows(mask.bits)
    units = np.sort(np.where(active, units, NOWHERE), axis=1)
    distinct = 1 + np.count_nonzero(units[:, 1:] != units[:, :-1], axis=1)
    return np.asarray(distinct - ~active.all(axis=1))


def count_banks(site: Site, flat: Lanes, mask: Mask) -> None:
    """Passes through shared memory: the most different words that fall into one bank.

    Source   an 8-byte access of a warp goes out as two half-warps, each judged by itself.
    """
    if is_uniform(flat):
        ways, worst = mask.warps, 1
    else:
        rows = mask.rows(flat)
        active = None if mask.is_dense else mask.rows(mask.bits)
        if site.item_bytes > BANK_BYTES:
            rows = rows.reshape(-1, WARP // 2)
            active = None if active is None else active.reshape(-1, WARP // 2)
        passes = count_passes(rows * site.item_bytes // BANK_BYTES, active)
        if site.item_bytes > BANK_BYTES:
            # A pair of half-warps without conflicts counts as 1, like any other request.
            passes = passes.reshape(-1, 2).max(axis=1)
        ways, worst = int(passes.sum()), int(passes.max(initial=0))
    site.ways += ways
    site.worst_ways = max(site.worst_ways, worst)


def count_passes(words: Lanes, active: Lanes | None) -> Lanes:
    """For each row, the most distinct words in one bank."""
    if active is not None:
        # An inactive lane repeats the row's first active one, which costs nothing.
        first = words[np.arange(len(words)), active.argmax(axis=1)]
        words = np.where(active, words, first[:, None])
    low = words.min(axis=1)
    span = words.max(axis=1) - low
    passes = np.ones(len(words), np.int64)
    if (far := span >= BANKS).any():
        passes[far] = sort_into_banks(words[far])
    return passes


def sort_into_banks(words: Lanes) -> Lanes:
    words = np.sort(words, axis=1)
    fresh = np.ones(words.shape, np.bool_)
    fresh[:, 1:] = words[:, 1:] != words[:, :-1]
    row = np.nonzero(fresh)[0]
    slots = row * BANKS + words[fresh] % BANKS
    table = np.bincount(slots, minlength=BANKS * len(words)).reshape(-1, BANKS)
    return np.asarray(table.max(axis=1))


def count_contention(site: Site, flat: Lanes, mask: Mask) -> None:
    """The most lanes of a warp that meet on one address, summed over warps."""
    active = mask.rows(mask.bits)
    if is_uniform(flat):
        most = active.sum(axis=1)
    else:
        units = np.sort(np.where(active, mask.rows(flat), NOWHERE), axis=1)
        most = np.ones(len(units), np.int64)
        run = np.ones(len(units), np.int64)
        for lane in range(1, WARP):
            same = (units[:, lane] == units[:, lane - 1]) & (units[:, lane] != NOWHERE)
            run = np.where(same, run + 1, 1)
            most = np.maximum(most, run)
    site.contention += int(most.sum())
    site.worst_contention = max(site.worst_contention, int(most.max(initial=0)))
