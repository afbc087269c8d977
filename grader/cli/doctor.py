"""`grade doctor`: what works on this machine, and how to get the rest."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import click

from grader.cli import GRADED, OUR_FAULT
from grader.errors import NoIsolation

PACKAGES = ("fairmark", "torch", "numpy", "sympy", "numba", "pydantic")


@click.command("doctor")
def command() -> int:
    """Try the sandbox with code that attempts to break out, and list versions and devices."""
    for name, found in _describe_machine():
        click.echo(f"  {name:<12} {found}")
    refusal = ""
    try:
        click.echo(f"  {'isolation':<12} {_describe_isolation()}")
    except NoIsolation as trouble:
        refusal = str(trouble)
        click.echo(f"  {'isolation':<12} none: nothing of a student is run here")
    click.echo(f"  {'limits':<12} {_describe_limits()}")
    for name, found in _try_other_tiers():
        click.echo(f"  {name:<12} {found}")
    if not refusal:
        return GRADED
    from grader.sandbox.remedies import find_remedies

    for line in find_remedies():
        click.echo(f"  {'remedy':<12} {line}")
    click.echo(f"grade: {refusal}", err=True)
    return OUR_FAULT


def _describe_isolation() -> str:
    from grader.sandbox.canary import ATTEMPTS
    from grader.sandbox.pool import Sandbox
    from grader.sandbox.tiers import ABOUT

    with Sandbox() as sandbox:
        sandbox.prove()
        about = ABOUT[sandbox.tier]
        return f"{sandbox.tier}: {about}; a canary tried {ATTEMPTS} ways out and none worked"


def _describe_limits() -> str:
    from grader.sandbox.cgroups import ADVICE, find_lent

    lent = find_lent()
    if lent is None:
        return f"each process' own; for control groups: {ADVICE}"
    return f"each process' own, and {lent}"


def _try_other_tiers() -> Iterator[tuple[str, str]]:
    """Those that are only taken when somebody asks for them, and how to."""
    from grader.sandbox.pool import Sandbox
    from grader.sandbox.tiers import ABOUT, ASKED_FOR

    for tier, how in ASKED_FOR.items():
        try:
            with Sandbox(tiers=[tier]) as sandbox:
                sandbox.prove()
            found = "would hold"
        except NoIsolation as refusal:
            found = f"would not hold: {refusal}"
        yield str(tier), f"{found}; {ABOUT[tier]}; {how}"


def _describe_machine() -> Iterator[tuple[str, str]]:
    yield "python", f"{platform.python_version()} ({sys.executable})"
    yield "system", f"{platform.system()} {platform.release()} on {platform.machine()}"
    yield "cores", str(len(os.sched_getaffinity(0)))
    for name in PACKAGES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed: pip install fairmark"
    yield "bubblewrap", _describe_bubblewrap()
    yield "gpu", _describe_gpu()


def _describe_bubblewrap() -> str:
    path = shutil.which("bwrap")
    if path is None:
        return "not installed: apt-get install bubblewrap"
    try:
        shown = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"{path} does not run: {problem}"
    return f"{shown.stdout.strip().removeprefix('bubblewrap ')} ({path})"


def _describe_gpu() -> str:
    path = shutil.which("nvidia-smi")
    if path is None:
        return "none: kernels are graded by interpretation; timing checks stay open"
    query = [path, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        shown = subprocess.run(query, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"nvidia-smi does not answer: {problem}"
    return shown.stdout.strip() or "none found by nvidia-smi"
