"""`tacrefine hands add`: from published robot models to a hand's file, or one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from made_robots import gripper_mjcf, joint, link, three_fingers

from tacrefine.cli import main
from tacrefine.hands import load_hand
from tacrefine.hands.kinematics import link_poses
from tacrefine.sim.hand_setup.posture import PadKinematics

TRIO = [
    "--wrist",
    "flange",
    "--fingers",
    "thumb,index,middle",
    "--pads-on",
    "thumb_distal,index_distal,middle_distal",
]


def added(tmp_path, text, *options, name="robot.urdf"):
    model, out = tmp_path / name, tmp_path / "hand.yaml"
    model.write_text(text, encoding="utf-8")
    return main(["hands", "add", str(model), "--out", str(out), *options]), out


def refused(tmp_path, capsys, text, *options, name="robot.urdf"):
    code, out = added(tmp_path, text, *options, name=name)
    told = capsys.readouterr().err
    assert code == 2, told
    assert len(told.strip().splitlines()) == 1, told
    assert "Traceback" not in told
    assert not out.exists()
    return told


def test_a_urdf_becomes_a_hand_with_its_kinematics(tmp_path):
    code, out = added(tmp_path, three_fingers(), *TRIO)
    assert code == 0
    hand = load_hand(out)
    assert [finger.name for finger in hand.fingers] == ["thumb", "index", "middle"]
    assert len(hand.actuated_joints) == 6
    assert hand.wrist_frame == "flange"
    at = dict.fromkeys(hand.joint_names, 0.0) | {"index_base_joint": 0.5, "index_tip_joint": 0.25}
    poses = link_poses(hand, np.array([at[name] for name in hand.joint_names]))
    # Two links of 50 and 30 mm about y, on a base 30 mm above the flange.
    tip = poses["index_tip_joint"].apply([0.0, 0.0, 0.03])
    expected = np.array([-0.03, 0.02, 0.03])
    for length, angle in ((0.05, 0.5), (0.03, 0.75)):
        expected += length * np.array([np.sin(angle), 0.0, np.cos(angle)])
    assert tip == pytest.approx(expected, abs=1e-6)


def test_the_pads_lie_on_the_sides_that_face_each_other_and_close_towards_each_other(tmp_path):
    _, out = added(tmp_path, three_fingers(), *TRIO)
    hand = load_hand(out)
    pads = PadKinematics(hand)
    closed, opened = pads.frames(hand.closed_positions), pads.frames(hand.open_positions)
    touching = pads.frames(hand.closed_positions + 0.4 * (hand.open_positions - hand.closed_positions))
    thumb, others = touching[0, :3, 0], touching[1:, :3, 0]
    assert (others @ thumb < -0.9).all()
    x = hand.wrist_from_centre.rotation.as_matrix()[:, 0]
    assert (closed[1:, :3, 3] - opened[1:, :3, 3]) @ x == pytest.approx([0.04, 0.04], abs=0.02)
    assert (closed[0, :3, 3] - opened[0, :3, 3]) @ x < -0.02


def test_a_pad_lies_on_the_surface_of_the_links_collision_geometry(tmp_path):
    _, out = added(tmp_path, three_fingers(), *TRIO)
    for pad in load_hand(out).pads:
        place = np.asarray(pad.pose_in_link.translation)
        assert abs(place[0]) == pytest.approx(0.006, abs=1e-6)  # half of 12 mm
        assert np.abs(pad.pose_in_link.rotation.as_matrix()[0, 0]) == pytest.approx(1.0, abs=1e-6)


def test_an_mjcf_without_its_mesh_becomes_a_gripper_whose_fingers_share_the_drive(tmp_path):
    code, out = added(
        tmp_path, gripper_mjcf(), "--wrist", "palm", "--pads-on", "left,right", name="gripper.xml"
    )
    assert code == 0
    hand = load_hand(out)
    assert hand.actuated_joints == ("left_slide",)
    assert hand.grasp_sentence == "'left' and 'right'"
    pads = PadKinematics(hand)
    opened, closed = pads.frames(hand.open_positions), pads.frames(hand.closed_positions)
    assert np.linalg.norm(opened[0, :3, 3] - opened[1, :3, 3]) > np.linalg.norm(
        closed[0, :3, 3] - closed[1, :3, 3]
    )
    assert opened[0, :3, 0] @ opened[1, :3, 0] == pytest.approx(-1.0)


def test_transmissions_say_what_is_driven_and_the_option_overrules_them(tmp_path):
    more = "".join(
        f'<transmission name="t{n}"><joint name="{name}_base_joint"/></transmission>'
        for n, name in enumerate(("thumb", "index", "middle"))
    )
    _, out = added(tmp_path, three_fingers(more), *TRIO)
    assert set(load_hand(out).joint_names) == {"thumb_base_joint", "index_base_joint", "middle_base_joint"}
    names = ",".join(
        f"{name}_{which}_joint" for name in ("thumb", "index", "middle") for which in ("base", "tip")
    )
    _, out = added(tmp_path, three_fingers(more), *TRIO, "--driven", names, "--replace")
    assert len(load_hand(out).actuated_joints) == 6


def test_pads_may_be_placed_by_a_file_as_points_with_three_components(tmp_path):
    pads = tmp_path / "pads.yaml"
    (tmp_path / "dome.csv").write_text("x_mm,y_mm,z_mm,nx,ny,nz\n0,-2,0,1,-0.2,0\n0,2,0,1,0.2,0\n")
    pads.write_text(
        "thumb: [{link: thumb_distal, position: [-0.006, 0, 0.02], rotation_vector: [0, 0, 3.14159265],"
        " taxels: dome.csv, components: 3}]\n"
        "index: [{link: index_distal, position: [0.006, 0, 0.02], rows: 4, cols: 3, pitch: 0.002}]\n"
    )
    code, out = added(tmp_path, three_fingers(), "--wrist", "flange", "--pads", str(pads))
    assert code == 0
    thumb, index = load_hand(out).pads
    assert (thumb.size, thumb.components, thumb.is_grid) == (2, 3, False)
    assert (index.rows, index.cols, index.components) == (4, 3, 1)


def test_a_layout_of_points_lies_on_the_links_surface_with_its_lowest_taxels_facing_outwards(tmp_path):
    layout = tmp_path / "dome.csv"
    layout.write_text("x_mm,y_mm,z_mm,nx,ny,nz\n9,-2,5,1,-0.2,0\n10,0,5,1,0,0\n9,2,9,1,0.2,0\n")
    code, out = added(tmp_path, three_fingers(), *TRIO, "--layout", str(layout), "--components", "3")
    assert code == 0
    hand = load_hand(out)
    assert hand.description.skin.taxel_radius == pytest.approx(0.001)
    for pad in hand.pads:
        assert (pad.size, pad.components, pad.is_grid) == (3, 3, False)
        at, normals = pad.pose_in_link.apply(pad.points), pad.pose_in_link.rotation.apply(pad.normals)
        outwards = np.sign(normals[1, 0])
        assert outwards * at[:, 0] == pytest.approx(
            [0.006, 0.007, 0.006], abs=1e-6
        )  # half of 12 mm, and a dome of 1 mm
        assert at[:, 1].sum() == pytest.approx(0.0, abs=1e-6)
        assert at[:, 2].max() < 0.03  # within the link


def test_a_paxini_sensor_by_name_is_put_on_every_finger(tmp_path):
    pytest.importorskip("paxini_sdk")
    code, out = added(
        tmp_path, three_fingers(), *TRIO, "--layout", "PX6AX-GEN3-DP-M2826-Omega", "--components", "3"
    )
    assert code == 0
    assert [pad.size for pad in load_hand(out).pads] == [127, 127, 127]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--layout", "dome.csv", "--rows", "4"], "--layout dome.csv and --rows contradict each other"),
        (["--layout", "nowhere.csv"], "nowhere.csv"),
        (["--layout", "PXSR-NOSUCH"], "has no such sensor"),
    ],
)
def test_a_layout_that_cannot_be_put_on_is_one_sentence(options, said, tmp_path, capsys):
    if "PXSR" in options[1]:
        pytest.importorskip("paxini_sdk")
    assert said in refused(tmp_path, capsys, three_fingers(), *TRIO, *options)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("x,y,z\n0,0,0\n0,0,0.001\n", "lack normals"),
        ("x,y,z,nx,ny,nz\n0,0,0,1,0,0\n0,0,0,1,0,0\n", "in one place"),
        ("x,y,z,nx,ny,nz\n", "has 0 taxels"),
    ],
)
def test_an_odd_csv_as_a_layout_is_one_sentence_that_names_it(lines, said, tmp_path, capsys):
    layout = tmp_path / "odd.csv"
    layout.write_text(lines)
    told = refused(tmp_path, capsys, three_fingers(), *TRIO, "--layout", str(layout))
    assert said in told
    assert "odd.csv" in told


def test_a_layout_beside_a_file_of_pads_is_one_sentence(tmp_path, capsys):
    told = refused(
        tmp_path, capsys, three_fingers(), "--wrist", "flange", "--pads", "p.yaml", "--layout", "PXSR-X"
    )
    assert "--layout is for --pads-on" in told


def bodies_of_gripper() -> str:
    """The gripper's bodies alone, as a file that models include."""
    text = gripper_mjcf()
    bodies = text[text.index("<worldbody>") + len("<worldbody>") : text.index("</worldbody>")]
    return "<mujocoinclude>" + bodies.replace('<geom type="mesh" mesh="shell"/>', "") + "</mujocoinclude>"


