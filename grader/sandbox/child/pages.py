"""Memory in large pages: a fork copies one entry for 2 MiB of them instead of 512.

With PyTorch imported that is three quarters of the work of starting and ending a child. What
glibc's heap holds is in large pages from the start (`bubblewrap.build_command`); Python's own
arenas are smaller than a large page and are put together here, once, after the imports.
"""

from __future__ import annotations

import ctypes

LARGE = 2 << 20
_MADV_COLLAPSE = 25
"""Linux 6.1 and later; elsewhere nothing is put together."""
LEAST_SHARE = 0.75
"""Of a region that is in use: memory that nobody has touched is not to be filled."""

_libc = ctypes.CDLL(None, use_errno=True)


def put_together() -> int:
    """Put this process' own memory into large pages; returns how many.

    Cost     half a millisecond of processor time a page
    """
    count = 0
    for start, end in _find_regions():
        first = -(-start // LARGE) * LARGE
        for place in range(first, end - LARGE + 1, LARGE):
            if _libc.madvise(ctypes.c_void_p(place), ctypes.c_size_t(LARGE), _MADV_COLLAPSE):
                return count
            count += 1
    return count


def _find_regions() -> list[tuple[int, int]]:
    """Where memory that belongs to no file is large enough and nearly all in use."""
    found: list[tuple[int, int]] = []
    start = end = 0
    with open("/proc/self/smaps") as file:
        for line in file:
            words = line.split()
            if not words[0].endswith(":"):
                start, end = (int(each, 16) for each in words[0].split("-"))
                is_own = words[1].startswith("rw") and (len(words) < 6 or words[5] == "[heap]")
                if not is_own:
                    start = end = 0
            elif words[0] == "Anonymous:":
                is_in_use = int(words[1]) << 10 >= LEAST_SHARE * (end - start)
                if is_in_use and end - start >= LARGE:
                    found.append((start, end))
    return found
