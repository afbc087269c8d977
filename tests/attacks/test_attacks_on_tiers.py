"""A choice of the attacks on every other tier; `make attacks` tries all of them on each."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import test_attacks_forging
import test_attacks_own
import test_attacks_starving
import test_attacks_stealing
from staging import Attack, Stage

from grader.errors import NoIsolation
from grader.sandbox.child import landlock
from grader.sandbox.pool import Sandbox
from grader.sandbox.tiers import WORD, Tier

pytestmark = pytest.mark.sandbox

NUMBERS = (
    "001", "006", "007", "008", "009", "012", "014", "018", "022",
    "025", "029", "034", "035", "036", "043", "054",
    "056", "057", "059", "060", "062", "065", "069", "070", "071", "073", "085", "088", "089",
    "A01", "A03", "A04", "A05", "A07", "A08", "A34", "A37", "A38", "A39",
)  # fmt: skip
"""Above all what another wall could let through: files, processes, signals, limits, devices."""
CHOSEN = [
    attack
    for module in (
        test_attacks_stealing, test_attacks_forging, test_attacks_starving, test_attacks_own,
    )
    for attack in module.ATTACKS
    if attack.number in NUMBERS
]  # fmt: skip
WALLS = {"separate": Tier.SEPARATE, "container": Tier.CONTAINER, "own code": Tier.OWN_CODE}


@pytest.fixture(scope="module", params=WALLS)
def elsewhere(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A sandbox of another tier."""
    if not landlock.find_version():
        pytest.skip("this kernel has no Landlock")
    tier = WALLS[request.param]
    before = os.environ.pop(WORD, None)
    if tier.is_for_strangers:
        os.environ[WORD] = request.param
    try:
        with Sandbox(isolated=tier.is_for_strangers, slots=2) as sandbox:
            try:
                sandbox.prove()
            except NoIsolation as refusal:
                pytest.skip(f"this machine has no tier {tier}: {refusal}")
            assert sandbox.tier is tier
            yield Stage(sandbox)
    finally:
        os.environ.pop(WORD, None)
        if before is not None:
            os.environ[WORD] = before


def test_the_choice_is_wide() -> None:
    assert len(CHOSEN) >= 50
    assert {attack.number for attack in CHOSEN} == set(NUMBERS)


@pytest.mark.parametrize("attack", CHOSEN, ids=lambda attack: attack.id)
def test_an_attack_fails_on_another_tier(elsewhere: Stage, attack: Attack) -> None:
    check = elsewhere.perform(attack)

    allowed = attack.verdict if isinstance(attack.verdict, tuple) else (attack.verdict,)
    assert check.verdict in allowed, check
    assert attack.words in check.feedback, check


def test_calls_of_two_submissions_never_share_a_worker(elsewhere: Stage) -> None:
    tier = elsewhere.sandbox.tier
    if tier is not Tier.SEPARATE:
        pytest.skip(f"the tier {tier} has no wall around a submission")
    where = "import os\ndef double(x):\n    return os.stat('/box').st_dev\n"
    one, other = (_find_device(elsewhere, where + "\n" * count) for count in (0, 1))

    assert one != other
    assert one == _find_device(elsewhere, where)


def _find_device(stage: Stage, text: str) -> object:
    from grader.sandbox.records import Call

    call = Call(sources={"hw": text}, module="hw", function="double", arguments=(1,))
    return stage.sandbox.run([call])[0].value
