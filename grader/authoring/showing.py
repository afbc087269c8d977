"""Certificates as lines that an author reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.authoring.certificate import Certificate, MutantReport, ProblemCertificate

MOST_SHOWN = 12
"""Survivors of one part: one check catches several, so the rest are shown the next time."""


def show_certificate(certificate: Certificate, *, verbose: bool = False) -> Iterator[str]:
    """One line where everything holds; below it whatever does not."""
    mark = "✓" if certificate.is_proved else "✗"
    held = sum(claim.holds for claim in certificate.claims)
    facts = [f"{held} of {len(certificate.claims)} claims"]
    score = certificate.mutation_score
    if score is not None:
        total = certificate.count("caught") + certificate.count("survived")
        facts.append(f"mutants {certificate.count('caught')}/{total} ({score:.0%})")
    explained = certificate.count_explained()
    if explained:
        facts.append(f"{explained} equal by rule")
    if certificate.count("equal") > explained:
        facts.append(f"{certificate.count('equal') - explained} probably equal")
    if certificate.count("waived"):
        facts.append(f"{certificate.count('waived')} waived")
    if certificate.grading_s:
        facts.append(f"graded in {certificate.grading_s:.2f} s")
    yield f"  {mark} {certificate.part}  {certificate.kind}, {'; '.join(facts)}"
    for claim in certificate.claims:
        if not claim.holds or verbose:
            words = f": {claim.words}" if claim.words else ""
            yield f"      {'✓' if claim.holds else '✗'} {claim.name}{words}"
    shown = ("survived", "equal", "waived") if verbose else ("survived",)
    chosen = [mutant for mutant in certificate.mutants if mutant.fate in shown]
    most = len(chosen) if verbose else MOST_SHOWN
    for mutant in chosen[:most]:
        yield from _show_mutant(mutant)
    if len(chosen) > most:
        yield f"      and {len(chosen) - most} more survive"


def _show_mutant(mutant: MutantReport) -> Iterator[str]:
    yield f"      {mutant.fate}: {mutant.name}"
    for line in mutant.diff.splitlines():
        yield f"          {line[:1]} {line[1:].strip()}"
    if mutant.advice:
        label = {"survived": "try", "equal": "note", "waived": "why"}[mutant.fate]
        yield f"          {label}: {mutant.advice}"


def show_total(problems: Sequence[ProblemCertificate]) -> Iterator[str]:
    """The sum over everything that was checked."""
    parts = [part for problem in problems for part in problem.parts]
    caught = sum(part.count("caught") for part in parts)
    total = caught + sum(part.count("survived") for part in parts)
    proved = sum(problem.is_proved for problem in problems)
    words = f"{proved} of {len(problems)} problems proved, {len(parts)} parts"
    if total:
        words += f"; mutants {caught}/{total} caught ({caught / total:.1%})"
    explained = sum(part.count_explained() for part in parts)
    waived = sum(part.count("waived") for part in parts)
    unexplained = sum(part.count("equal") for part in parts) - explained
    if explained + waived + unexplained:
        words += f"; {explained} equal by rule, {waived} waived, {unexplained} probably equal"
    yield words
