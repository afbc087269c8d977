"""Sources made to cost whoever judges them, and how each must end; at a full budget in a second."""

from __future__ import annotations

from builders import kernel


def wrap(*lines: str) -> str:
    return kernel("a", *lines)


def device(name: str, parameters: str, *lines: str) -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"@cuda.jit(device=True)\ndef {name}({parameters}):\n{body}"


REFUSED = {
    "tuples that double": wrap("t = (1, 2)", *["t = t + t"] * 25, "a[0] = 1"),
    "tuples of twice themselves": wrap("t = (1,)", *["t = (t, t)"] * 30, "a[0] = 1"),
    "two such tuples, unified": wrap(
        "t = (1, 2)", "u = (1, 2)", *["t = (t, t); u = (u, u)"] * 22, "v = t if a[0] > 0 else u"
    ),
    "a tuple times a hundred million": wrap("t = (1,) * 10**8"),
    "a chain of two hundred calls": "".join(
        device(f"g{k}", "x", f"return g{k + 1}(x)" if k < 200 else "return x")
        for k in range(200, -1, -1)
    ) + wrap("a[0] = g0(1.0)"),
    "two thousand decorators": "@cuda.jit(device=True)\n" * 2000 + "def f(a):\n    a[0] = b\n",
    "a tower of conditions": wrap("x = " + "(" * 70 + "1" + " if a[0] > 0 else 2)" * 70),
    "a name of another alphabet": wrap("ａ[0] = ｂ"),
    "a table in a table two thousand deep": "A0 = (1, 2)\n" + "".join(
        f"A{k + 1} = (A{k}, 1)\n" for k in range(2000)
    ) + wrap("a[0] = A2000[0][0]"),
}  # fmt: skip

STOPPED = {
    "two hundred large local arrays": wrap(
        *(f"s{k} = cuda.local.array(10_000, float64)" for k in range(200)), "a[0] = 1"
    ),
    "a local array a round": wrap("while True:", "    s = cuda.local.array(1000, float64)"),
    "shuffles without end": wrap("x = a[0]", "while True:", "    x = cuda.shfl_sync(-1, x, 1)"),
    "votes without end": wrap("while True:", "    cuda.any_sync(-1, True)"),
    "matches without end": wrap("while True:", "    cuda.match_any_sync(-1, 1)"),
    "atomics without end": wrap("while True:", "    cuda.atomic.add(a, 0, 1)"),
    "gamma functions without end": wrap("x = 0.5", "while True:", "    x = math.lgamma(x)"),
    "views of views": wrap("b = a", "while True:", "    b = b[0:]", "    a[0] = b[0]"),
    "a table of tables, all of it": "T = (" + "(1,2,3,4)," * 900 + ")\n" + wrap(
        "while True:", "    for t in T:", "        for v in t:", "            a[0] += v"
    ),
    "a table looked up without end": "T = (" + "1.5," * 4000 + ")\n" + wrap(
        "i = cuda.grid(1)", "while True:", "    a[i % 32] = T[i]"
    ),
    "a tuple of a thousand variables, looked up": wrap(
        "i = cuda.grid(1)", "x = a[i]", "t = (" + "x," * 1000 + ")",
        "while True:", "    a[i] = t[i]",
    ),
    "tuples joined in a loop": wrap(
        "t = (" + "1," * 2000 + ")", "while True:", "    u = t + t", "    a[0] = u[3]"
    ),
    "a device function with three calls of the next": "".join(
        device(f"g{k}", "x", f"return g{k - 1}(x) + g{k - 1}(x * 2) + g{k - 1}(1)" if k else
               "return x") for k in range(12)
    ) + wrap("a[0] = g11(1)"),
    "seven hundred long loops": wrap(*["for i in range(10**6): a[0] = i"] * 700),
    "loops over the array in loops over it": wrap(
        "for x in a:", "    for y in a:", "        for z in a:", "            for w in a:",
        "                a[0] = x + y + z + w",
    ),
    "prints without end": wrap("while True:", "    print(a[0])"),
}  # fmt: skip

HARMLESS = {
    "two hundred and forty shared arrays": wrap(
        *(f"s{k} = cuda.shared.array(50, float32)" for k in range(240)), "a[0] = 1"
    ),
    "sixty types, each from the next": wrap(
        *(f"x{k} = 1" for k in range(60)), "while a[0] != 0:",
        *(f"    x{k} = x{k + 1}" for k in range(59)), "    x59 = 1.5",
    ),
    "a thousand views": wrap("b = a", *["b = b[0:]"] * 1000, "a[0] = b[0]"),
    "two thousand transposes": wrap("b = a.T", *["b = b.T"] * 2000, "a[0] = b[0]"),
    "five thousand constants": "".join(f"A{k} = {k}\n" for k in range(5000)) + wrap("a[0] = A1"),
    "a table in a table, unused": "A0 = (1, 2)\n" + "".join(
        f"A{k + 1} = (A{k}, 1)\n" for k in range(2000)
    ) + wrap("a[0] = 1"),
    "nine hundred functions": "".join(device(f"g{k}", "x", "return x") for k in range(900))
        + wrap("a[0] = g1(1)"),
    "two thousand conditions in one": wrap(
        "if " + " or ".join(f"a[{k % 32}] > {k}" for k in range(2000)) + ": a[0] = 1"
    ),
    "a comparison of a thousand": wrap("if " + " < ".join(["a[0]"] * 1000) + ": a[0] = 1"),
    "two thousand names at once": wrap(" = ".join(f"x{k}" for k in range(2000)) + " = 1"),
    "a line continued thirty thousand times": "x = 1 " + "\\\n" * 30_000 + "\n" + wrap("a[0] = x"),
    "sixty thousand form feeds": "\x0c" * 60_000 + wrap("a[0] = 1"),
}  # fmt: skip
