"""What a request asks for, checked against what gripper and model allow, and the rules that follow from it."""

from __future__ import annotations

from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.defaults import Objective
from tacrefine.regrasp.samples import RegraspGoal
from tacrefine.regrasp.settings import RegraspSettings
from tacrefine.regrasp.strategy import Rules
from tacrefine.supervision.errors import ForceOutOfRange, InvalidGoal

MOST_TRIES = 50


def understand(
    objective: str, min_force: float, max_force: float, tries: int, box: ActionBox, settings: RegraspSettings
) -> RegraspGoal:
    """Return a goal; zeros and '' mean the default. Forces in N. Raises InvalidGoal or ForceOutOfRange."""
    try:
        wanted = Objective(objective or Objective.max_success)
    except ValueError:
        allowed = " and ".join(Objective)
        raise InvalidGoal(
            f"objective is '{objective}'; allowed are {allowed}, '' means max_success"
        ) from None
    if tries > MOST_TRIES:
        raise InvalidGoal(f"tries is {tries}; allowed is 0 (default) to {MOST_TRIES}")
    low = max(settings.min_force, box.force[0])
    high = min(settings.max_force, box.force[1])
    given = {"min_force": min_force, "max_force": max_force}
    for name, value in given.items():
        if value != 0.0 and not low <= value <= high:
            raise ForceOutOfRange(f"{name} is {value:g} N; allowed is 0 (default) or {low:g} to {high:g} N")
    low, high = min_force or low, max_force or high
    if low > high:
        raise ForceOutOfRange(
            f"min_force is {low:g} N and max_force {high:g} N; min_force must not be larger"
        )
    return RegraspGoal(wanted, box.model_copy(update={"force": (low, high)}), tries or settings.tries)


def rules_of(goal: RegraspGoal, settings: RegraspSettings) -> Rules:
    """Return what the strategy of a goal may do."""
    return Rules(
        objective=goal.objective,
        threshold=settings.lift_probability,
        tries=goal.tries,
        lift_last=settings.lift_last,
        look_again=settings.look_again,
        lost_below=settings.lost_below,
        approaches=settings.approaches,
        probe_force=settings.probe_force,
        trial_lift=settings.trial_lift,
        margin=settings.force_margin,
    )
