"""A list of people is read as it is pasted."""

from __future__ import annotations

import pytest

from grader.errors import UsageError
from grader.service.web.pasted import Pasted, read_people

ADA = Pasted("ada@example.edu", "Ada", "B", "U1")


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.edu, Ada, B, U1",
        "ADA@example.edu;Ada;B;U1;",
        "ada@example.edu\tAda\tB\tU1\n\n",
        "email,name,section,number\nada@example.edu,Ada,B,U1",
        "SIS User ID;Section;Paid;E-mail;Name\nU1;B;yes;ada@example.edu;Ada",
        "First name\tEmail\tGroup\tID number\nAda\tada@example.edu\tB\tU1",
        "Ada <ada@example.edu>, B, U1",
        '"Ada" <ada@example.edu>; B; U1',
        "Ada, ada@example.edu, B, U1",
    ],
    ids=str,
)
def test_any_of_these_is_the_same_person(text: str) -> None:
    assert read_people(text) == [ADA]


def test_a_name_with_a_comma_is_one() -> None:
    for line in ('"Doe, Jane",j@x.edu', "Doe, Jane <j@x.edu>", 'j@x.edu,"Doe, Jane"'):
        assert read_people(line) == [Pasted("j@x.edu", "Doe, Jane")]


def test_addresses_of_a_mail_program_stand_in_one_line() -> None:
    assert read_people("Ada <a@x.edu>; Bo <b@x.edu>; c@x.edu") == [
        Pasted("a@x.edu", "Ada"), Pasted("b@x.edu", "Bo"), Pasted("c@x.edu"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ada", "line 1: 'ada' is no address"),
        ("a@x.edu\nb@@x.edu", "line 2: 'b@@x.edu' is no address"),
        ("a@x.edu\nname", "line 2"),
        ("Name, Section\nAda, B", "line 1: no column is called email"),
        ("email,name\n", "write from 1 to 500 people"),
    ],
)
def test_what_is_no_list_of_people_is_refused_by_its_line(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_people(text)
