"""Names: Greek letters, accents and subscripts in all spellings, and what was meant by a typo."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "omicron": "ο", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ",
    "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ",
}  # fmt: skip
LETTERS = {letter: word for word, letter in GREEK.items()} | {
    "ϵ": "epsilon", "ϕ": "phi", "ϑ": "theta", "ϱ": "rho", "ς": "sigma", "µ": "mu", "∑": "Σ",
}  # fmt: skip
ACCENTS = {
    "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot",
    "\u0308": "ddot", "\u20d7": "",
}  # fmt: skip
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₊₋₍₎", "0123456789aehijklmnoprstuvx+-()")
SUPERSCRIPTS = str.maketrans(
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵀᵃᵇᶜᵈᵉᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴾᴿᵁⱽᵂ",
    "0123456789+-()TabcdeghijklmnoprstuvwxyzABDEGHIJKLMNPRUVW",
)
RAISED = "".join(map(chr, SUPERSCRIPTS))
LOWERED = "".join(map(chr, SUBSCRIPTS))


@lru_cache(maxsize=4096)
def plain(spelling: str) -> str:
    """A spelling-free form: `W_c`, `Wc` and `W_{c}` agree, `λ` and `lambda`, `ŷ` and `yhat`."""
    parts: list[str] = []
    for character in unicodedata.normalize("NFD", spelling.translate(SUBSCRIPTS)):
        if character in ACCENTS:
            parts.append(ACCENTS[character])
        elif character in LETTERS:
            parts.append(LETTERS[character])
        elif character not in "_{}\\ ,":
            parts.append(character)
    return "".join(parts)


SHORT = {"eps": "epsilon", "lam": "lambda", "lamb": "lambda", "lambd": "lambda",
         "lmbda": "lambda"}  # fmt: skip
"""What Greek letters are called in code, where `lambda` means something else."""


def spell_out(spelling: str) -> str:
    """The plain form with a Greek letter's whole name: `lam_0` and `λ_0` agree."""
    bare = plain(spelling)
    stem = bare.rstrip("0123456789")
    return SHORT.get(stem, stem) + bare[len(stem) :]


class Names:
    """The declared names, found under any spelling."""

    def __init__(self, declared: Iterable[str]) -> None:
        self.declared = tuple(declared)
        self._exact = set(self.declared)
        self._plain: dict[str, str] = {}
        for form in (plain, spell_out):
            for spelling in self.declared:
                self._plain.setdefault(form(spelling), spelling)

    def find(self, spelling: str) -> str | None:
        """The declared name that this spelling means."""
        if spelling in self._exact:
            return spelling
        return self._plain.get(plain(spelling)) or self._plain.get(spell_out(spelling))

    def split(self, word: str, known: Collection[str]) -> list[str] | None:
        """Cut `wx1` into declared names and numbers; None unless there is exactly one best cut.

        The cut with the fewest pieces is best. Function names in `known` are never cut out of
        a word, so that `expx` stays an error.
        """
        best: list[list[list[str]]] = [[] for _ in range(len(word) + 1)]
        best[0] = [[]]
        for end in range(1, len(word) + 1):
            shortest = None
            for begin in range(end):
                piece = word[begin:end]
                # An underscore belongs to what stands before it and behind it: W x_t, no W x t.
                if not best[begin] or piece[0] == "_" or piece[-1] == "_":
                    continue
                if piece in known and piece not in self._exact:
                    continue
                # A digit never starts a piece after a letter: x1 is no product of x and 1.
                if piece[0].isdecimal() or self.find(piece) is None:
                    continue
                if end < len(word) and word[end].isdecimal():
                    continue
                for cut in best[begin]:
                    if shortest is None or len(cut) + 1 < shortest:
                        shortest, best[end] = len(cut) + 1, [[*cut, piece]]
                    elif len(cut) + 1 == shortest:
                        best[end].append([*cut, piece])
            best[end] = best[end][:4]
        cuts = best[len(word)]
        if len(cuts) != 1 or len(cuts[0]) < 2:
            return None
        return cuts[0]

    def suggest(self, spelling: str, known: Iterable[str]) -> str:
        """A 'did you mean' for a name nobody declared; empty when nothing is close."""
        pool = {plain(candidate): candidate for candidate in (*self.declared, *known)}
        wanted = plain(spelling)
        for candidate in self.declared:
            if plain(candidate).lower() == wanted.lower():
                return f"Did you mean {candidate}? Upper and lower case differ."
        close = difflib.get_close_matches(wanted, pool, n=1, cutoff=0.6)
        if close:
            return f"Did you mean {pool[close[0]]}?"
        if self.declared:
            listed = ", ".join(self.declared[:12])
            return f"Names you can use: {listed}."
        return ""
