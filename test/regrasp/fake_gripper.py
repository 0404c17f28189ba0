"""A gripper, an object on a table, a camera, two pads and a clock without physics, which tests bend out of shape."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tacrefine.arms.cartesian import CartesianArm
from tacrefine.geometry import RigidTransform, error_between, transform
from tacrefine.gripper import PADS, Action, State
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.choice import Choice
from tacrefine.regrasp.defaults import Objective
from tacrefine.regrasp.goals import rules_of
from tacrefine.regrasp.image_streams import CAMERA, DEPTH, ImageStreams
from tacrefine.regrasp.machine import RegraspMachine
from tacrefine.regrasp.samples import GRIPPER_PHASES, Phase, RegraspGoal, RegraspOutcome
from tacrefine.regrasp.settings import RegraspSettings
from tacrefine.regrasp.strategy import RegraspStrategy
from tacrefine.supervision.arm import Arm
from tacrefine.supervision.gripper import StateGripper, gated
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.samples import GripperSample, WristSample
from tacrefine.vision.cylinder import Cylinder

HOME = (0.0, 0.0, 0.24)
STEP = 0.04
QUICK = {
    "linear_speed": 1.0,
    "angular_speed": 3.0,
    "hold_time": 0.2,
    "trial_lift": 0.0,
    "trial_time": 0.1,
    "move_timeout": 3.0,
    "grip_patience": 0.4,
}
STREAMS = (CAMERA, DEPTH, *PADS)


FIRST_GRASP = [Phase.OPENING, Phase.OBSERVING, Phase.MOVING, Phase.OBSERVING, Phase.CLOSING, Phase.SENSING]
IN_THE_AIR = [Phase.LIFTING, Phase.HOLDING, Phase.VERIFYING]
ON_THE_TABLE = [Phase.OPENING, Phase.OBSERVING, Phase.MOVING, Phase.CLOSING, Phase.SENSING]


@dataclass
class FakeClock:
    time: float = 1000.0
    wall: float = 5.0
    is_simulated: bool = False

    def now(self) -> float:
        return self.time

    def steady(self) -> float:
        return self.wall

    def advance(self, seconds: float) -> None:
        self.wall += seconds
        self.time += seconds


@dataclass
class FakePerception:
    """Finds the object where the world has it, and hands out states of whole images."""

    world: FakeWorld
    states: list = field(default_factory=list)
    risen: list = field(default_factory=list)

    def find(self, images):
        assert DEPTH in images
        return self.world.object

    def state(self, rest, now, force):
        pads = [np.stack([taken.images[pad] for pad in PADS]) for taken in (now, rest)]
        state = State(now.images[CAMERA], rest.images[CAMERA], *pads, now.pose.array(), force)
        self.states.append(state)
        return state

    def left_behind(self, images, pose, risen):
        assert DEPTH in images
        self.risen.append(risen)
        return self.world.force < self.world.heavy

    def slide(self, before, now):
        assert before.pose[2] < now.pose[2]
        return 0.002 if self.world.force < self.world.slippery else 0.0

    def felt(self, state):
        return tuple(bool(pad.max() > 150) for pad in state.tactile)


@dataclass
class FakeSelector:
    """Answers with the `choices` in their order, the last one for ever; grasps promise what stands in `stays`."""

    choices: list[Choice]
    stays: list[float]
    eased: list = field(default_factory=list)

    def best(self, state, box):
        return self.choices.pop(0) if len(self.choices) > 1 else self.choices[0]

    def staying(self, state, force):
        return self.stays.pop(0) if len(self.stays) > 1 else self.stays[0]

    def gentler(self, state, box, force):
        return self.eased.pop(0) if self.eased else None


def choice(probability=0.95, force=12.0, **motion) -> Choice:
    action = Action(*(motion.get(name, 0.0) for name in ("dx", "dy", "dz", "dyaw")), force)
    return Choice(action, probability, probability > 0.9, 5000, probability)


class FakeWorld:
    """Closes the loop around a RegraspMachine in steps of 40 ms."""

    def __init__(self, settings: RegraspSettings) -> None:
        self.clock, self.settings = FakeClock(), settings
        self.object: Cylinder | None = Cylinder(0.02, -0.01, 0.02, 0.06, 0.3)
        self.held = False
        self.holds_at_all = True
        self.slips_on_lift = 0
        self.heavy = 0.0  # N below which the pads slide along the object
        self.slippery = 0.0  # N below which it begins to slide out of them
        self.wrist = self._wrist_goal = transform(HOME)
        self.width, self.force = settings.open_width, 0.0
        self._wanted = (self.width, 0.0)
        self.arm_log: list[RigidTransform] = []
        self.gripper_log: list[tuple[float, float]] = []
        self.feedback: list = []
        self.silent: set[str] = set()
        self.arm_moves = self.gripper_moves = True
        self.wrist_flows = self.states_flow = True
        self.floor = -1.0
        self.arm_lacks = ""
        self.shake = 0.0
        self.spoil = {}
        self._noise = np.random.default_rng(0)
        limits = Limits(settings, transform())
        self.guard = make_guard(settings, limits, self.clock)
        self.adapter = CartesianArm(self, self.guard.gate, limits, "streaming")
        self.arm = Arm(self.adapter, self.guard, settings)
        self.gripper = StateGripper(gated(self._take_gripper, self.guard), settings)
        self.sight = ImageStreams(
            {name: f"{name}/image_raw" for name in STREAMS}, settings.image_timeout, self.clock
        )
        self.perception, self.selector = FakePerception(self), FakeSelector([choice()], [0.95])
        self.machine = RegraspMachine(
            settings,
            self.clock,
            self.arm,
            self.gripper,
            self.guard,
            self.sight,
            self.feedback.append,
            perception=self.perception,
            make_strategy=self._strategy,
        )

    def goal(self, objective="max_success", force=(3.0, 25.0), tries=3) -> RegraspGoal:
        return RegraspGoal(Objective(objective), ActionBox(force=force), tries)

    def _strategy(self, goal: RegraspGoal) -> RegraspStrategy:
        rules = rules_of(goal, self.settings)
        return RegraspStrategy(self.selector, goal.box, rules, np.random.default_rng(0))

    def missing(self) -> str:
        return self.arm_lacks

    def send(self, pose: RigidTransform) -> None:
        self.arm_log.append(pose)
        self._wrist_goal = pose

    def _take_gripper(self, width: float, force: float) -> None:
        self.gripper_log.append((width, force))
        self._wanted = (width, force)

    @property
    def is_open(self) -> bool:
        return self.width > self.settings.open_width - 0.001

    @property
    def height(self) -> float:
        return float(self.wrist.translation[2])

    def _around(self) -> bool:
        if self.object is None or self.height > self.object.height:
            return False
        away = self.wrist.translation[:2] - [self.object.x, self.object.y]
        return float(np.hypot(*away)) < 0.03

    def _physics(self) -> None:
        if self.arm_moves:
            goal = self._wrist_goal
            x, y, z = goal.translation
            self.wrist = transform((x, y, max(z, self.floor)), goal.rotation.as_rotvec())
        if self.gripper_moves:
            width, force = self._wanted
            wall = (
                2 * self.object.radius if self.object and (self._around() or self.held) and force > 0 else 0.0
            )
            target = max(width, wall)
            self.width += float(np.clip(target - self.width, -0.24 * STEP, 0.24 * STEP))
            pressing = wall > 0 and width < wall and self.width <= wall + 1e-9
            self.force = force if pressing else 0.0
            self.held = pressing
        if self.held and self.slips_on_lift and self.machine.phase is Phase.LIFTING:
            self.slips_on_lift -= 1
            self.held, self.force, self._wanted = False, 0.0, (0.0, 5.0)
            self.object_falls()

    def object_falls(self) -> None:
        """Nothing is between the pads any more; the object lies on the table."""

    def images(self) -> dict[str, np.ndarray]:
        pads = {
            pad: self._noise.integers(90, 100, (4, 3, 3)).astype(np.uint8) + np.uint8(100 * self.held)
            for pad in PADS
        }
        shade = np.full((4, 4, 3), 100 + int(self.clock.now() * 50) % 50, np.uint8)
        made = {CAMERA: shade, DEPTH: np.full((4, 4), 0.5, np.float32), **pads}
        return {name: self.spoil.get(name, lambda image: image)(image) for name, image in made.items()}

    def step(self) -> RegraspOutcome | None:
        self.clock.advance(STEP)
        now = self.clock.now()
        self._physics()
        if self.wrist_flows:
            self.machine.observe_wrist(WristSample(now, self.wrist))
        if self.states_flow:
            shake = self.shake * np.sin(40.0 * now)
            self.machine.observe_gripper(GripperSample(now, self.width + shake, self.force))
        for name, image in self.images().items():
            if name not in self.silent:
                self.sight.take(name, now, image)
        return self.machine.tick()

    def run(self, seconds: float = 120.0, until=None) -> RegraspOutcome | None:
        """Step until the goal ends or `until(self)` holds."""
        for _ in range(int(seconds / STEP)):
            outcome = self.step()
            if outcome is not None or (until is not None and until(self)):
                return outcome
        raise AssertionError(f"nothing happened for {seconds} s in phase {self.machine.phase}")

    def run_to(self, phase: Phase) -> None:
        outcome = self.run(until=lambda world: world.machine.phase is phase)
        assert outcome is None, outcome


def make_guard(settings, limits, clock) -> Guard:
    return Guard(settings, limits, clock, GRIPPER_PHASES)


def phases(world):
    return [feedback.phase for feedback in world.feedback]


def assert_left_open_on_the_table(world, outcome):
    """What was grasped stands where it was grasped, the gripper is told to open, and the arm to stay."""
    assert outcome.safe_state == "open"
    assert not outcome.lifted
    assert world.gripper_log[-1][0] == world.settings.open_width
    assert error_between(world.arm_log[-1], world.wrist)[0] < 3e-3
    for _ in range(50):
        assert world.step() is None
    assert world.is_open
