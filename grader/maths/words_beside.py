"""Words beside a formula: which may be dropped, and which change what it says."""

from __future__ import annotations

import re
from itertools import pairwise

from grader.maths.displays import find_displays

HARMLESS = frozenset(
    """a an the my our your this that these which it we you i one here there is are was be being
    can will must should would has have had get gets got find found finds obtain obtained
    obtains give gives given giving yield yields become becomes equal equals simplify simplifies
    simplified simplifying reduces follows write written writing rewrite derive derived
    differentiate differentiating expand expanding collect collecting rearrange rearranging
    substitute substituting plug plugging compute computed computing calculate evaluate
    evaluating apply applying note recall let define denote call assume so hence thus therefore
    then and now finally thereby together again also simply just directly indeed precisely
    exactly namely ie eg viz by using use used with from via to into in on wrt respect under
    chain rule rules definition identity symmetry linearity independence algebra substitution
    simplification expansion calculus theorem lemma previous part final last first second third
    step line result answer solution formula value expression form closed compact matrix vector
    notation gradient derivative partial slope jacobian hessian loss cost objective entry
    entries component components output probability likelihood density entropy expectation
    expected variance mean complexity update ratio shape needed required desired wanted asked
    claimed above below qed done ok okay yes ans sol total altogether parameters parameter
    weights operations flops multiplications additions elements values numbers neurons""".split()  # noqa: SIM905 (a list of words is read as words)
)
CHANGES = frozenset(
    """not no never none neither nor isn aren doesn don won cannot wrong incorrect false minus
    negative negated plus times half third quarter twice thrice double triple over divided
    multiplied inverse inverted reciprocal opposite square squared cube cubed root log logarithm
    ln exp exponential sine cosine power sum product difference quotient modulo transpose
    transposed conjugate absolute without except unless if or either but only when where for
    most least approximately about roughly almost maybe perhaps guess less more than up constant
    factor proportional sqrt denominator numerator unnormalized unnormalised per ignoring dropping
    omitting before flipped reversed negation neg doubled halved doubt sign complement
    antiderivative""".split()  # noqa: SIM905
)
MOMENTS = {"expectation", "expected", "mean", "variance", "one", "entropy", "partial"}
"""Words that name a formula before it, and change it behind it: `2x in expectation`."""
PHRASES = re.compile(
    r"\b(?:chain|product|quotient|power|sum|log|logarithm|inverse|sum and product)[\s-]+rules?\b"
    r"|\bas (?:required|needed|wanted|desired|claimed|asked)\b|\bwith respect to \w+"
    r"|\bw\.?\s?r\.?\s?t\.?\s\w+"
    r"|\b(?:after|upon|on) (?:simplifying|simplification|expanding|cancelling|collecting)\b"
    r"|\bfor short\b|\bup to here\b|\bat (?:least|most) one\b|\b(?:least|sum of) squares?\b"
    r"|\blog[\s-]?(?:likelihood|loss|odds|partition|prob)\w*"
    r"|\bsquared (?:error|loss|norm|distance)"
    r"|\b(?:lipschitz|smoothness|normali[sz]ing|normali[sz]ation|decay|time) constant",
    re.IGNORECASE,
)
NAMES_IT = re.compile(r"(?::|=|\b(?:is|are|be|equals|becomes|gives|yields|obtain|get))$", re.I)
MARKUP = re.compile(
    r"\*\*|__|^[ \t]*+(?:>|#{1,6})[ \t]|\\(?:quad|qquad|[,;:!])|~|^[ \t]*+---+[ \t]*+$", re.M
)
ENUMERATES = re.compile(r"^\s*(?:[-*•]\s|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)](?=\s|$)|#{1,6}\s)")


def pieces_beside(text: str) -> list[str]:
    """What stands before, between and after the formulas in dollars.

    A name by itself, as in `the gradient of $L$ is $2x$`, is a word.
    """
    found = list(find_displays(text))
    places = [
        (start, end) for start, end, inside in found if end == found[-1][1] or not _is_word(inside)
    ]
    edges = [(0, 0), *places, (len(text), len(text))]
    return [text[left[1] : right[0]] for left, right in pairwise(edges)]


def _is_word(inside: str) -> bool:
    return re.fullmatch(r"\s*(?:\\[a-z]+|[^\W\d_])(?:_(?:\w|\{\w+\}))?'*\s*", inside) is not None


