"""Kinds of mesh files: which are read, how the others are converted, and what a file holds whatever its name says."""

from __future__ import annotations

import re
import struct

READ = {".stl": "STL", ".obj": "OBJ", ".ply": "PLY", ".off": "OFF", ".glb": "GLB"}
"""suffix: kind of mesh that is read"""
MESH_SUFFIXES = tuple(READ)

_CAD = "export it as STL from the CAD program, or convert it, e.g. with 'gmsh {name} -2 -o {stem}.stl'"
_MESH = "convert it to STL or OBJ, e.g. with Blender, MeshLab or 'assimp export {name} {stem}.stl'"
_PROGRAM = "export it as STL from the program that made it"
_OTHERS = {
    ".step": ("a STEP model (surfaces, no triangles)", _CAD),
    ".stp": ("a STEP model (surfaces, no triangles)", _CAD),
    ".iges": ("an IGES model (surfaces, no triangles)", _CAD),
    ".igs": ("an IGES model (surfaces, no triangles)", _CAD),
    ".brep": ("a BREP model (surfaces, no triangles)", _CAD),
    ".sldprt": ("a SolidWorks part", _PROGRAM),
    ".sldasm": ("a SolidWorks assembly", _PROGRAM),
    ".f3d": ("a Fusion model", _PROGRAM),
    ".ipt": ("an Inventor part", _PROGRAM),
    ".fcstd": ("a FreeCAD document", _PROGRAM),
    ".scad": ("an OpenSCAD program", "convert it with 'openscad -o {stem}.stl {name}'"),
    ".blend": ("a Blender file", "export it as STL or OBJ from Blender"),
    ".3mf": ("a 3MF archive", "export it as STL from the slicer or CAD program"),
    ".gltf": ("a glTF whose geometry may lie in other files", "export it as one .glb file"),
    ".dae": ("a COLLADA scene", _MESH),
    ".fbx": ("an FBX scene", _MESH),
    ".wrl": ("a VRML scene", _MESH),
    ".usd": ("a USD scene", _MESH),
    ".usdz": ("a USD scene", _MESH),
    ".msh": ("a Gmsh or MuJoCo mesh", _MESH),
    ".dxf": ("a drawing", _CAD),
}
"""suffix: what such a file is, and how it becomes one that is read"""


def refusal_of(name: str) -> str | None:
    """Why a file of this name is not read, and what to do, as part of a sentence; None for one that is."""
    stem, dot, suffix = name.rpartition(".")
    suffix = (dot + suffix).lower()
    if suffix in READ:
        return None
    if suffix in _OTHERS:
        what, hint = _OTHERS[suffix]
        return f"is {what}, which is not read; {hint.format(name=name, stem=stem)}"
    return f"not a kind of mesh that is read; allowed: {', '.join(MESH_SUFFIXES)}"


def found_in(content: bytes) -> str | None:
    """What the first bytes tell a file to be: STL, OBJ, PLY, OFF, GLB or words for something else; None if unknown."""
    head = content[:4096].lstrip(b"\xef\xbb\xbf")
    text = head.lstrip()
    for beginning, kind in (
        (b"ply\n", "PLY"),
        (b"ply\r", "PLY"),
        (b"glTF", "GLB"),
        (b"ISO-10303-21", "STEP model"),
        (b"PK\x03\x04", "ZIP archive (a 3MF, perhaps)"),
        (b"\x1f\x8b", "gzip archive; unpack it first"),
        (b"%PDF", "PDF document"),
        (b"\x89PNG", "PNG image"),
        (b"\xff\xd8\xff", "JPEG image"),
        (b"BLENDER", "Blender file"),
        (b"Kaydara FBX", "FBX scene"),
    ):
        if text.startswith(beginning):
            return kind
    if text[:9].lower().startswith((b"<!doctype", b"<html")):
        return "web page (the download went wrong, perhaps)"
    if text.startswith(b"<"):
        return "COLLADA scene" if b"COLLADA" in head else "XML document"
    if is_binary_stl(content) or (text[:5].lower() == b"solid" and b"facet" in content[:100_000]):
        return "STL"
    if re.match(rb"(ST|C|N|4|n)*OFF(\s|$)", text):
        return "OFF"
    if b"\0" not in head and re.search(rb"(?m)^\s*v\s+[-+\d.]", head):
        return "OBJ"
    return None


def is_binary_stl(content: bytes) -> bool:
    """Whether the size is what the header of a binary STL promises, and the file holds a triangle at least."""
    if len(content) < 134:
        return False
    return len(content) == 84 + 50 * int(struct.unpack_from("<I", content, 80)[0])
