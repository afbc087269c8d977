"""References of `problems/hw5/filters.yaml`: what filters by hand must do."""

from __future__ import annotations

Filter = list[list[float]]

ROUNDING = 1e-3
"""Of the largest entry: three digits of a rounded decimal are enough to mean a sum of 0."""


def finds_vertical_edges(k: Filter) -> dict[str, object]:
    """Whether a filter answers to edges between columns and to nothing that columns share.

    Shapes   k: (3, 3).
    Source   an image that changes only from row to row meets each row's sum; an edge between
             two columns meets sums of columns.
    Cost     eighteen additions.
    """
    slack = ROUNDING * max(abs(entry) for row in k for entry in row)
    rows = [sum(row) for row in k]
    columns = [sum(row[c] for row in k) for c in range(3)]
    if abs(sum(rows)) > slack:
        return {
            "holds": False,
            "inputs": {"image": [[1, 1, 1]] * 3},
            "saw": f"{sum(rows):.6g} where the image is flat",
            "expected": "0",
        }
    if any(abs(row) > slack for row in rows):
        image = [[1 if r <= i else 0] * 3 for i in range(3) for r in (_first(rows, slack),)]
        answer = sum(rows[i] * image[i][0] for i in range(3))
        return {
            "holds": False,
            "inputs": {"image": image},
            "saw": f"{answer:.6g} at an edge between rows",
            "expected": "0",
        }
    if all(abs(column) <= slack for column in columns):
        return {
            "holds": False,
            "inputs": {"image": [[0, 1, 1]] * 3},
            "saw": "0 at an edge between columns",
            "expected": "another number",
        }
    return {"holds": True}


def _first(rows: list[float], slack: float) -> int:
    """The edge below which the sums of rows don't cancel."""
    return next(r for r in (1, 2) if abs(sum(rows[r:])) > slack)


SUM_SLACK = 0.0101
"""The prompt's 0.01, and what floats add to it."""


def blurs(k: Filter) -> dict[str, object]:
    """Whether a filter takes a weighted mean of at least two neighbours.

    Shapes   k: (3, 3).
    Source   the three conditions of the prompt.
    Cost     nine additions.
    """
    entries = [entry for row in k for entry in row]
    if min(entries) < 0:
        return {
            "holds": False,
            "saw": f"an entry of {min(entries):.6g}",
            "expected": "none below 0",
        }
    if abs(sum(entries) - 1) > SUM_SLACK:
        return {"holds": False, "saw": f"a sum of {sum(entries):.6g}", "expected": "a sum of 1"}
    if max(entries) > 0.99:
        return {"holds": False, "saw": "one entry alone", "expected": "a mean of several entries"}
    return {"holds": True}
