# Source this (bash) to use what `make setup` built:  . scripts/env.sh
# Nodes that are started from such a shell talk on this machine only.
#
# src/ comes first on PYTHONPATH, so that new modules are found without a build.

_tacrefine_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ ! -f "$_tacrefine_root/install/setup.sh" ]; then
  echo "tacrefine: nothing is built yet, run 'make setup' first." >&2
  unset _tacrefine_root
  return 1
fi
. "$_tacrefine_root/.venv/bin/activate"
# The wheels have no setup file of their own: the environment itself is the prefix beneath the built one.
export AMENT_PREFIX_PATH="$VIRTUAL_ENV"
export CMAKE_PREFIX_PATH="$VIRTUAL_ENV"
export COLCON_CURRENT_PREFIX="$_tacrefine_root/install"
# The files that colcon writes use variables that may be unset.
case $- in
  *u*) set +u; . "$_tacrefine_root/install/local_setup.sh"; set -u ;;
  *) . "$_tacrefine_root/install/local_setup.sh" ;;
esac
unset COLCON_CURRENT_PREFIX
export PYTHONPATH="$_tacrefine_root/src${PYTHONPATH:+:$PYTHONPATH}"
export ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST
unset _tacrefine_root
