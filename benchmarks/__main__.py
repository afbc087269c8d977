"""`make bench`: every benchmark, one table after another. Ratios, never pass or fail."""

from __future__ import annotations

from importlib import import_module

BENCHMARKS = ("cold_start", "isolated_call", "kernels", "maths", "soak")


def main() -> None:
    for name in BENCHMARKS:
        import_module(f"benchmarks.{name}").main()


main()
