"""Many problems proved, in as many processes as there are cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path

from grader.authoring.certificate import ProblemCertificate
from grader.authoring.drawing import FIRST, prove_draws
from grader.authoring.proving import Watcher, prove_problem
from grader.authoring.rehearsing import SECRET, answer_earlier
from grader.authoring.remembering import name_proof, recall, remember
from grader.errors import InstructorError, SpecError
from grader.expected import ExpectedValues
from grader.sandbox.pool import Sandbox
from grader.spec.loaded import LoadedAssignment, LoadedProblem
from grader.spec.loading import Course
from grader.spec.personal import personalise

Chosen = Mapping[str, Sequence[str]]
"""Stems of problem files, by assignment."""


def check_problems(
    course: Course, chosen: Chosen, watcher: Watcher, *, fresh: bool = False, jobs: int = 0
) -> Iterator[ProblemCertificate]:
    """A certificate for each problem as it comes; what has not changed is not proved again.

    Errors   NoIsolation when nothing can be run on this machine.
    """
    waiting: list[tuple[str, str]] = []
    for assignment_id, stems in chosen.items():
        loaded = _load(course, assignment_id)
        if isinstance(loaded, ProblemCertificate):
            yield loaded
            continue
        for problem in loaded.problems:
            if problem.path.stem in stems:
                known = None if fresh else recall(name_proof(loaded, problem))
                if known is not None:
                    yield known
                else:
                    waiting.append((assignment_id, problem.path.stem))
    jobs = min(jobs or len(os.sched_getaffinity(0)), len(waiting))
    if jobs > 1:
        yield from _prove_apart(course.root, waiting, jobs)
    elif waiting:
        with Sandbox() as sandbox:
            yield from (_prove(course, *each, sandbox, watcher) for each in waiting)


def _load(course: Course, assignment_id: str) -> LoadedAssignment | ProblemCertificate:
    try:
        return course.load(assignment_id)
    except SpecError as error:
        return ProblemCertificate(problem=assignment_id, faults=tuple(map(str, error.faults)))


def _prove(
    course: Course, assignment_id: str, stem: str, sandbox: Sandbox, watcher: Watcher
) -> ProblemCertificate:
    base = course.load(assignment_id)
    key = name_proof(base, _find(base, stem))
    try:
        loaded = personalise(base, FIRST, SECRET)
        problem = _find(loaded, stem)
        earlier = answer_earlier(loaded, sandbox, ExpectedValues(None))
        certificate = prove_problem(loaded, problem, sandbox, earlier, watcher)
        if problem.params:
            certificate = prove_draws(base, certificate, sandbox)
    except SpecError as error:
        return ProblemCertificate(problem=f"{base.id}/{stem}", faults=tuple(map(str, error.faults)))
    except InstructorError as broken:
        return ProblemCertificate(problem=f"{base.id}/{stem}", faults=(str(broken),))
    remember(key, certificate)
    return certificate


def _find(loaded: LoadedAssignment, stem: str) -> LoadedProblem:
    return next(each for each in loaded.problems if each.path.stem == stem)


def _prove_apart(
    root: Path, waiting: Sequence[tuple[str, str]], jobs: int
) -> Iterator[ProblemCertificate]:
    """In processes of their own: formulas and kernels are compared in Python, a core at a time."""
    with ProcessPoolExecutor(jobs, get_context("spawn"), _open_sandbox) as pool:
        futures: list[Future[ProblemCertificate]] = [
            pool.submit(_prove_here, root, assignment_id, stem) for assignment_id, stem in waiting
        ]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_sandboxes: list[Sandbox] = []


def _open_sandbox() -> None:
    """One for all the problems that this process proves: its workers stay warm."""
    sandbox = Sandbox(slots=1)
    Finalize(None, sandbox.close, exitpriority=10)
    _sandboxes.append(sandbox)


def _prove_here(root: Path, assignment_id: str, stem: str) -> ProblemCertificate:
    return _prove(Course(root), assignment_id, stem, _sandboxes[0], _Silence())


class _Silence:
    """Nobody listens in a process of its own."""

    trying: Callable[..., None] = staticmethod(lambda *_: None)
    proved: Callable[..., None] = staticmethod(lambda *_: None)
