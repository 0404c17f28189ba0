#!/usr/bin/env bash
# Make or complete the environment: a virtual environment in .venv, pinned packages, the built interfaces.
#
#     scripts/setup.sh [--docs | --test]     --docs adds what the documentation site needs, --test that and what tests,
#                                            checks and training need
#
# Every step leaves a stamp that holds the hash of what it was made from, so that a second run does nothing, and a run
# that was broken off at any point is completed by the next one. PYTHON names the interpreter to use.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
stamps=$venv/stamps
log=$root/log/setup.log
oldest=11
newest=13
build=
kernels=

# The wheels' start-up hook leaves these two in the environment of children; this interpreter may be another one.
unset LD_LIBRARY_PATH _ROS_WHEELS_BOOTSTRAP_COMPLETE PYTHONPATH PYTHONHOME

fail() {
  echo "tacrefine setup: $*" >&2
  exit 1
}

say() { echo "tacrefine setup: $*"; }

find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3.12 python3.13 python3; do
    if "$candidate" -c "import sys; sys.exit(not (3, $oldest) <= sys.version_info[:2] <= (3, $newest))" 2>/dev/null; then
      echo "$candidate"
      return
    fi
    [ "$candidate" != "${PYTHON:-}" ] || fail "PYTHON=$PYTHON is not a Python 3.$oldest to 3.$newest."
  done
  fail "Python 3.$oldest to 3.$newest is needed and none is on PATH; install one (Debian, Ubuntu: apt install python3.11 python3.11-venv python3.11-dev) or set PYTHON to its path."
}

check_machine() {
  local python=$1 version compiler
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  [ "$(uname -s) $(uname -m)" = "Linux x86_64" ] ||
    fail "ROS 2 comes as wheels for Linux x86_64 only, this is $(uname -s) $(uname -m); use a ROS 2 install and 'colcon build' here."
  "$python" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "$python has no venv module; install it (Debian, Ubuntu: apt install python$version-venv)."
  [ -f "$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" ] ||
    fail "the headers of $python (Python.h) are missing; install them (Debian, Ubuntu: apt install python$version-dev)."
  for compiler in "${CXX:-c++}" "${CC:-cc}"; do
    command -v "${compiler%% *}" >/dev/null ||
      fail "a C and C++ compiler is needed and '$compiler' is not on PATH; install one (Debian, Ubuntu: apt install g++) or set CC and CXX."
  done
}

# Hash of some files, in a form that a stamp can hold.
hash_of() { cat "$@" | sha256sum | cut -d ' ' -f 1; }

is_done() { [ -f "$stamps/$1" ] && [ "$(<"$stamps/$1")" = "$2" ]; }

mark_done() { mkdir -p "$stamps" && echo "$2" >"$stamps/$1.new" && mv "$stamps/$1.new" "$stamps/$1"; }

# A virtual environment that was not completed, whose Python is gone, or that was moved, is made anew.
make_venv() {
  if [ -e "$venv" ]; then
    if [ -f "$stamps/venv" ] && [ "$(<"$stamps/venv")" = "$venv" ] && [ ! -f "$venv/installing" ] &&
      "$venv/bin/python" -c 'import pip' 2>/dev/null; then
      return
    fi
    [ -f "$venv/pyvenv.cfg" ] || [ -z "$(ls -A "$venv")" ] ||
      fail "$venv is in the way and is not a virtual environment; move it away."
    say "the environment in .venv is incomplete, making it anew"
    rm -rf "$venv"
  fi
  local python
  python=$(find_python)
  check_machine "$python"
  say "making .venv with $("$python" --version)"
  "$python" -m venv "$venv" || fail "'$python -m venv $venv' failed, see above."
  mark_done venv "$venv"
}

