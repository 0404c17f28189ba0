"""`tacrefine view`: a page in the browser that shows a running stack, or plays a bag."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tacrefine.cli.bags import BaseFrame, JointPrefix, Joints, Names, TipFrame, joint_names
from tacrefine.cli.options import AdapterOption, mapping

DEFAULT_HAND = "five_finger"


def view(
    context: typer.Context,
    bag: Annotated[
        Path | None, typer.Argument(help="Bag to play; without one the running stack is shown.")
    ] = None,
    control: Annotated[
        bool,
        typer.Option("--control", help="Show buttons: tare, capture target, refine, cancel, emergency stop."),
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0: any free one.")] = 8610,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser of this desktop.")
    ] = True,
    hand: Annotated[
        str, typer.Option(help="Hand: a name or a YAML file; default: as recorded, or five_finger.")
    ] = "",
    objects: Annotated[str, typer.Option(help="Object set: a name or a YAML file.")] = "fifteen",
    namespace: Annotated[str, typer.Option(help="Namespace of the stack.")] = "",
    params_file: Annotated[
        Path | None, typer.Option(help="ROS parameter file that the robot runs with: names of joints, ...")
    ] = None,
    adapter: AdapterOption = "",
    names: Names = None,
    joint_prefix: JointPrefix = "",
    joint: Joints = None,
    base_frame: BaseFrame = "",
    tip_frame: TipFrame = "",
) -> None:
    """Show the hand in 3-D, touch beside its target, the goal, the error and every input, on a page at 127.0.0.1.

    Nothing can be moved from the page without --control. End it with Ctrl-C.
    """
    from tacrefine.cli.robot_settings import source_settings
    from tacrefine.errors import ConfigError
    from tacrefine.objects import load_objects

    topics = mapping(names)
    if bag is not None and control:
        raise ConfigError("--control: a bag cannot be moved; leave out the bag or --control.")
    settings = source_settings(
        context,
        params_file,
        adapter=adapter,
        joint_prefix=joint_prefix,
        joint_names=joint_names(joint),
        base_frame=base_frame,
        tip_frame=tip_frame,
    )
    if bag is not None:
        from tacrefine.viewer.player import one_bag, open_feed
        from tacrefine.viewer.program import view_bag

        path = one_bag(bag)
        feed = open_feed(path, hand, load_objects(objects), settings, topics)
        with _page(port, f"tacrefine view {path.name}", open_browser) as page:
            view_bag(page, path, feed, topics, until_ended())
        return
    _view_stack(port, open_browser, hand, objects, namespace, settings, control)


def _view_stack(
    port: int, open_browser: bool, hand: str, objects: str, namespace: str, settings: Any, control: bool
) -> None:
    from tacrefine.bringup import ros
    from tacrefine.hands import load_hand
    from tacrefine.objects import load_objects

    ros.require_ros()
    described = load_hand(hand or DEFAULT_HAND)
    load_objects(objects)
    adapter = None
    if settings.adapter:
        from tacrefine.bags.adapted import adapted_topics
        from tacrefine.touch.adapters import load_adapter

        adapter = load_adapter(settings.adapter, described, settings)
        adapted_topics(adapter)  # says which types are not installed here
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    with contextlib.ExitStack() as stack:
        page = stack.enter_context(_page(port, "tacrefine view", open_browser))
        from tacrefine.viewer.program import view_stack

        operator = stack.enter_context(ros.client("console")(namespace)) if control else None

        def source(topics: Sequence[Any]) -> Any:
            return stack.enter_context(ros.client("live_topics")(namespace, topics))

        view_stack(page, hand or DEFAULT_HAND, objects, settings, adapter, source, operator, until_ended())


def until_ended() -> Callable[[], bool]:
    """Tells whether to go on: until SIGINT (Ctrl-C) or SIGTERM, which end the page in good order from now on."""
    received: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: received.append(number))
    return lambda: not received


@contextlib.contextmanager
def _page(port: int, title: str, open_browser: bool) -> Iterator[Any]:
    from tacrefine.viewer.page.console import Page

    with Page(port, title) as page:
        print(f"{title}: {page.url}  (Ctrl-C ends it)", flush=True)
        if open_browser and (
            sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        ):
            import webbrowser

            webbrowser.open(page.url)
        yield page