def find_unread(text: str) -> tuple[str, bool]:
    """The words beside formulas in dollars that may not be dropped, and whether they change them.

    Before a formula a label may be any words that name it; elsewhere each word has to be known
    for meaning nothing.
    """
    pieces = pieces_beside(text)
    *first, last = [inside for _, _, inside in find_displays(text)]
    insides = [*(inside for inside in first if not _is_word(inside)), last]
    # `$\\sum$ $x$`: side by side, and nothing says that the first names the second.
    unread = [
        inside.strip()
        for inside, between in zip(insides, pieces[1:-1], strict=False)
        if not between.strip() and not re.search(r"[=<>≤≥≈∝]|\\[lg]eq?|\\approx", inside)
    ]
    changes = bool(unread)
    for place, piece in enumerate(pieces):
        bare = MARKUP.sub(" ", piece)
        bare = ENUMERATES.sub(" ", bare) if place == 0 else bare
        is_label = place < len(pieces) - 1 and NAMES_IT.search(bare.rstrip()) is not None
        is_read, is_changing = look_at_words(bare, is_label)
        changes = changes or is_changing
        if not is_read:
            unread.append(piece.strip())
    # Beside words that are not known nobody can tell which of several formulas is the answer.
    return " … ".join(unread)[:80], changes or (bool(unread) and len(insides) > 1)


def look_at_words(piece: str, is_label: bool) -> tuple[bool, bool]:
    """Whether a piece may be dropped, and whether it changes the formula beside it."""
    bare = PHRASES.sub(" ", piece.replace("$", " "))
    words = re.findall(r"[^\W\d_]+", bare.casefold())
    changing = any(word in CHANGES for word in words)
    is_known = is_label or all(word in HARMLESS for word in words)
    signs = re.sub(r"[^\W\d_]|[\s.,;:!?\"'()`]|(?<=\w)-(?=\w)", "", bare)
    if is_label:
        signs = re.sub(r"=\s*$", "", signs)
    changes = bool(signs) or changing
    return is_known and not changes, changes


PROSE = re.compile(
    r"(?:[^\W\d_]+(?:['’-][^\W\d_]+)*,?[ \t]+){0,12}?"
    r"(?:(?:is|are|be|was|equals|becomes|gives|yields|obtain|get|has|have|needs|takes|costs)"
    r"(?:[ \t]*:|(?=[ \t]))"
    r"|[^\W\d_]{2,}(?:['’-][^\W\d_]+)*[ \t]*:(?!=))"
    r"[ \t]*(?=\S)",
    re.IGNORECASE,
)
"""Words that name what follows them in plain text: `the gradient is`, `chance of none:`."""
BEHIND = re.compile(r"(?<=[\w)\]²³])[ \t]+(?P<words>[^\W\d_]{2,}(?:[ \t]+[^\W\d_]{2,}){0,5})$")


def without_prose(text: str) -> tuple[str, str, bool] | None:
    """A formula in plain text out of the words around it; those unread, and whether they change it.

    None where there are no words.
    """
    rest, unread, changes = text, "", False
    if found := PROSE.match(rest):
        rest = rest[found.end() :]
        is_read, changes = look_at_words(found.group(), is_label=True)
        unread = "" if is_read else found.group().strip()[:80]
    if found := BEHIND.search(rest):
        is_read, _ = look_at_words(found["words"], is_label=False)
        is_read = is_read and not MOMENTS & set(found["words"].casefold().split())
        rest = rest[: found.start()] if is_read else rest
    return None if rest == text else (rest, unread, changes)


def without_marks(text: str) -> str:
    """The text with its formulas out of their dollars, where what is around them is maths too."""
    bare = re.sub(r"\*\*|__", "", text)
    joined, position = "", 0
    for start, end, inside in find_displays(bare):
        joined += f"{bare[position:start]} {inside} "
        position = end
    return joined + bare[position:]


def stands_in_maths(text: str) -> bool:
    """Whether a formula in dollars is part of a larger one: `1/($a/b$)`, `($x$)^2`, `log($x$)`."""
    for place, piece in enumerate(pieces := pieces_beside(re.sub(r"\*\*|__", "", text))):
        before, after = place < len(pieces) - 1, place > 0
        if (
            before
            and re.search(r"[-+*/^−–·×(\[{|=]\s*$", piece)
            and not re.match(r"^\s*[-*•]\s+$", piece)
        ):
            return True
        if after and re.match(r"\s*[-+*/^−–·×)\]}|!']", piece):
            return True
    return False
