"""What hardware allows, and what the interpreter may spend on one launch."""

from __future__ import annotations

from dataclasses import dataclass

WARP = 32
SECTOR_BYTES = 32
BANKS = 32
BANK_BYTES = 4

MAX_SOURCE_BYTES = 64 * 1024
# Python's own parser gives up at about 100 nested brackets; deeper source is nobody's kernel.
MAX_NESTING = 60
# Loop bodies are typed twice a level until types settle, so depth costs 2 to its power.
MAX_LOOP_DEPTH = 8
MAX_CALL_DEPTH = 16
# Nodes typed for one launch, repeats included: half a second.
MAX_TYPED_NODES = 25_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """Limits of one launch, the same on every GPU since compute capability 5.0."""

    threads_per_block: int = 1024
    block_dims: tuple[int, int, int] = (1024, 1024, 64)
    grid_dims: tuple[int, int, int] = (2**31 - 1, 65535, 65535)
    static_shared_bytes: int = 48 * 1024
    dynamic_shared_bytes: int = 48 * 1024
    local_bytes_per_thread: int = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one launch may cost here.

    Units    `work` is a count, the same on every machine: a unit is one cheap NumPy call, or
             what 1024 lanes add to it, about 1 microsecond. `time_s` is processor time, which
             other work on the machine does not use up, and only guards against a machine far
             slower than any measured.
    """

    work: int = 600_000
    memory_mib: int = 256
    time_s: float = 30
