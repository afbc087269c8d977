"""`grade curve`: how a kernel's cost grows with its size, beside the reference's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli import GRADED, NOTHING_TO_GRADE
from grader.cli.options import assignment_option, course_option

if TYPE_CHECKING:
    from grader.kernels.source import Program
    from grader.kinds.kernel_runs import Candidate
    from grader.report.models import ChartReport
    from grader.spec.kernel_part import KernelPart
    from grader.spec.loaded import LoadedAssignment
    from grader.verdicts import Chart


@click.command("curve")
@click.argument("target", metavar="PART")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to draw it: .svg, or .png with the extra [png].  [default: PART-curve.svg]",
)
@assignment_option
@course_option
def command(
    target: str, path: Path, output: Path | None, assignment: str | None, course: Path | None
) -> int:
    """Draw what a kernel costs against its size, on logarithmic axes.

    \b
    grade curve hw4/matmul submissions/hw4/sample
    grade curve hw4/matmul hw4/ -o matmul.png

    Where there is a GPU, by time. Everywhere by work, counted as for the verdict on a few blocks of
    each launch, the same on every machine: statements that warps issue, and 32-byte sectors of
    global memory. The slope is a least-squares fit of log cost on log size.
    """
    from grader.cli.finding import find_assignment

    before, _, part_id = target.rpartition("/")
    found, assignment_id = find_assignment(path, assignment or before or None, course)
    loaded = found.load(assignment_id)
    charts = _count(loaded, part_id, path)
    if charts is None:
        return NOTHING_TO_GRADE
    reported = _report(charts)
    where = output or Path(f"{part_id}-curve.svg")
    _write(reported, where)
    for line in _list_slopes(reported):
        click.echo(line)
    click.echo(f"drawn: {where}")
    return GRADED


def _count(loaded: LoadedAssignment, part_id: str, path: Path) -> tuple[Chart, ...] | None:
    """The charts of a submission's kernel; None, and a line that says why, without one.

    Errors   UsageError for a part that no kernel answers, or that isn't judged by its counts.
    """
    from grader.errors import BrokenReference, UsageError
    from grader.kernels.apart.interpreter import interpret_apart
    from grader.kernels.refusals import Refusal
    from grader.kernels.source import read_program
    from grader.kinds.handing_in import name_function
    from grader.kinds.kernel_curves import draw_charts, find_refusal
    from grader.kinds.kernel_runs import Candidate
    from grader.spec.kernel_part import KernelPart
    from grader.submission import read_submission

    problem, part = loaded.find_part(part_id)
    if not isinstance(part, KernelPart) or part.efficient is None:
        raise UsageError(f"{part_id} is no kernel whose work is counted; nothing to draw")
    name = name_function(part, part_id)
    source = read_submission(path).find_function(name)
    if source is None:
        click.echo(f"grade: no kernel `{name}` in {path}", err=True)
        return None
    program, reference = read_program(source.text), read_program(problem.reference)
    if isinstance(reference, Refusal):
        raise BrokenReference(f"line {reference.line} of the reference: {reference}")
    refusal = program if isinstance(program, Refusal) else None
    if not isinstance(program, Refusal):
        student = Candidate(program=program, name=name, interpret=interpret_apart)
        refusal = find_refusal(part, student)
    if refusal is not None:
        place = f"{source.name}:{refusal.line}:{refusal.column}"
        click.echo(f"grade: {place}: cannot be drawn: {refusal}", err=True)
        return None
    return (*_time(part, part_id, reference, student), *draw_charts(part, reference, student))


def _time(
    part: KernelPart, part_id: str, reference: Program, student: Candidate
) -> tuple[Chart, ...]:
    """A chart of times, where there is a GPU that can be used; else none, and why not.

    Errors   NoIsolation where there is a GPU and the sandbox doesn't hold.
    """
    from grader.kernels.refusals import Refused
    from grader.kinds.kernel_curves import draw_time_chart, list_curve_sizes
    from grader.kinds.kernel_timing import ask_for_times, find_missing
    from grader.kinds.kernel_values import is_sound
    from grader.sandbox.pool import Sandbox

    missing = find_missing()
    if not missing and not is_sound(part, part_id, student, reference):
        missing = "the kernel is not right and safe yet"
    if missing:
        click.echo(f"by counted work, not by time: {missing}\n")
        return ()
    sizes = list_curve_sizes(part)
    try:
        with Sandbox() as sandbox:
            found, complaint = ask_for_times(part, reference.text, student, sizes, sandbox)
    except Refused as refused:
        found, complaint = None, str(refused)
    if found is None:
        click.echo(f"by counted work: the GPU could not be used: {complaint}\n", err=True)
        return ()
    return (draw_time_chart(part, found),)


def _report(charts: tuple[Chart, ...]) -> tuple[ChartReport, ...]:
    from grader.report.build import report_chart

    return tuple(report_chart(chart) for chart in charts)


def _write(charts: tuple[ChartReport, ...], where: Path) -> None:
    from grader.errors import UsageError
    from grader.report.charts import draw_file
    from grader.report.writing import write_report

    if where.suffix == ".svg":
        write_report(draw_file(charts), where)
    elif where.suffix == ".png":
        where.write_bytes(_paint(draw_file(charts, plain=True)))
    else:
        raise UsageError(f"{where}: a chart is drawn as .svg or .png")


def _paint(drawing: str) -> bytes:
    """A PNG of twice the drawing's size, in light colours."""
    from importlib import import_module
    from importlib.util import find_spec

    from grader.errors import UsageError

    if find_spec("resvg_py") is None:
        raise UsageError("PNG needs the optional extra: pip install 'fairmark[png]'; or use .svg")
    resvg: Any = import_module("resvg_py")
    return bytes(resvg.svg_to_bytes(svg_string=drawing, zoom=2))


def _list_slopes(charts: tuple[ChartReport, ...]) -> list[str]:
    """A table a chart: each curve, its cost at the largest size, and its slope."""
    lines = []
    for chart in charts:
        at = f"{chart.size_name} = {chart.sizes[-1]}"
        lines.append(f"{chart.title.lower():<36} {at:>20} {'slope':>8}")
        for curve in chart.curves:
            cost = f"{curve.costs[-1]:,.0f}" if curve.costs[-1] else "stopped"
            slope = "–" if curve.slope is None else f"{curve.slope:.2f}"
            lines.append(f"  {curve.name:<34} {cost:>20} {slope:>8}")
        lines.append("")
    return lines
