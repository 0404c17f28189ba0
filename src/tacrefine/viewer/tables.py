"""Lists of the page as HTML text. Whatever came over the wire is escaped: names and sentences are other people's."""

from __future__ import annotations

from html import escape

from tacrefine.viewer.inputs import BAD, GOOD, WAITING, waiting_for
from tacrefine.viewer.state import State

COLOURS = {GOOD: "#2b8a3e", WAITING: "#e8890c", BAD: "#c92a2a"}
SIGNS = {GOOD: "●", WAITING: "◐", BAD: "▲"}
CELL = "padding:1px 8px 1px 0;vertical-align:top"
BOX = "font:13px sans-serif;padding:4px 12px"
LONGEST = 160


def headline(state: State, now: float, is_bag: bool = False) -> str:
    """Phase and sentence of the goal, and before anything else what is missing or stopped."""
    lines = []
    if state.stopped:
        lines.append(
            _notice(BAD, "The emergency stop is pressed: nothing moves until it is released and reset.")
        )
    waiting = "" if is_bag else waiting_for(list(state.inputs.values()), list(state.nodes.values()), now)
    if waiting:
        lines.append(_notice(WAITING, waiting))
    goal = state.goals.goal
    if goal is None:
        title, text = "no goal", "Nothing has been asked of refine_grasp since this page listens."
    else:
        steps = f"{goal.moves} move{'' if goal.moves == 1 else 's'} made"
        title, text = goal.headline, f"{goal.text} {steps}."
        if goal.degraded:
            text += f" Degraded: {goal.degraded}."
    target = (
        f"target <b>{escape(state.target.name)}</b> on {escape(state.target.object)}"
        if state.target
        else "no target"
    )
    lines.append(
        f'<div style="font-size:19px;font-weight:600" class="tacrefine-phase">{escape(title)}</div>'
        f'<div class="tacrefine-sentence" style="min-height:2.6em">{escape(_short(text))}</div>'
        f'<div style="opacity:.7">{target}</div>'
    )
    return f'<div style="{BOX}">{"".join(lines)}</div>'


def health(state: State, now: float) -> str:
    """Rate and health of every input, and every node's report."""
    rows = []
    for entry in state.inputs.values():
        if not entry.count and not entry.is_continuous:
            continue
        level, sentence = entry.health(now)
        rate = entry.rate(now)
        shown = f"{rate:.0f} Hz" if rate >= 10.0 else f"{rate:.1f} Hz" if rate > 0.0 else ""
        rows.append(_row(level, entry.topic.name, shown, sentence))
    nodes = []
    for report in sorted(state.nodes.values(), key=lambda report: report.name):
        level, sentence = report.health(now)
        nodes.append(_row(level, report.name.rpartition("/")[2], "", sentence))
    parts = [_table("inputs", rows), _title("Nodes")]
    parts.append(
        _table("nodes", nodes)
        if nodes
        else '<div style="opacity:.7">None has reported on /diagnostics.</div>'
    )
    if state.log:
        lines = "".join(f"<li>{escape(_short(line))}</li>" for line in reversed(state.log))
        parts += [_title("Newest warnings"), f'<ul style="margin:0;padding-left:18px">{lines}</ul>']
    return f'<div style="{BOX}">{"".join(parts)}</div>'


def _table(name: str, rows: list[str]) -> str:
    style = "border-collapse:collapse;width:100%"
    return f'<table class="tacrefine-{name}" style="{style}">{"".join(rows)}</table>'


def _title(words: str) -> str:
    return f'<div style="margin-top:6px;font-weight:600">{words}</div>'


def _row(level: str, name: str, rate: str, sentence: str) -> str:
    return (
        f'<tr><td style="{CELL};color:{COLOURS[level]}" title="{level}">{SIGNS[level]}</td>'
        f'<td style="{CELL}">{escape(_short(name))}</td>'
        f'<td style="{CELL};text-align:right;white-space:nowrap">{rate}</td>'
        f'<td style="{CELL};opacity:.75">{escape(_short(sentence))}</td></tr>'
    )


def _notice(level: str, text: str) -> str:
    style = f"border-left:4px solid {COLOURS[level]};padding:4px 8px;margin-bottom:6px"
    return f'<div class="tacrefine-notice" style="{style}">{escape(text)}</div>'


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
