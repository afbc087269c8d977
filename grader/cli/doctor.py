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
from grader.sandbox.canary import ATTEMPTS

PACKAGES = ("fairmark", "torch", "numpy", "sympy", "numba", "pydantic")


@click.command("doctor")
def command() -> int:
    """Try the sandbox with code that attempts to break out, and list versions and devices."""
    for name, found in _describe_machine():
        click.echo(f"  {name:<12} {found}")
    refusal = try_isolation()
    if refusal:
        click.echo(f"  {'isolation':<12} none")
        click.echo(f"grade: {refusal}", err=True)
        return OUR_FAULT
    click.echo(f"  {'isolation':<12} full: a canary tried {ATTEMPTS} ways out and none worked")
    return GRADED


def try_isolation() -> str:
    """The reason why student code can't be isolated here; empty when it can."""
    from grader.sandbox.pool import Sandbox

    try:
        with Sandbox() as sandbox:
            sandbox.prove()
    except NoIsolation as refusal:
        return str(refusal)
    return ""


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
