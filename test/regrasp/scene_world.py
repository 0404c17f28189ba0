"""The simulated gripper as a robot for a RegraspMachine, with a clock that waits for it.

The scene's time goes on only while something is commanded, or while the machine waits in the air: exactly the motions
that the batch evaluation makes. Noise depends on the scene's time alone, so both see the same images; targets are
rounded, since contacts amplify the last digit that a frame loses on its way through a rotation matrix.
"""

from __future__ import annotations

import numpy as np
from fake_gripper import STEP, STREAMS, FakeClock, make_guard

from tacrefine.data.regrasp.trials import HOLD, held_for
from tacrefine.geometry import transform
from tacrefine.gripper import PADS, GripperPose
from tacrefine.regrasp.commands import TrialLift
from tacrefine.regrasp.defaults import TRIAL_TIME
from tacrefine.regrasp.image_streams import CAMERA, DEPTH, ImageStreams
from tacrefine.regrasp.machine import RegraspMachine
from tacrefine.regrasp.perception import CameraPerception
from tacrefine.regrasp.samples import Phase, pose_of, wrist_of, yaw_of
from tacrefine.sim.gripper.scene import GripperScene
from tacrefine.supervision.arm import Arm
from tacrefine.supervision.gripper import StateGripper, gated
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.samples import GripperSample, WristSample
from tacrefine.vision.cylinder import DEPTH_STEP

DIGITS = 10
"""of m and rad"""
IMAGE_PERIOD = 10
"""steps of the clock between two images of a scene that stands still"""


class TimedScene(GripperScene):
    """A scene whose noise follows from its time, and which goes to rounded poses."""

    def move_to(self, pose):
        super().move_to(GripperPose(*(round(value, DIGITS) for value in pose)))

    def tactile(self):
        self._reseed()
        return super().tactile()

    def depth(self):
        """As large as the camera's image; only the pixels that are looked at tell anything."""
        thinned = self._depth()
        whole = np.full((self.optics.height, self.optics.width), np.inf, np.float32)
        whole[::DEPTH_STEP, ::DEPTH_STEP] = thinned
        return whole

    def _noisy(self, depth):
        self._reseed()
        return super()._noisy(depth)

    def _reseed(self):
        self._rng = np.random.default_rng(round(1e4 * self.time))


class SceneArm:
    """Makes each move at once, as far as the scene lets it."""

    commanded = None

    def __init__(self, scene):
        self.scene, self.goal, self.turn = scene, None, 0.0

    def missing(self, now):
        return ""

    def begin(self, start, goal, now):
        self.goal, self.turn = goal, yaw_of(goal)
        return 0.1

    def tick(self, now):
        if self.goal is not None:
            self.scene.move_to(pose_of(self.goal))
            self.goal = None
        return True

    def rest(self):
        """It stays where it is."""

    def hold(self, pose):
        self.goal = None
        self.scene.command(self.scene.pose)


class SceneWorld:
    """Ticks a RegraspMachine around a scene."""

    def __init__(self, scene, settings, make_strategy):
        self.scene, self.clock = scene, FakeClock()
        limits = Limits(settings, transform())
        guard = make_guard(settings, limits, self.clock)
        self.adapter = SceneArm(scene)
        self.sight = ImageStreams({name: name for name in STREAMS}, settings.image_timeout, self.clock)
        self.machine = RegraspMachine(
            settings,
            self.clock,
            Arm(self.adapter, guard, settings),
            StateGripper(gated(self._grip, guard), settings),
            guard,
            self.sight,
            perception=CameraPerception(scene.optics),
            make_strategy=make_strategy,
        )
        self._waited, self._steps, self._seen_at = False, 0, -1.0

    def _grip(self, width, force):
        if width > 0.0:
            self.scene.open()
        else:
            self.scene.close(force)

    def run(self, goal):
        """Return the outcome of a goal."""
        self.machine.start(goal)
        for _ in range(20_000):
            outcome = self.step()
            if outcome is not None:
                return outcome
        raise AssertionError(f"no outcome in phase {self.machine.phase}")

    def step(self):
        self.clock.advance(STEP)
        self._wait_in_the_air()
        now, scene = self.clock.now(), self.scene
        self.machine.observe_wrist(WristSample(now, wrist_of(scene.pose, self.adapter.turn)))
        force = float(np.clip(scene.pad_forces, 0.0, None).mean())
        self.machine.observe_gripper(GripperSample(now, scene.width, force))
        self._steps += 1
        if scene.time != self._seen_at or self._steps % IMAGE_PERIOD == 0:
            self._look(now)
        return self.machine.tick()

    def _wait_in_the_air(self):
        holding = self.machine.phase is Phase.HOLDING
        if holding and not self._waited:
            if isinstance(self.machine.strategy.decisions[-1].command, TrialLift):
                self.scene.hold(TRIAL_TIME)
            else:
                held_for(self.scene, HOLD)
        self._waited = holding

    def _look(self, now):
        scene = self.scene
        if scene.time != self._seen_at:
            self._seen_at = scene.time
            pads = dict(zip(PADS, scene.tactile(), strict=True))
            self._images = {CAMERA: scene.camera()[0], DEPTH: scene.depth(), **pads}
        for name, image in self._images.items():
            self.sight.take(name, now, image)
