"""How a goal of `refine_grasp` corrects a grasp."""

from __future__ import annotations

from enum import StrEnum

from tacrefine.supervision import errors


class Strategy(StrEnum):
    """`in_place`: open, move and close again around an object that stands still. `put_down`: lower a held object until
    it stands, then the same, and lift it again. `compensate`: open and move nothing; say how to correct a plan.
    """

    IN_PLACE = "in_place"
    PUT_DOWN = "put_down"
    COMPENSATE = "compensate"


def strategy_of(text: str) -> Strategy:
    """The strategy of that name, '' is `in_place`; raises InvalidGoal in one sentence."""
    try:
        return Strategy(text or Strategy.IN_PLACE)
    except ValueError:
        allowed = ", ".join(Strategy)
        raise errors.InvalidGoal(f"strategy is '{text[:40]}'; allowed are {allowed}") from None
