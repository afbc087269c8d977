"""The marking page, over HTTP from one real server, without JavaScript."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployments import Deployment
from essays import Essays
from school import Class
from sqlalchemy import delete
from web_site import Browser, read_text

from grader.store.database import Store, name_sqlite
from grader.store.schema import (
    CheckOutcome,
    GradingRun,
    PartOutcome,
    Regrade,
    Role,
    RubricMark,
    Standing,
    Submission,
)

MARKING = "/courses/dl/assignments/quick/marking"
ITEMS = {"points:Layers build on one another.": "1", "points:Functions are composed.": "2"}
PEOPLE = ["ada", "bo", "cy"]


@pytest.fixture(scope="module")
def service(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(sqlite_template, folder / "grade.db")
    store = Store(name_sqlite(folder / "grade.db"))
    klass = Class(store)
    with store.write() as session:
        for name in PEOPLE:
            klass.add(session, name, Role.STUDENT)
    deployment = Deployment(store.url, folder, klass, slots=1)
    # Nothing that is handed in here waits for the service's own grading.
    Essays(klass)
    deployment.start()
    yield deployment
    deployment.stop()
    store.close()


@pytest.fixture
def essays(service: Deployment) -> Essays:
    tables = (RubricMark, CheckOutcome, PartOutcome, Standing, GradingRun, Regrade, Submission)
    with service.store.write() as session:
        for table in tables:
            session.execute(delete(table))
    return Essays(service.klass)


def find_answer(page: str) -> str:
    """What the marker reads."""
    found = re.search(r'<pre class="output"[^>]*>([^<]*)</pre>', page)
    return found[1] if found else ""


def find_link(page: str, mark: str) -> str:
    found = re.search(rf"<a ([^>]*{mark}[^>]*)>", page)
    assert found, f"no link {mark}"
    address = re.search(r'href="([^"]+)"', found[1])
    assert address
    return address[1].replace("&amp;", "&")


def find_seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found
    return found[1]


def test_two_markers_of_one_answer_learn_of_one_another(
    service: Deployment, essays: Essays
) -> None:
    number = essays.hand_in("ada", why="Words.")
    one, two = Browser(service).sign_in("grader"), Browser(service).sign_in("instructor")
    seen = find_seen(two.get(MARKING))
    saved = one.post(
        f"{MARKING}/{number}/why", MARKING, data=ITEMS, seen=seen, comment="See chapter 4."
    )
    assert saved.status_code == 303
    mine = dict.fromkeys(ITEMS, "0") | {"comment": "Not enough."}
    refused = two.post(f"{MARKING}/{number}/why", MARKING, data=mine, seen=seen)
    assert refused.status_code == 409
    said = read_text(refused.text)
    assert "Somebody marked this answer while you had it open" in said
    assert "Grader" in said
    assert "Functions are composed. 2" in said
    assert "See chapter 4." in said
    assert "Not enough." in refused.text
    assert refused.text.count('value="0.0" checked') == 2
    assert essays.score("ada") == (4 + 3, 0)
    anyway = two.post(f"{MARKING}/{number}/why", MARKING, data=mine, seen=find_seen(refused.text))
    assert anyway.status_code == 303
    assert essays.score("ada") == (4, 0)
    shown = read_text(one.get(f"{MARKING}?at={number}"))
    assert "Marked by Instructor" in shown


def test_an_answer_that_is_half_marked_stays_and_says_so(
    service: Deployment, essays: Essays
) -> None:
    number = essays.hand_in("ada", why="Words.")
    grader = Browser(service).sign_in("grader")
    half = dict([next(iter(ITEMS.items()))])
    assert grader.post(f"{MARKING}/{number}/why", MARKING, data=half).status_code == 303
    said = read_text(grader.get(MARKING))
    assert "1 of 1 answer waits" in said
    assert "1 of 2 items marked" in said


def test_the_marker_goes_on_to_the_next_and_back_to_the_last(
    service: Deployment, essays: Essays
) -> None:
    first, second, third = (essays.hand_in(name, why=f"By {name}.") for name in PEOPLE)
    grader = Browser(service).sign_in("grader")
    page = grader.get(find_link(grader.get(MARKING), "rel=.next."))
    assert find_answer(page) == "By bo."
    saved = grader.post(f"{MARKING}/{second}/why", MARKING, data=ITEMS)
    after = grader.get(saved.headers["location"])
    assert find_answer(after) == "By cy."
    assert find_answer(grader.get(find_link(after, "data-last"))) == "By bo."
    saved = grader.post(f"{MARKING}/{third}/why", MARKING, data=ITEMS)
    # The skipped ones are not forgotten.
    assert find_answer(grader.get(saved.headers["location"])) == "By ada."
    saved = grader.post(f"{MARKING}/{first}/why", MARKING, data=ITEMS)
    done = grader.get(saved.headers["location"])
    assert "Everything is marked." in read_text(done)
    assert find_answer(grader.get(find_link(done, "data-last"))) == "By ada."


def test_next_goes_through_all_parts(service: Deployment, essays: Essays) -> None:
    essays.ask(why={"Deep.": 1}, how={"Well.": 1})
    for name in ("ada", "bo"):
        essays.hand_in(name, why=f"Why {name}.", how=f"How {name}.")
    grader = Browser(service).sign_in("grader")
    page = grader.get(f"{MARKING}?all=true")
    seen = [find_answer(page)]
    while 'rel="next"' in page:
        page = grader.get(find_link(page, "rel=.next."))
        seen.append(find_answer(page))
    assert seen == ["Why ada.", "Why bo.", "How ada.", "How bo."]
    assert "Answer 4 of 4" in read_text(page)
    assert find_answer(grader.get(find_link(page, "rel=.previous."))) == "How ada."


def test_what_was_refused_stays_filled_in_and_can_be_loaded_again(
    service: Deployment, essays: Essays
) -> None:
    number = essays.hand_in("ada", why="Words.")
    grader = Browser(service).sign_in("grader")
    first, second = ITEMS
    typed = {first: "1", second.replace("points", "typed"): "7", "comment": "Kept."}
    refused = grader.post(f"{MARKING}/{number}/why", MARKING, data=typed)
    assert refused.status_code == 422
    assert "7 points are not between 0 and 2 for 'Functions are composed.'" in read_text(
        refused.text
    )
    assert 'value="1.0" checked' in refused.text
    assert 'value="7"' in refused.text
    assert "Kept." in refused.text
    again = grader.http.get(f"{MARKING}/{number}/why")
    assert again.status_code == 303
    assert find_answer(grader.get(again.headers["location"])) == "Words."
    assert essays.count_marks(number) == 0


def test_a_submission_that_does_not_count_is_opened_and_said_so(
    service: Deployment, essays: Essays
) -> None:
    first = essays.hand_in("ada", why="The first.")
    essays.hand_in("ada", why="The second.")
    grader = Browser(service).sign_in("grader")
    assert find_answer(grader.get(MARKING)) == "The second."
    review = grader.get(f"/submissions/{first}/review")
    address = re.search(r'href="([^"]*/marking[?]at=[^"]*)"', review)
    assert address
    page = grader.get(address[1].replace("&amp;", "&"))
    assert find_answer(page) == "The first."
    assert "Another submission counts, whatever is given here." in read_text(page)
    nothing = read_text(grader.get(f"{MARKING}?at={first + 1000}"))
    assert "That submission has nothing here for a person to mark." in nothing


def test_points_of_another_submission_are_told_and_filled_in_again(
    service: Deployment, essays: Essays
) -> None:
    first = essays.hand_in("ada", why="The first.")
    grader = Browser(service).sign_in("grader")
    grader.post(f"{MARKING}/{first}/why", MARKING, data=ITEMS, comment="See chapter 4.")
    essays.hand_in("ada", why="The first, and a bit.")
    page = grader.get(MARKING)
    assert find_answer(page) == "The first, and a bit."
    said = read_text(page)
    assert "Submission 1 of the same student was marked, by Grader" in said
    assert "checked" not in page
    filled = grader.get(find_link(page, "data-reuse"))
    assert filled.count("checked") == 2
    assert "See chapter 4.</textarea>" in filled
    assert "not saved yet" in read_text(filled)
    assert essays.score("ada") == (4, 3)


def test_a_mark_that_was_carried_over_says_where_from(service: Deployment, essays: Essays) -> None:
    first = essays.hand_in("ada", depth=1, why="The same.")
    essays.mark(first, Layers=1, Functions=2)
    second = essays.hand_in("ada", depth=2, why="The same.")
    grader = Browser(service).sign_in("grader")
    assert "Everything is marked." in read_text(grader.get(MARKING))
    said = read_text(grader.get(f"{MARKING}?at={second}"))
    assert "carried over from submission 1, whose answer is the same" in said
    student = Browser(service).sign_in("ada")
    assert "carried over from submission 1" in read_text(student.get(f"/submissions/{second}"))


def test_a_dry_run_tells_how_many_marks_would_be_lost(service: Deployment, essays: Essays) -> None:
    number = essays.hand_in("ada", why="Words.")
    essays.mark(number, Layers=1, Functions=2)
    version = essays.ask(is_current=False, why={"It is deep.": 3})
    essays.regrade(version, is_published=False)
    with service.store.read() as session:
        regrade_id = session.query(Regrade.id).scalar()
    instructor = Browser(service).sign_in("instructor")
    said = read_text(instructor.get(f"{MARKING.replace('marking', 'regrades')}/{regrade_id}"))
    assert "2 marks by hand would be lost" in said
    assert essays.score("ada") == (4 + 3, 0)
