#!/usr/bin/env bash
# Build the ROS interfaces with colcon over the wheels in .venv; does nothing if they are up to date.
#
# tf2_msgs is built beside them where the wheels have none: TF needs its one message.
# Python modules, launch files and configuration are linked, not copied, so editing one needs no build.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
stamp=$root/install/built
log=$root/log/build.log

cd "$root"
[ -x "$venv/bin/colcon" ] || {
  echo "tacrefine build: there is no environment in .venv yet, run 'make setup'." >&2
  exit 1
}

# What the build is made from: the interfaces, the build files, and the names of everything that is linked.
wanted=$(
  {
    find cmake -type f | sort | xargs cat CMakeLists.txt package.xml msg/* srv/* action/* requirements/ros.txt
    find config launch models src/tacrefine -type f -not -path '*/__pycache__/*' 2>/dev/null | sort
    echo "$venv"
  } | sha256sum | cut -d ' ' -f 1
)
if [ -f "$stamp" ] && [ "$(<"$stamp")" = "$wanted" ]; then
  exit 0
fi

# Built for another place or another Python: CMake's cache would keep the old paths.
cache=build/tacrefine/CMakeCache.txt
if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
  rm -rf build install
fi

# The generated entry points list every interface, and are not made again when one of them has gone.
names=$(ls msg srv action)
if [ "$(cat build/interfaces 2>/dev/null || true)" != "$names" ]; then
  rm -rf build/tacrefine/rosidl_generator_py
fi

packages=("$root")
[ -d "$venv/share/tf2_msgs" ] || packages+=("$root/cmake/tf2_msgs")

echo "tacrefine build: building the ROS interfaces"
rm -f "$stamp"
mkdir -p log
unset COLCON_PREFIX_PATH PYTHONPATH LD_LIBRARY_PATH _ROS_WHEELS_BOOTSTRAP_COMPLETE
export VIRTUAL_ENV=$venv PATH=$venv/bin:$PATH AMENT_PREFIX_PATH=$venv CMAKE_PREFIX_PATH=$venv
# Without it colcon adds a load limit, and a busy machine builds one file at a time.
export MAKEFLAGS=${MAKEFLAGS:--j$(nproc)}
if ! colcon build --base-paths "${packages[@]}" --symlink-install --event-handlers console_cohesion+ --cmake-args \
  -G Ninja -DBUILD_TESTING=OFF "-DPython3_EXECUTABLE=$venv/bin/python" \
  "-DCMAKE_PROJECT_INCLUDE=$root/cmake/wheels.cmake" >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  echo "tacrefine build: colcon could not build the interfaces; the whole log is in log/build.log." >&2
  exit 1
fi
echo "$wanted" >"$stamp"
echo "$names" >build/interfaces
