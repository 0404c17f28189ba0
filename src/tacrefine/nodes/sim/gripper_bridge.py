"""`gripper_bridge`: a simulated gripper over a table with its two pads, and the RGB-D camera in front.

It follows `gripper/arm/target_frame` (where the grasp centre goes) and `gripper/command` (an opening, and the force to
close with), as a real gripper's driver would. How its time goes stands in `tacrefine.nodes.sim.simulation`.
"""

from __future__ import annotations

import sys

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import CameraInfo, Image, JointState
from trajectory_msgs.msg import JointTrajectory

from tacrefine.errors import TacrefineError
from tacrefine.geometry import transform
from tacrefine.nodes.core.convert import from_pose, to_pose
from tacrefine.nodes.core.images import to_image
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.nodes.core.running import run
from tacrefine.nodes.gripper.messages import CAMERA_INFO, COMMAND, IMAGES, POSE, PREFIX, camera_info, grip_of
from tacrefine.nodes.sim.parameters import GripperBridgeParameters
from tacrefine.nodes.sim.simulation import SimulationNode
from tacrefine.objects.free_objects import load_regrasp_objects
from tacrefine.regrasp.samples import pose_of, wrist_of
from tacrefine.sim.gripper.robot import NO_OBJECT, Bench, BenchReading
from tacrefine.srv import PlaceObject
from tacrefine.supervision.gripper import STATES, WIDTH


class GripperBridge(SimulationNode):
    """A gripper, an object on a table and a camera, in one simulated world."""

    group = GripperBridgeParameters

    def setup(self) -> None:
        """Put the object on the table, the open gripper above it."""
        super().setup()
        p = self.parameters
        objects = load_regrasp_objects(p.regrasp_objects)
        self._bench = Bench(objects, p.rendering, 1.0 / p.camera_rate, 1.0 / p.tactile_rate)
        self._bench.place(p.regrasp_object, p.seed)
        self._images = {name: self.publish_on(Image, topic, SENSOR) for name, topic in IMAGES.items()}
        self._info = self.publish_on(CameraInfo, CAMERA_INFO, SENSOR)
        self._wrist = self.publish_on(PoseStamped, f"{PREFIX}{POSE}", SENSOR)
        self._states = self.publish_on(JointState, STATES, SENSOR)
        self._truth = self.publish_on(PoseStamped, f"{PREFIX}sim/object_pose", SENSOR)
        self.listen_to(PoseStamped, f"{PREFIX}arm/target_frame", self._on_target, RELIABLE)
        self.listen_to(JointTrajectory, COMMAND, self._on_command, RELIABLE)
        self.serve_waiting(PlaceObject, f"{PREFIX}sim/place", self._on_place)

    # ---- simulation thread
    def advance(self) -> BenchReading:
        """One period of the bench."""
        return self._bench.advance(1.0 / self.parameters.rate)

    def publish(self, reading: BenchReading, stamp: Time) -> None:
        """Pose and gripper, and the images that are due."""
        frame = self.parameters.base_frame
        wrist = PoseStamped(pose=to_pose(wrist_of(reading.pose, reading.pose.yaw)))
        wrist.header.stamp, wrist.header.frame_id = stamp, frame
        self._wrist.publish(wrist)
        state = JointState(name=[WIDTH], position=[reading.width], effort=[reading.force])
        state.header = wrist.header
        self._states.publish(state)
        truth = PoseStamped(header=wrist.header, pose=to_pose(transform(reading.object_position)))
        self._truth.publish(truth)
        self.health.tick(POSE)
        for name, pixels in reading.images.items():
            image = to_image(pixels, stamp, name)
            self._images[name].publish(image)
            if name == "camera":
                self._info.publish(camera_info(image.header, self._bench.scene.optics))
            self.health.tick(name)

    # ---- executor thread
    def _on_target(self, message: PoseStamped) -> None:
        frame = self.parameters.base_frame
        topic = f"{PREFIX}arm/target_frame"
        if message.header.frame_id != frame:
            self.report_error(f"{topic}: frame_id must be '{frame}', not '{message.header.frame_id}'", topic)
            return
        try:
            pose = pose_of(from_pose(message.pose))
        except ValueError as error:
            self.report_error(f"{topic}: {error}", topic)
            return
        self.command(topic, message.header.stamp, lambda: self._bench.follow(pose))

    def _on_command(self, message: JointTrajectory) -> None:
        try:
            width, force = grip_of(message)
        except TacrefineError as error:
            self.report_error(error, COMMAND)
            return
        self.command(COMMAND, message.header.stamp, lambda: self._bench.grip(width, force))

    async def _on_place(
        self, request: PlaceObject.Request, response: PlaceObject.Response
    ) -> PlaceObject.Response:
        def place() -> None:
            self._bench.place(request.object, request.seed, request.fault)
            self.begin_anew()

        try:
            await self.ask(place)
            what = "nothing" if request.object == NO_OBJECT else self._bench.object_name
            response.success, response.message = True, f"{what} on the table, seed {request.seed}"
        except (TacrefineError, ValueError) as error:
            response.success, response.message = False, f"{PREFIX}sim/place: {error}"
            self.report_error(response.message, "sim/place")
        return response


def main() -> int:
    """Entry point of the executable."""
    return run(GripperBridge, "gripper_bridge")


if __name__ == "__main__":
    sys.exit(main())
