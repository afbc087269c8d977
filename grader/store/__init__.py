"""What a course keeps: people, submissions, gradings, marks; in SQLite or PostgreSQL.

SQL lives here and nowhere else. A module is one thing that is kept; its functions take a
session, which `database.Store` opens.
"""
