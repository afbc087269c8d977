"""Other programs' formats: each a pure function of a report that is already filtered."""
