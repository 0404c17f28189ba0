"""The part of tacrefine that needs no ROS: library, jobs and command line.

On a ROS 2 install package.xml and CMakeLists.txt are what counts: they build the interfaces and install the
nodes.
"""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
SHARED_FOLDERS = ("config", "models", "msg", "action")


def version() -> str:
    """The one that the package itself states."""
    text = (HERE / "src/tacrefine/__init__.py").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("__version__"))
    return line.split('"')[1]


def shared_files() -> list[tuple[str, list[str]]]:
    """Descriptions and models, laid out below share/tacrefine as in the checkout."""
    files: dict[str, list[str]] = {}
    for folder in SHARED_FOLDERS:
        for path in sorted((HERE / folder).rglob("*")):
            if path.is_file():
                relative = path.relative_to(HERE)
                files.setdefault(f"share/tacrefine/{relative.parent}", []).append(str(relative))
    return sorted(files.items())


setup(
    name="tacrefine",
    version=version(),
    description="Refines a grasp by touch: wrist corrections from fingertip tactile arrays",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering",
        "Typing :: Typed",
    ],
    package_dir={"": "src"},
    packages=find_packages("src"),
    package_data={"tacrefine": ["py.typed", "*.pyi", "report/templates/*"]},
    data_files=shared_files(),
    python_requires=">=3.11",
    # NumPy 1.26 is what ROS 2 Jazzy and Kilted bring along.
    install_requires=[
        "backports.zstd>=1.0",
        "honcho>=2.0",
        "jinja2>=3.1",
        "lz4>=4.3",
        "matplotlib>=3.8",
        "mujoco>=4.0",
        "numba>=0.63",
        "numpy>=1.26.4",
        "onnxruntime>=1.20",
        "pydantic>=2.7",
        "pyyaml>=6.0",
        "rich>=13.7",
        "rosbags>=0.11",
        "safetensors>=0.5",
        "scipy>=1.17",
        "typer>=0.15",
    ],
    extras_require={
        "arm": ["mink>=1.3", "qpsolvers[daqp]>=4.12"],
        "cluster": ["ray>=2.40"],
        "drivers": [
            "opencv-python-headless>=4.9",
            "paxini-sdk>=0.1",
            "pymodbus>=3.10,<4",
            "pyrobotiqtactile>=0.1.2",
            "pyserial>=3.5",
        ],
        "examples": ["py_trees>=2.3"],
        "mesh": ["libigl>=2.6", "mapbox_earcut>=1.0.2", "trimesh>=4.6"],
        "planner": ["py_trees>=2.3"],
        "view": ["viser>=1.1.1,<1.2"],
        "tables": ["pyarrow>=18,<27"],
        "train": ["onnx>=1.18", "torch==2.13.0"],
        "dev": [
            "hypothesis>=6.100",
            "import-linter>=2.17",
            "mypy>=2.4,<3",
            "pre-commit>=4.0",
            "pytest>=8.0",
            "pytest-timeout>=2.3",
            "pytest-xdist>=3.8",
            "ruff>=0.17,<0.18",
        ],
    },
    entry_points={"console_scripts": ["tacrefine=tacrefine.cli:main"]},
)
