"""A class: many submissions of one assignment, graded in parallel and never twice."""
