"""package.xml, CMakeLists.txt, setup.py and the folders agree with each other."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import tacrefine

ROOT = Path(__file__).parents[2]
CMAKE = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
MANIFEST = ElementTree.parse(ROOT / "package.xml").getroot()

# Python modules, and the rosdep keys that bring them where the names differ.
ROSDEP_KEYS = {
    "mujoco": "python3-mujoco-pip",
    "onnxruntime": "python3-onnxruntime-pip",
    "rosbags": "python3-rosbags-pip",
    "pyyaml": "python3-yaml",
}
PIP_ONLY = {"backports.zstd", "honcho", "lz4", "safetensors"}


def declared(*tags: str) -> set[str]:
    return {element.text or "" for tag in tags for element in MANIFEST.iter(tag)}


def interface_files() -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for folder in ("msg", "srv", "action")
        for path in (ROOT / folder).iterdir()
        if path.suffix == f".{folder}"
    }


def test_manifest_names_this_package_and_its_version() -> None:
    assert MANIFEST.tag == "package"
    assert MANIFEST.get("format") == "3"
    assert MANIFEST.findtext("name") == "tacrefine"
    assert MANIFEST.findtext("version") == tacrefine.__version__
    assert MANIFEST.findtext("license") == "Apache-2.0"
    assert MANIFEST.findtext("member_of_group") == "rosidl_interface_packages"
    assert MANIFEST.findtext("export/build_type") == "ament_cmake"


def test_no_dependency_is_declared_twice() -> None:
    names = [element.text for element in MANIFEST if element.tag.endswith("depend")]
    assert len(names) == len(set(names))


def test_manifest_lists_every_package_that_cmake_finds() -> None:
    found = set(re.findall(r"find_package\((\w+)", CMAKE))
    assert found
    assert found <= declared("depend", "buildtool_depend", "build_depend", "test_depend")


def test_manifest_lists_every_message_package_that_python_imports() -> None:
    pattern = re.compile(
        r"^\s*(?:from|import) (\w+_msgs|\w+_srvs|\w+_interfaces|rclpy|launch\w*)\b", re.MULTILINE
    )
    imported: set[str] = set()
    for folder in ("src", "launch"):
        for path in (ROOT / folder).rglob("*.py"):
            imported |= set(pattern.findall(path.read_text(encoding="utf-8")))
    # What rclpy itself is made of comes with it.
    assert imported - {"builtin_interfaces"} <= declared("depend", "exec_depend")


def test_manifest_lists_every_python_package_that_pip_would_install() -> None:
    text = (ROOT / "setup.py").read_text(encoding="utf-8")
    block = text[text.index("install_requires") : text.index("extras_require")]
    names = set(re.findall(r'"([a-z0-9.-]+)>=', block))
    assert "numpy" in names
    wanted = {ROSDEP_KEYS.get(name, f"python3-{name}") for name in names - PIP_ONLY}
    assert wanted <= declared("exec_depend")


def test_pinned_requirements_name_every_python_package_that_pip_would_install() -> None:
    text = (ROOT / "setup.py").read_text(encoding="utf-8")
    block = text[text.index("install_requires") : text.index("extras_require")]
    pinned = "".join(
        (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8") for name in ("ros", "runtime")
    )
    for name in re.findall(r'"([a-z0-9.-]+)>=', block):
        assert re.search(rf"^{name}==\d", pinned, re.MULTILINE), name


def test_every_requirement_is_pinned_and_stands_in_one_file() -> None:
    seen: set[str] = set()
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#") or not line:
                continue
            name, _, version = line.partition("==")
            assert re.fullmatch(r"[0-9][0-9a-z.]*", version), line
            assert name not in seen, name
            seen.add(name)


def test_cmake_generates_every_interface_file() -> None:
    listed = set(re.findall(r"(?:msg|srv|action)/\w+\.(?:msg|srv|action)", CMAKE))
    assert listed == interface_files()


def test_every_interface_field_has_a_comment() -> None:
    for name in sorted(interface_files()):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if line.strip() and line.strip() != "---":
                assert "#" in line, f"{name}: {line}"
