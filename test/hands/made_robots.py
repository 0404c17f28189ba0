"""Robot models of the tests' own making."""

from __future__ import annotations


def link(name: str, size: tuple[float, float, float] | None = None, at: float = 0.0) -> str:
    if size is None:
        return f'<link name="{name}"/>'
    geometry = f'<geometry><box size="{size[0]} {size[1]} {size[2]}"/></geometry>'
    return f'<link name="{name}"><collision><origin xyz="0 0 {at}"/>{geometry}</collision></link>'


def joint(
    name: str, kind: str, parent: str, child: str, xyz: str, axis: str = "0 1 0", more: str = ""
) -> str:
    limit = '<limit lower="-0.3" upper="1.6" effort="1" velocity="1"/>' if kind == "revolute" else ""
    return (
        f'<joint name="{name}" type="{kind}"><parent link="{parent}"/><child link="{child}"/>'
        f'<origin xyz="{xyz}" rpy="0 0 0"/><axis xyz="{axis}"/>{limit}{more}</joint>'
    )


def three_fingers(more: str = "", joints: str = "") -> str:
    """A thumb at +x and two fingers at -x, of two joints each, that point along +z and close towards each other."""
    parts = ['<robot name="trio">', link("flange"), link("base", (0.06, 0.06, 0.02)),
             joint("mount", "fixed", "flange", "base", "0 0 0.02")]  # fmt: skip
    for name, x, y, axis in (("thumb", 0.03, 0.0, "0 -1 0"), ("index", -0.03, 0.02, "0 1 0"),
                             ("middle", -0.03, -0.02, "0 1 0")):  # fmt: skip
        parts += [
            link(f"{name}_proximal", (0.012, 0.012, 0.05), 0.025),
            link(f"{name}_distal", (0.012, 0.014, 0.03), 0.015),
            # The coupled one stands before its drive, and its mesh is nowhere.
            joint(f"{name}_tip_joint", "revolute", f"{name}_proximal", f"{name}_distal", "0 0 0.05", axis),
            joint(f"{name}_base_joint", "revolute", "base", f"{name}_proximal", f"{x} {y} 0.01", axis),
        ]
    return "".join([*parts, joints, more, "</robot>"])


def gripper_mjcf() -> str:
    """Two sliding fingers, one actuator, an equality between them; a mesh that is nowhere."""
    return """
<mujoco model="duo">
  <asset><mesh name="shell" file="nowhere.stl"/></asset>
  <worldbody><body name="palm"><geom type="mesh" mesh="shell"/>
    <body name="left" pos="0 0.0 0.05"><joint name="left_slide" type="slide" axis="0 1 0" range="0 0.04"/>
      <geom type="box" size="0.01 0.005 0.02" pos="0 0.005 0.02"/></body>
    <body name="right" pos="0 0.0 0.05"><joint name="right_slide" type="slide" axis="0 -1 0" range="0 0.04"/>
      <geom type="box" size="0.01 0.005 0.02" pos="0 -0.005 0.02"/></body>
  </body></worldbody>
  <equality><joint joint1="right_slide" joint2="left_slide" polycoef="0 1 0 0 0"/></equality>
  <actuator><position joint="left_slide"/></actuator>
</mujoco>"""
