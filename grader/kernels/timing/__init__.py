"""Timing on a GPU: interleaved rounds, ratios with intervals, and when nothing can be said.

Everything but `gpu` runs without a GPU; `child` runs in a process of its own.
"""