@pytest.mark.parametrize("root", ["mujocoinclude", "mujoco"])
def test_a_part_of_an_mjcf_with_bodies_becomes_a_hand_and_says_what_it_lacks(root, tmp_path, capsys):
    text = bodies_of_gripper().replace("mujocoinclude", root)
    code, out = added(tmp_path, text, "--wrist", "palm", "--pads-on", "left,right", name="part.xml")
    assert code == 0
    assert "it is a part of a model" in capsys.readouterr().out
    assert load_hand(out).actuated_joints == ("left_slide", "right_slide")


def test_a_part_that_needs_the_rest_names_the_model_that_includes_it(tmp_path, capsys):
    (tmp_path / "scene.xml").write_text('<mujoco><include file="part.xml"/></mujoco>')
    text = bodies_of_gripper().replace('<body name="palm">', '<body name="palm" childclass="finger">')
    told = refused(tmp_path, capsys, text, "--wrist", "palm", "--pads-on", "left", name="part.xml")
    assert "is a part of a model" in told
    assert f"give the model that includes it: {tmp_path / 'scene.xml'}" in told


def test_a_part_without_bodies_is_one_sentence(tmp_path, capsys):
    text = "<mujocoinclude><default><geom rgba='1 0 0 1'/></default></mujocoinclude>"
    told = refused(tmp_path, capsys, text, "--wrist", "palm", "--pads-on", "left", name="defaults.xml")
    assert "has no body" in told
    assert "give the model that includes it" in told


