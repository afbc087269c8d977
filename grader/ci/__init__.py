"""Grading in CI: a student's commit read as data, the course's problems from elsewhere."""
