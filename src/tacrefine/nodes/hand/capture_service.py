"""The service `capture_target` of the refine server: several readings of the held grasp become a stored target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from tacrefine.errors import ConfigError, DataError, TacrefineError
from tacrefine.hands import Hand
from tacrefine.msg import TactileArray
from tacrefine.nodes.core.convert import from_pads, to_grasp_target, to_seconds
from tacrefine.nodes.core.protocols import Reporter
from tacrefine.nodes.core.sensor_sampling import SensorSampling
from tacrefine.nodes.hand.simulated_object import SimulatedObject
from tacrefine.nodes.hand.touch_monitor import TouchMonitor
from tacrefine.objects import GraspObject
from tacrefine.refine.capture import Capture
from tacrefine.refine.targets import StoredTarget, TargetStore, check_name
from tacrefine.srv import CaptureTarget
from tacrefine.supervision import errors
from tacrefine.supervision.arm import Arm
from tacrefine.supervision.errors import GoalError
from tacrefine.supervision.hand import Hand as Fingers
from tacrefine.supervision.samples import Clock
from tacrefine.touch import TouchStream


class Host(Reporter, Protocol):
    """The node whose hand holds the grasp."""

    hand: Hand
    fingers: Fingers
    objects: Mapping[str, GraspObject]
    store: TargetStore
    arm: Arm
    watch: TouchMonitor
    stream: TouchStream
    base_frame: str
    clock: Clock
    sensors: SensorSampling
    simulated_object: SimulatedObject

    @property
    def is_active(self) -> bool:
        """Whether the node is active."""

    @property
    def is_running(self) -> bool:
        """Whether a goal runs."""

    def missing_topic(self) -> GoalError | None:
        """Which of the robot's topics does not come, None if all do."""

    async def wait_until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until the condition holds, for at most `timeout` s; returns whether it holds."""


class CaptureSettings(Protocol):
    """Parameters of captures."""

    capture_frames: int
    capture_timeout: float


class CaptureService:
    """Collects readings newer than the request while the node goes on with its work."""

    def __init__(self, host: Host, settings: CaptureSettings) -> None:
        self._host, self._settings = host, settings
        self._problem: TacrefineError | None = None

    async def serve(
        self, request: CaptureTarget.Request, response: CaptureTarget.Response
    ) -> CaptureTarget.Response:
        """Answer one request; whatever goes wrong becomes a code and a sentence."""
        try:
            response.target = to_grasp_target(await self._capture(request))
            response.success, response.message = True, f"target '{request.name}' captured"
        except TacrefineError as error:
            response.success, response.message = False, f"capture_target: {error}"
            response.error_code = error.code if isinstance(error, GoalError) else errors.InvalidGoal.code
            self._host.report_error(response.message, "capture_target")
        return response

    async def _capture(self, request: CaptureTarget.Request) -> StoredTarget:
        host = self._host
        if not host.is_active:
            raise errors.NotActive("the node is not active")
        if host.is_running:
            raise errors.Busy("a goal is running; capture before or after it")
        check_name(request.name, errors.InvalidGoal)
        if request.object not in host.objects:
            raise ConfigError(f"object '{request.object}' is unknown; allowed are {', '.join(host.objects)}")
        host.simulated_object.refuse_other(request.object)
        if request.name in host.store.names() and not request.overwrite:
            raise DataError(f"a target named '{request.name}' exists already; set overwrite to replace it")
        host.sensors.wake()
        try:
            session = await self._collected()
        finally:
            host.sensors.sleep()
        sample = host.arm.sample
        assert sample is not None
        target = session.target(
            request.name, host.objects[request.object], sample.stamp, host.base_frame, sample.pose
        )
        host.store.save(target, request.overwrite)
        return target

    async def _collected(self) -> Capture:
        """Enough readings of a resting hand; raises what was missing when the timeout has passed."""
        host, session = self._host, Capture(self._host.hand, self._settings.capture_frames)
        self._problem, began = None, host.clock.now()

        def take(message: TactileArray) -> None:
            if to_seconds(message.header.stamp) > began:
                self._take(session, message)

        host.watch.listener = take
        try:
            is_full = await host.wait_until(lambda: session.is_full, self._settings.capture_timeout)
        finally:
            host.watch.listener = None
        if not is_full:
            seconds = self._settings.capture_timeout
            few = errors.NoTactile(f"tactile: too few readings in {seconds:g} s (capture_timeout)")
            raise host.missing_topic() or self._with_hint(self._problem) or host.watch.explain() or few
        return session

    def _with_hint(self, problem: TacrefineError | None) -> TacrefineError | None:
        """In simulation an open hand is closed by another service than on a robot."""
        if isinstance(problem, errors.NoContact) and self._host.simulated_object.name:
            return errors.NoContact(f"{problem}; in simulation, sim/reset with close_hand closes it")
        return problem

    def _take(self, session: Capture, message: TactileArray) -> None:
        host = self._host
        if session.is_full or host.missing_topic() is not None:
            return
        if not host.fingers.is_at_rest():
            self._problem = errors.HandTimeout("joint_states: the hand does not rest; close it and wait")
            return
        if host.fingers.is_open():
            self._problem = errors.NoContact(
                "joint_states: the hand is open, so it does not hold the object; close it first"
            )
            return
        try:
            session.add(host.stream.frame(to_seconds(message.header.stamp), from_pads(message.pads)))
        except TacrefineError as error:
            self._problem = error