def test_joints_that_no_finger_needs_do_no_harm(tmp_path):
    odd = link("world") + joint("free", "floating", "world", "flange", "0 0 0")
    code, out = added(tmp_path, three_fingers(joints=odd), *TRIO)
    assert code == 0
    assert "free" not in load_hand(out).joint_names


def test_comments_in_another_encoding_do_no_harm(tmp_path):
    model, out = tmp_path / "robot.urdf", tmp_path / "hand.yaml"
    text = '<?xml version="1.0" encoding="gb2312"?><!-- \u624b -->' + three_fingers()
    model.write_bytes(text.encode("gb2312"))
    assert main(["hands", "add", str(model), "--out", str(out), *TRIO]) == 0


def test_a_joint_without_room_is_fixed_and_one_without_limits_turns_freely(tmp_path, capsys):
    narrow = '<limit lower="-0.3" upper="1.6" effort="1" velocity="1"/>'
    first, rest = three_fingers().split(narrow, 1)
    second, rest = rest.split(narrow, 1)
    text = first + '<limit lower="0.2" upper="0.2"/>' + second + rest
    code, out = added(tmp_path, text, *TRIO)
    assert code == 0
    hand = load_hand(out)
    assert "thumb_tip_joint" not in hand.joint_names
    assert "it is fixed at 0.2" in capsys.readouterr().out
    # The pad of the thumb's end hangs on the joint before it, turned by what it is fixed at.
    assert hand.pads[0].joint == "thumb_base_joint"
    assert "continuous" in [
        j.type for j in load_hand(added(tmp_path, first + second + rest, *TRIO, "--replace")[1]).joints
    ]


def test_a_frame_at_a_fingers_end_stands_for_the_last_link(tmp_path):
    frames = "".join(
        link(f"{name}_frame") + joint(f"{name}_fix", "fixed", f"{name}_distal", f"{name}_frame", "0 0 0.03")
        for name in ("thumb", "index", "middle")
    )
    names = "thumb_frame,index_frame,middle_frame"
    on_frames = ["--wrist", "flange", "--fingers", "thumb,index,middle", "--pads-on", names]
    _, out = added(tmp_path, three_fingers(joints=frames), *on_frames)
    by_frame = [pad.pose_in_link.as_matrix() for pad in load_hand(out).pads]
    _, out = added(tmp_path, three_fingers(joints=frames), *TRIO, "--replace")
    for pad, expected in zip(load_hand(out).pads, by_frame, strict=True):
        assert pad.pose_in_link.as_matrix() == pytest.approx(expected)


