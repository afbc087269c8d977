"""A problem as students will see it, with a box to try answers in."""
