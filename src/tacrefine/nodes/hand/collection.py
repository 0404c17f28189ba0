"""Collects grasps for fine-tuning: a robot goes from pose to pose while a recorder listens, in one process.

with CollectingRobot(use_sim_time=True) as robot:
    for number, item in enumerate(objects):
        ...                                   # put the object where it is to stay
        robot.collect(Path(f"bags/{number}"), item, grasps=20, seed=number)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

from tacrefine.bags.grasps import settled_of
from tacrefine.collect.poses import poses_around
from tacrefine.collect.samples import CollectGoal
from tacrefine.errors import DataError
from tacrefine.nodes.core.base import TacrefineNode
from tacrefine.nodes.hand.collector import CollectorNode
from tacrefine.nodes.tools.client import ClientError
from tacrefine.nodes.tools.recorder import RecorderNode
from tacrefine.objects import GraspObject
from tacrefine.supervision import errors

FRAMES_MORE = 4
"""readings of a grasp beyond those that are averaged later: the bag's reader may see it settle a little later"""
START_S = 30.0
GRASP_S = 600.0
"""by the wall clock, after which a grasp that has not been made is taken for lost"""


@dataclass(frozen=True)
class Collection:
    """How a collection ended; `complete`: every grasp was made, but for poses out of reach, which are `skipped`."""

    bag: Path
    made: int
    skipped: int
    complete: bool
    message: str


class CollectingRobot:
    """A context manager. `parameters` are those of the refine server: limits, hand, targets_folder, ..."""

    def __init__(
        self,
        namespace: str = "",
        use_sim_time: bool = False,
        frames: int = 8,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self._namespace = namespace
        self._failure: Exception | None = None
        self._context = Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        values = {"frames_per_grasp": frames + FRAMES_MORE, **(parameters or {})}
        self._spinning: list[tuple[TacrefineNode, SingleThreadedExecutor, threading.Thread]] = []
        try:
            self._node = self._start(
                CollectorNode, "tacrefine_collector", {"use_sim_time": use_sim_time, **values}
            )
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> CollectingRobot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Destroy the node and its context."""
        while self._spinning:
            self._stop(self._spinning[-1][0])
        rclpy.try_shutdown(context=self._context)

    def collect(
        self,
        bag: Path,
        item: GraspObject,
        grasps: int,
        seed: int = 0,
        scale: float = 1.0,
        target: str = "",
        compress: bool = False,
        on_grasp: Callable[[int], None] = lambda made: None,
    ) -> Collection:
        """Make `grasps` grasps of an object that stands still and record them into a new bag.

        Poses are sampled from the object's box times `scale`. They lie about the pose of `target`, or else about the
        pose in which the wrist stands now; there the first grasp is made. Raises DataError where the bag cannot be
        written and ClientError where the robot does not answer; whatever else ends it early is told in the result.
        Ctrl-C opens the hand and closes the bag.
        """
        node = self._node
        shown = node.store.load(target) if target else None
        if shown is not None and shown.signature != node.hand.signature:
            raise DataError(
                f"target '{target}' was captured with hand '{shown.hand}', not '{node.hand.name}'."
            )
        reference = None if shown is None else shown.wrist
        goal = CollectGoal(poses_around(item, grasps, seed, scale), reference)
        options = {
            "bag": str(bag),
            "hand": node.parameters.hand,
            "object": item.name,
            "object_fixed": True,
            "compress": compress,
            "adapter": node.parameters.adapter,
        }
        recorder = self._start(RecorderNode, "tacrefine_recorder", options)
        assert isinstance(recorder, RecorderNode)
        writing = recorder.recorder
        assert writing is not None
        writing.session.settled = settled_of(node.parameters)
        try:
            self._await_robot(recorder)
            node.simulated_object.refuse_other(item.name)
            node.on_grasp = on_grasp
            node.begin(goal, shown)
            self._wait(lambda: writing.failure)
        finally:
            self._stop(recorder)
        if writing.failure:
            raise DataError(writing.failure)
        outcome = node.outcome
        assert outcome is not None
        complete = outcome.code == errors.SUCCESS
        return Collection(bag, outcome.made, outcome.skipped, complete, outcome.message)

    def _await_robot(self, recorder: RecorderNode) -> None:
        """Wait until the recorder receives what grasps are made of, and the robot would receive commands."""
        needed = self._node.inputs.needed("touch", "joints", "wrist")
        names = [recorder.resolve_topic_name(topic) for topic in needed]

        def missing() -> str:
            silent = [f"{name}: no message has come" for name in names if name not in recorder.health.streams]
            return silent[0] if silent else self._node.missing()

        deadline = time.monotonic() + START_S
        while reason := missing():
            if time.monotonic() > deadline:
                raise ClientError(f"{reason} within {START_S:g} s; is the robot there?")
            time.sleep(0.02)

    def _wait(self, failure: Callable[[], str]) -> None:
        node, made, since = self._node, -1, time.monotonic()
        try:
            while not node.over.wait(0.1):
                if node.machine.made != made:
                    made, since = node.machine.made, time.monotonic()
                if self._failure is not None:
                    raise ClientError(f"a callback failed: {self._failure!r}") from self._failure
                if failure():
                    node.cancel()
                if time.monotonic() - since > GRASP_S:
                    raise ClientError(f"no grasp was made for {GRASP_S:g} s; does time go on?")
        finally:
            if not node.over.is_set() and self._failure is None:
                node.cancel()
                node.over.wait(10.0)

    # ---- nodes with an executor and a thread each
    def _start(self, kind: type[TacrefineNode], name: str, values: Mapping[str, Any]) -> Any:
        overrides = [Parameter(key, value=value) for key, value in values.items()]
        node = kind(name, namespace=self._namespace, context=self._context, parameter_overrides=overrides)
        executor = SingleThreadedExecutor(context=self._context)
        executor.add_node(node)
        thread = threading.Thread(target=self._spin, args=(executor,), name=name, daemon=True)
        self._spinning.append((node, executor, thread))
        node.autostart()
        thread.start()
        if not node.is_active:
            reason = node.health.last_error
            self._stop(node)
            raise DataError(reason)
        return node

    def _stop(self, node: TacrefineNode) -> None:
        entry = next(entry for entry in self._spinning if entry[0] is node)
        self._spinning.remove(entry)
        _, executor, thread = entry
        executor.shutdown(timeout_sec=2.0)
        thread.join(timeout=5.0)
        node.trigger_shutdown()
        node.destroy_node()

    def _spin(self, executor: SingleThreadedExecutor) -> None:
        try:
            executor.spin()
        except ExternalShutdownException:
            return
        except Exception as error:  # whoever waits must hear of it
            self._failure = error