BAD = {
    "no URDF": ("<html></html>", TRIO),
    "not whole XML": ("<robot name='x'><link", TRIO),
    "no link 'nowhere'": (three_fingers(), ["--wrist", "nowhere", *TRIO[2:]]),
    "no link 'tip'": (three_fingers(), ["--wrist", "flange", "--pads-on", "tip"]),
    "no joint of a finger": (three_fingers(), [*TRIO, "--driven", "nothing"]),
    "no driven joint": (three_fingers(), [*TRIO, "--driven", "thumb_base_joint"]),
    "sits on a fixed base": (three_fingers(), ["--wrist", "flange", "--pads-on", "base"]),
    "does not hang on": (three_fingers(), ["--wrist", "thumb_distal", "--pads-on", "index_distal"]),
    "mimic each other: a loop": (
        three_fingers().replace(
            "</robot>",
            link("a") + link("b")
            + joint("ja", "revolute", "index_distal", "a", "0 0 0", more='<mimic joint="jb"/>')
            + joint("jb", "revolute", "a", "b", "0 0 0", more='<mimic joint="ja"/>') + "</robot>",
        ),
        ["--wrist", "flange", "--pads-on", "thumb_distal,b"],
    ),
    "mimics joint 'jz', which does not exist": (
        three_fingers(joints=link("a") + joint("ja", "revolute", "index_distal", "a", "0 0 0",
                                               more='<mimic joint="jz"/>')),
        TRIO,
    ),
    "is of type 'floating'": (
        three_fingers(joints=link("a") + joint("ja", "floating", "index_distal", "a", "0 0 0")),
        ["--wrist", "flange", "--pads-on", "thumb_distal,a"],
    ),
    "is not three numbers": (
        three_fingers(joints=link("a") + joint("ja", "fixed", "base", "a", "0 0")), TRIO,
    ),
    "joins link 'gone'": (three_fingers(joints=joint("ja", "fixed", "base", "gone", "0 0 0")), TRIO),
    "xacro": (three_fingers().replace("0.06", "${size}"), TRIO),
    "say where the pads are": (three_fingers(), ["--wrist", "flange"]),
}  # fmt: skip


@pytest.mark.parametrize("said", BAD)
def test_what_cannot_be_imported_is_one_sentence_and_nothing_is_written(said, tmp_path, capsys):
    text, options = BAD[said]
    assert said in refused(tmp_path, capsys, text, *options)


@pytest.mark.parametrize(
    ("pads", "said"),
    [
        ("thumb: [{link: thumb_distal, taxels: [[0, 0, 0], [0, 0, 1]]}]", "lacks its normal"),
        ("thumb: [{link: thumb_distal, taxels: [[0, 0, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0]]}]", "in one place"),
        ("thumb: [{rows: 3, cols: 3, pitch: 0.002}]", "needs the key 'link'"),
        ("thumb: [{link: thumb_distal, rows: 3, cols: 3, pitch: 0.002, components: 2}]", "components"),
        ("- nothing", "wanted are pads by finger"),
    ],
)
def test_odd_files_of_pads_are_one_sentence(pads, said, tmp_path, capsys):
    file = tmp_path / "pads.yaml"
    file.write_text(pads)
    assert said in refused(tmp_path, capsys, three_fingers(), "--wrist", "flange", "--pads", str(file))


def test_a_broken_mjcf_is_one_sentence(tmp_path, capsys):
    text = gripper_mjcf().replace("left_slide", "left slide", 1).replace("<actuator>", "<nonsense>")
    told = refused(tmp_path, capsys, text, "--wrist", "palm", "--pads-on", "left", name="gripper.xml")
    assert "MuJoCo cannot read it" in told


def test_a_file_that_is_there_is_kept_unless_it_is_to_be_replaced(tmp_path, capsys):
    _, out = added(tmp_path, three_fingers(), *TRIO)
    before = out.read_text()
    code, _ = added(tmp_path, three_fingers(), *TRIO)
    assert code == 2
    assert "--replace" in capsys.readouterr().err
    assert out.read_text() == before
