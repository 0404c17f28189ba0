"""The error codes of both actions."""

from __future__ import annotations

from reference_pages.page import WIDE, Page, table
from tacrefine.supervision.errors import REFINE, REGRASP, SUCCESS, GoalError, all_errors

FAMILIES = {
    1: (
        "1xx: the request",
        "Nothing was wrong with robot or sensors: another goal, a wrong name, a client that left.",
    ),
    2: ("2xx: sensors and policy", "Something that has to arrive did not arrive, or does not fit."),
    3: ("3xx: motion", "Hand or arm did not do what they were told, or a limit ended the goal."),
    4: ("4xx: outcome", "Everything worked, and the grasp is still not what was asked for."),
    9: ("9xx: defects", "Please report these with the log of the node."),
}


def pages() -> list[Page]:
    """One page with all codes."""
    named: dict[str, type[GoalError]] = {}
    for action in (REFINE, REGRASP):
        named |= all_errors(action)
    rows = sorted(named.items(), key=lambda item: item[1].code)
    parts = []
    for family, (heading, meaning) in FAMILIES.items():
        errors = [_row(name, error) for name, error in rows if error.code // 100 == family]
        parts.append(
            f"## {heading}\n\n{meaning}\n\n{table(('code', 'name', 'action', 'meaning', 'safe state'), errors)}"
        )
    return [Page("reference/error_codes.md", "Error codes", f"{_head()}\n\n" + "\n\n".join(parts) + "\n")]


def _row(name: str, error: type[GoalError]) -> tuple[str, ...]:
    meaning = (error.__doc__ or "").strip()
    return (
        str(error.code),
        f"`{name}`",
        ", ".join(f"`{a}`" for a in error.actions),
        meaning,
        f"`{error.safe_state}`",
    )


def _head() -> str:
    return f"""{WIDE}# Error codes

The result of `refine_grasp` and of `regrasp` holds `error_code`, a sentence in `message`, and `safe_state`: the
state in which hand and arm were left. A code means the same in both actions; {SUCCESS} is success. `capture_target`
answers with the same codes.

| safe state | arm | hand | when |
|---|---|---|---|
| `holding` | holds its pose | closed on the object | success, or a grasp that is worth keeping |
| `open` | holds its pose | opened | cancel and every failure once something has moved; shutdown and deactivation |
| `handed_over` | holds its pose | left as it is | preempted: the next goal takes over at once |
| `untouched` | nothing was commanded | nothing was commanded | refused or failed before anything moved; dry run |
| `stopped` | holds its pose | a moving hand holds where it is, a resting one keeps its grip | emergency stop |

The state below is the one of a goal that has moved something; before that it is `untouched`.
[Common problems](../how_to/common_problems.md) tells what to do about them."""
