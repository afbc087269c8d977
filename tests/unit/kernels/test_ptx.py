"""Facts read off PTX."""

from __future__ import annotations

from grader.kernels.ptx import read_ptx


def test_ptx_facts_are_read_off_the_text() -> None:
    text = """
    .shared .align 4 .b8 tile[1024];
    ld.global.f32 %f1, [%rd1];
    st.shared.f32 [%r1], %f1;
    bar.sync 0;
    ld.shared.f32 %f2, [%r2];
    fma.rn.ftz.f32 %f3, %f1, %f2, %f3;
    fma.rn.f64 %fd1, %fd2, %fd3, %fd1;
    st.global.f32 [%rd2], %f3;
    """

    facts = read_ptx(text, (9, 0))

    assert (facts.global_loads, facts.global_stores) == (1, 1)
    assert (facts.shared_loads, facts.shared_stores, facts.barriers) == (1, 1, 1)
    assert (facts.fp64, facts.fused, facts.shared_bytes, facts.local_bytes) == (1, 1, 1024, 0)
