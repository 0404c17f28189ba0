"""The camera in front: rays, crops, depth, and the cylinder that is fitted to it."""

import numpy as np
import pytest

from tacrefine.errors import SimulationError
from tacrefine.gripper import CAMERA_SIZE, GripperPose
from tacrefine.objects.free_objects import Part, RegraspObject
from tacrefine.sim.gripper.camera import RayCamera
from tacrefine.sim.gripper.scene import GripperScene
from tacrefine.vision.cylinder import fit_cylinder
from tacrefine.vision.images import averaged
from tacrefine.vision.optics import Camera


def thing(kind: str, size: tuple[float, ...]) -> RegraspObject:
    return RegraspObject(name="thing", mass=0.2, friction=0.5, parts=(Part(kind=kind, size=size),))  # type: ignore[arg-type]


def placed(obj: RegraspObject, x: float, y: float, yaw: float, rendering: str = "rays") -> GripperScene:
    scene = GripperScene(obj, rendering=rendering)
    scene.place(x, y, yaw)
    scene.teleport(GripperPose(0.0, 0.0, 0.3, 0.0))
    return scene


def test_a_point_is_found_again_where_it_projects_to() -> None:
    camera, point = Camera(), np.array([0.03, -0.05, 0.04])
    row, column = camera.project(point)
    depth = camera.axes[2] @ (point - np.array(camera.position))
    ray = camera.rays(np.array([row]), np.array([column]))[0, 0]
    assert np.array(camera.position) + depth * ray == pytest.approx(point)


def test_a_crop_is_that_part_of_the_whole_image() -> None:
    scene = placed(thing("box", (0.03, 0.02, 0.04)), 0.03, -0.03, 0.5)
    scene.teleport(GripperPose(0.02, -0.03, 0.1, 0.3))
    whole, _ = scene.camera()
    crop = scene.camera_crop()
    assert crop.shape == (*CAMERA_SIZE, 3)
    assert np.array_equal(crop, scene.optics.cut(whole, scene.pose))


def test_depth_tells_where_table_and_object_are() -> None:
    scene = placed(thing("box", (0.04, 0.04, 0.03)), 0.0, 0.0, 0.0)
    points = scene.optics.points(scene.camera()[1])
    heights = points[..., 2]
    top = heights[(np.abs(points[..., 0]) < 0.03) & (np.abs(points[..., 1]) < 0.03)]
    assert np.median(top) == pytest.approx(0.06, abs=0.002)
    table = heights[(np.abs(points[..., 1]) > 0.08) & np.isfinite(heights) & (points[..., 0] > 0.05)]
    assert np.median(table) == pytest.approx(0.0, abs=0.002)


def test_a_can_is_fitted_by_its_own_cylinder() -> None:
    found = placed(thing("cylinder", (0.03, 0.05)), 0.03, -0.02, 0.0).find_object()
    assert found is not None
    assert (found.x, found.y) == pytest.approx((0.03, -0.02), abs=0.006)
    assert found.radius == pytest.approx(0.03, abs=0.005)
    assert found.height == pytest.approx(0.10, abs=0.004)


@pytest.mark.parametrize("yaw", [0.3, 1.2, -0.8])
def test_a_long_object_is_grasped_across(yaw: float) -> None:
    found = placed(thing("box", (0.07, 0.018, 0.02)), 0.0, 0.0, yaw).find_object()
    assert found is not None
    off = (found.grasp().yaw - yaw + np.pi / 2) % np.pi - np.pi / 2
    assert abs(off) < 0.2


def test_an_empty_table_has_no_cylinder() -> None:
    scene = placed(thing("box", (0.02, 0.02, 0.02)), 0.0, 0.0, 0.0)
    scene.place(0.9, 0.9, 0.0)
    assert scene.find_object() is None
    assert fit_cylinder(np.full((180, 240), np.inf), Camera()) is None


def test_whatever_renders_here_sees_what_rays_see() -> None:
    obj = thing("cylinder", (0.03, 0.05))
    scenes = [placed(obj, 0.02, 0.0, 0.0, rendering) for rendering in ("rays", "auto")]
    if isinstance(scenes[1]._view, RayCamera):
        pytest.skip("nothing renders here")
    (colour, depth), (other_colour, other_depth) = (scene.camera() for scene in scenes)
    both = np.isfinite(depth) & np.isfinite(other_depth)
    assert both.mean() > 0.7
    assert np.median(np.abs(depth[both] - other_depth[both])) < 0.005
    assert np.abs(colour.astype(int) - other_colour).mean() < 12.0


def test_an_unknown_rendering_is_refused_in_one_sentence() -> None:
    with pytest.raises(SimulationError, match="allowed: auto, egl, osmesa, rays"):
        GripperScene(thing("box", (0.02, 0.02, 0.02)), rendering="vulkan")


def test_larger_images_are_reduced_by_area() -> None:
    image = np.zeros((96, 72, 3), np.uint8)
    image[:48] = 200
    small = averaged(image, (48, 36))
    assert small.shape == (48, 36, 3)
    assert small[0, 0, 0] == pytest.approx(200)
    assert small[-1, 0, 0] == pytest.approx(0)
    assert averaged(image, (1, 1))[0, 0, 0] == pytest.approx(100)
