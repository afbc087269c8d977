"""The student's own lines with what they cost, worst first, and what to do about each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.kernels.counts import Site
from grader.kernels.launch import KernelRun
from grader.kernels.limits import SECTOR_BYTES, WARP
from grader.kernels.measures import Excess

# What a screen of feedback holds; the rest of the lines cost less.
LINES_SHOWN = 4
# A line that costs less than this share of the worst one would not change the verdict.
WORTH_SAYING = 0.1


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the source: its cost in words, and advice."""

    line: int
    weight: float
    words: str
    advice: str


def annotate(run: KernelRun, source: str, excess: Sequence[Excess]) -> list[str]:
    """The lines behind the counts that are too high, with what they cost, and what to try."""
    names = {each.name for each in excess}
    notes: list[Note] = []
    strided = [site for site in run.sites if is_strided(site)]
    for site in run.sites:
        # Where some accesses are apart, those are to be mended first.
        if site.space != "global" or not strided or site in strided:
            notes += note_site(site, names)
    if "fp64" in names:
        notes += [
            Note(line, float(cost.fp64), f"{cost.fp64:,} float64 operations",
                 "a literal such as 0.0 or 0.5 is float64 in Numba: write float32(0.0), and "
                 "start sums with float32(0)")
            for line, cost in run.lines.items() if cost.fp64
        ]  # fmt: skip
    if "issued" in names:
        line, cost = max(run.lines.items(), key=lambda pair: pair[1].issued)
        notes.append(
            Note(
                line,
                float(cost.issued),
                f"issued {cost.issued:,} times by warps",
                "spread the work: one element a thread, or a grid-stride loop",
            )
        )
    return show(notes, source)


def show(notes: list[Note], source: str) -> list[str]:
    """The worst lines with all that is to be said of each, then each piece of advice once."""
    notes.sort(key=lambda note: (-note.weight, note.line, note.words))
    worth = [note for note in notes if note.weight >= WORTH_SAYING * notes[0].weight]
    by_line: dict[int, list[Note]] = {}
    for note in worth:
        by_line.setdefault(note.line, []).append(note)
    lines = source.splitlines()
    shown: list[str] = []
    advice: dict[str, None] = {}
    for line, here in list(by_line.items())[:LINES_SHOWN]:
        text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        words = "; ".join(dict.fromkeys(note.words for note in here))
        shown.append(f"line {line}:  {text[:60]}\n{words}")
        advice |= {f"try  {note.advice}": None for note in here}
    return shown + list(advice)


def note_site(site: Site, names: set[str]) -> list[Note]:
    """What one access has to do with the counts that are too high."""
    notes = []
    if site.space == "global" and site.requests and names & {"sectors", "requests"}:
        rate = site.sectors / site.requests
        words = (
            f"{site.kind} of {site.array}: {rate:.3g} sectors of 32 bytes a warp, "
            f"{site.sectors:,} in all"
        )
        notes.append(Note(site.line, float(site.sectors), words, advise_sectors(site)))
    if site.space == "shared" and site.requests and "bank_ways" in names:
        rate = site.ways / site.requests
        if rate > 1:
            words = (
                f"{site.kind} of {site.array}: a warp needs {rate:.3g} passes on average, "
                f"{site.worst_ways} at worst"
            )
            notes.append(
                Note(
                    site.line,
                    float(site.ways - site.requests),
                    words,
                    "threads of a warp meet in one bank: pad the row by one entry, "
                    "or let threadIdx.x run along the last axis",
                )
            )
    if site.kind == "atomic" and site.contention and "contention" in names:
        words = f"{site.worst_contention} threads of a warp on one address at worst"
        notes.append(
            Note(
                site.line,
                float(site.contention),
                words,
                "combine within the block first, in shared memory or by shuffles",
            )
        )
    return notes


def is_strided(site: Site) -> bool:
    """Whether neighbouring threads are apart, and pay for it."""
    if site.space != "global" or not site.requests or not site.stride_bytes:
        return False
    needed = max(1.0, WARP * site.item_bytes / SECTOR_BYTES)
    return site.stride_bytes > site.item_bytes and site.sectors / site.requests > needed


def name_habits(run: KernelRun) -> tuple[str, ...]:
    """How the accesses behave, for telling one inefficient kernel from another."""
    outside = [site for site in run.sites if site.space == "global"]
    stores = sum(site.requests for site in outside if site.kind == "store")
    loads = sum(site.requests for site in outside if site.kind == "load")
    habits = {
        "strided": any(is_strided(site) for site in outside),
        "storing": 4 * stores > loads > 0,
    }
    return tuple(name for name, holds in habits.items() if holds)


def advise_sectors(site: Site) -> str:
    if is_strided(site):
        return (
            f"neighbouring threads are {say_bytes(site.stride_bytes or 0)} apart: let threadIdx.x "
            "run along the last axis, in a matrix by swapping the two indices"
        )
    if site.kind == "load":
        return "each entry is fetched again and again: keep a tile in shared memory"
    return "keep the running value in a variable and store it once"


def say_bytes(count: int) -> str:
    return f"{count / 1024:g} KB" if count >= 1024 and count % 1024 == 0 else f"{count} bytes"
