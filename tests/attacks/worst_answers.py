"""The dearest written answers that anybody could think of, by the part they are handed in for."""

from __future__ import annotations

from itertools import product


def nest(before: str, after: str, depth: int, core: str) -> str:
    return before * depth + core + after * depth


def lines(each: str, count: int) -> str:
    return "\n= ".join([each] * count)


DIGITS = "123456789" * 4
TERMS = [f"k^{a}*n^{b}*d^{c}" for a, b, c in product(range(6), repeat=3)]
POLYNOMIAL = "x_3 + 2*w*x_2 + 3*w^2*x_1"

WORST: tuple[tuple[str, str], ...] = (
    ("relu-laplacian", "x^x^x^x^x^x"),
    ("relu-laplacian", "(x+w0)^(2^39)"),
    ("relu-laplacian", "+".join(f"(x+{k})^{k * 7 + 1000}" for k in range(150))),
    ("relu-laplacian", nest("exp(", ")", 40, "x")),
    ("relu-laplacian", nest("tanh(1+", ")", 40, "x")),
    ("relu-laplacian", "sum(sum(sum(exp(x*i*j*k), i, 1, 1999), j, 1, 1999), k, 1, 1999)"),
    ("relu-laplacian", "sum(exp(x*i)*sin(x*i)*tanh(x+i), i, 1, 2000)"),
    ("relu-laplacian", "prod((x+1/k)^k/(x+2/k)^k, k, 1, 500)"),
    ("relu-laplacian", nest("1/(x+", ")", 45, "2")),
    ("relu-laplacian", "*".join(f"(x+0.{k}{DIGITS})" for k in range(10, 100))),
    ("relu-laplacian", "+".join(f"abs(x-{k}/7)" for k in range(400))),
    ("relu-laplacian", nest("max(2*x,", "+1)", 45, "x")),
    ("relu-laplacian", nest("floor(x*17/3+", ")", 45, "x")),
    ("relu-laplacian", "+".join(f"factorial({k})" for k in range(400, 500))),
    ("relu-laplacian", nest("d/dx (", ")", 20, "exp(x*sin(x))*tanh(x)")),
    ("relu-laplacian", f"([{','.join(['[' + ','.join(['x'] * 20) + ']'] * 20)}])^50"),
    ("relu-laplacian", "[" * 2000 + "]" * 2000),
    ("relu-laplacian", r"\frac{" * 300 + "x" + "}{2}" * 300),
    ("relu-laplacian", r"\begin{cases}" + r"x & x>0 \\ " * 400 + r"\end{cases}"),
    ("relu-laplacian", r"\sum_{i=1}^{1000}\sum_{j=1}^{1000}\exp(i j x)"),
    ("relu-laplacian", "the answer is " * 550 + "x"),
    ("relu-laplacian", "|" * 500 + "x" + "|" * 500),
    ("relu-laplacian", "x" + "²" * 3000),
    ("relu-laplacian", nest("log(10+", ")", 45, "x")),
    ("relu-laplacian", nest("E[", "]", 30, "x")),
    ("attn-rnn-chain", nest("g[", "+1]", 40, "T")),
    ("attn-rnn-chain", "sum(sum(g[t]*J[s]*g[t+s]*J[t*s], t, T, N*100), s, T, N*100)"),
    ("bptt-dh3-dw", lines(POLYNOMIAL, 250)),
    ("bptt-dh3-dw", lines(f"({POLYNOMIAL})*(1+w/7)^500/(1+w/7)^500", 80)),
    ("net-identity", f"w0: [{','.join(['1', '-1'] * 900)}]\nw1: [{','.join(['1', '-1'] * 900)}]"),
    ("net-hat", f"w0: [{','.join(['1'] * 120)}]\nb0: [{','.join(map(str, range(120)))}]\n"
                f"w1: [{','.join(['1'] * 120)}]"),
    ("net-affine", f"w0: [{','.join(f'(m+{k})^500/(b+{k})^500' for k in range(50))}]\n"
                   f"b0: [{','.join(['b'] * 50)}]\nw1: [{','.join(['m'] * 50)}]"),
    ("attn-pick-two", "[m^(10^9), m^m^m, 2^2^2^2^2^m, 0]"),
    ("lowrank-cost", f"O({nest('log(', ')', 40, 'n')}+{'*'.join(['log(n*k*d)'] * 200)})"),
    ("lowrank-cost", "O(n^n^n^n^k^d + 2^(2^(2^n)))"),
    ("lowrank-cost", f"O({'+'.join(TERMS)})"),
    ("square-exact", "not " * 1900 + "exact"),
    ("square-exact", "-" * 7900),
    ("square-exact", "a: " * 2600),
    ("attn-alpha-range", "infinite: " * 700),
)  # fmt: skip