# install_group NAME: install requirements/NAME.txt.
install_group() {
  local name=$1 file=$root/requirements/$1.txt wanted
  wanted=$(hash_of "$file")
  if is_done "$name" "$wanted"; then
    return
  fi
  say "installing $(grep -c '==' "$file") packages of requirements/$name.txt"
  # While pip unpacks, the environment is in no known state: the mark makes the next run start over.
  touch "$venv/installing"
  if "$venv/bin/python" -m pip install --no-input --disable-pip-version-check --progress-bar off -r "$file" >"$log" 2>&1; then
    rm "$venv/installing"
    mark_done "$name" "$wanted"
    return
  fi
  # A failure before pip unpacked anything (no network, say) has changed nothing.
  grep -q '^Installing collected packages' "$log" || rm "$venv/installing"
  if grep -q '^ERROR: Operation cancelled' "$log"; then
    say "interrupted; run it again to go on" >&2
    exit 130
  fi
  grep -v '^WARNING' "$log" | tail -n 5 >&2
  fail "pip could not install requirements/$name.txt; the whole log is in ${log#"$root"/}."
}

# The console script `tacrefine`, with src/ imported in place.
install_package() {
  local wanted
  wanted=$(hash_of "$root/setup.py" "$root/pyproject.toml")
  if is_done package "$wanted"; then
    return
  fi
  "$venv/bin/python" -m pip install --no-input --disable-pip-version-check --quiet --no-deps --no-build-isolation \
    --editable "$root" >"$log" 2>&1 || {
    tail -n 12 "$log" >&2
    fail "pip could not install tacrefine itself; the whole log is in ${log#"$root"/}."
  }
  mark_done package "$wanted"
}

# The compiler and pip keep one core busy each, so the interfaces are built while pip goes on. Only requirements/ros.txt
# is needed for that. A background job gets a process group of its own, to be ended as a whole if the setup is broken off.
jobs_running=()

start() {
  local log=$1
  shift
  set -m
  "$@" >"$log" 2>&1 &
  started_job=$!
  set +m
  jobs_running+=("$started_job")
  trap 'for job in "${jobs_running[@]}"; do kill -TERM -- "-$job" 2>/dev/null || true; done' EXIT
}

start_build() {
  start "$root/log/build-output.log" "$root/scripts/build.sh"
  build=$started_job
}

finish_build() {
  local code=0
  wait "$build" || code=$?
  # pip may have changed something under its feet: a second try, alone, either helps or tells what is really wrong.
  [ "$code" = 0 ] || "$root/scripts/build.sh"
}

# What the compiled kernels follow from; names and dates too, as their cache goes by them.
kernel_sources() {
  local sources=("$root"/src/tacrefine/sim/quasistatic/*.py "$root/src/tacrefine/objects/packing.py")
  { stat -c '%n %Y' "${sources[@]}"; cat "${sources[@]}" "$root/requirements/runtime.txt"; } | sha256sum | cut -d ' ' -f 1
}

# The simulator's kernels take half a minute of one core: compiled here, the first evaluation does not wait for them.
start_kernels() {
  kernels_wanted=$(kernel_sources)
  ! is_done kernels "$kernels_wanted" || return 0
  say "compiling the simulator's kernels"
  start "$root/log/kernels.log" env PYTHONPATH="$root/src" \
    "$venv/bin/python" -m tacrefine.sim.quasistatic.compile_kernels
  kernels=$started_job
}

finish_kernels() {
  [ -n "$kernels" ] || return 0
  if wait "$kernels"; then
    mark_done kernels "$kernels_wanted"
  else
    say "the kernels could not be compiled now (log/kernels.log); the first evaluation will compile them" >&2
  fi
}

case "${1:-}" in
  "" | --docs | --test) ;;
  *) fail "unknown option '$1'; allowed are --docs and --test." ;;
esac

mkdir -p "$root/log"
touch "$root/log/COLCON_IGNORE"
exec 9>"$root/log/setup.lock"
flock --nonblock 9 || {
  say "another setup is running here, waiting for it"
  flock 9
}

started=$SECONDS
make_venv
install_group ros
start_build
install_group runtime
start_kernels
[ -z "${1:-}" ] || install_group docs
[ "${1:-}" != "--test" ] || install_group test
install_package
finish_build
finish_kernels
trap - EXIT
[ $((SECONDS - started)) -lt 5 ] || say "done in $((SECONDS - started)) s"
