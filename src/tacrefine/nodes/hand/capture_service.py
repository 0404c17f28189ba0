"""The service `capture_target` of the refine server: several readings of the held grasp become a stored target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rclpy.task import Future

from tacrefine.errors import ConfigError, DataError, TacrefineError
from tacrefine.msg import TactileArray
from tacrefine.nodes.core.convert import from_pads, joints_of, to_grasp_target, to_seconds
from tacrefine.refine.capture import Capture
from tacrefine.refine.targets import StoredTarget, check_name
from tacrefine.srv import CaptureTarget
from tacrefine.supervision import errors
from tacrefine.supervision.errors import GoalError

if TYPE_CHECKING:
    from tacrefine.nodes.hand.refine_server import RefineServer


class CaptureService:
    """Collects readings newer than the request while the server goes on with its other work."""

    def __init__(self, server: RefineServer) -> None:
        self._server = server

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
            self._server.complain(response.message)
        return response

    async def _capture(self, request: CaptureTarget.Request) -> StoredTarget:
        server = self._server
        if not server.is_active:
            raise errors.Busy("the node is not active")
        if server.machine.phase is not None:
            raise errors.Busy("a goal is running; capture before or after it")
        check_name(request.name, errors.InvalidGoal)
        if request.object not in server.objects:
            raise ConfigError(
                f"object '{request.object}' is unknown; allowed are {', '.join(server.objects)}"
            )
        if request.name in server.store.names() and not request.overwrite:
            raise DataError(f"a target named '{request.name}' exists already; set overwrite to replace it")
        await self._collected()
        sample = server.arm.sample
        assert sample is not None
        target = self._session.target(
            request.name, server.objects[request.object], sample.stamp, server.base_frame, sample.pose
        )
        server.store.save(target, request.overwrite)
        return target

    async def _collected(self) -> None:
        """Wait until the hand rested through enough readings, or until the timeout says what was missing."""
        server = self._server
        self._session = Capture(server.hand, server.parameters.capture_frames)
        self._problem: TacrefineError | None = None
        self._began = server.clock.now()
        done = Future(executor=server.executor)
        deadline = server.clock.steady() + server.parameters.capture_timeout

        def look() -> None:
            if (self._session.is_full or server.clock.steady() > deadline) and not done.done():
                done.set_result(None)

        def take(message: TactileArray) -> None:
            self._take(message)
            look()

        timer = server.create_timer(0.05, look, clock=server.steady)
        server.watch.listener = take
        try:
            await done
        finally:
            server.watch.listener = None
            server.destroy_timer(timer)
        if not self._session.is_full:
            timeout = server.parameters.capture_timeout
            few = errors.NoTactile(f"tactile: too few readings in {timeout:g} s (capture_timeout)")
            raise server.machine.topic_fault() or self._problem or server.watch.explain() or few

    def _take(self, message: TactileArray) -> None:
        server = self._server
        if to_seconds(message.header.stamp) <= self._began or server.machine.topic_fault() is not None:
            return
        if not server.fingers.is_at_rest():
            self._problem = errors.HandTimeout("joint_states: the hand does not rest; close it and wait")
            return
        try:
            self._session.add(from_pads(message.pads), joints_of(server.joint_state))
        except TacrefineError as error:
            self._problem = error
