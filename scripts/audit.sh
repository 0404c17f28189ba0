#!/usr/bin/env bash
# Look up every pinned dependency in a database of known vulnerabilities, with pip-audit in an environment of its own.
#
# Exit code 0: all were looked up and nothing is known; 1: something is known, or not all could be looked up.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/build/audit
pins=$root/requirements/audit.txt
report=$root/build/audit.json

unset LD_LIBRARY_PATH _ROS_WHEELS_BOOTSTRAP_COMPLETE PYTHONPATH PYTHONHOME
[ -x "$root/.venv/bin/python" ] || {
  echo "tacrefine audit: there is no environment in .venv yet, run 'make setup'." >&2
  exit 1
}
mkdir -p "$root/build"
touch "$root/build/COLCON_IGNORE"
wanted=$(sha256sum <"$pins")
if [ ! -f "$venv/installed" ] || [ "$(<"$venv/installed")" != "$wanted" ]; then
  echo "tacrefine audit: installing pip-audit"
  rm -rf "$venv"
  "$root/.venv/bin/python" -m venv "$venv"
  "$venv/bin/python" -m pip install --no-input --disable-pip-version-check --quiet -r "$pins" \
    -c "$root/requirements/ros.txt" -c "$root/requirements/runtime.txt" -c "$root/requirements/docs.txt" \
    -c "$root/requirements/test.txt" || {
    echo "tacrefine audit: pip could not install requirements/audit.txt, see above." >&2
    exit 1
  }
  echo "$wanted" >"$venv/installed"
fi
lists=()
for name in ros runtime docs test; do
  lists+=(-r "$root/requirements/$name.txt")
done
rm -f "$report"
# It ends with 0 even where it could look up nothing: what counts is the report.
"$venv/bin/pip-audit" --disable-pip --no-deps --progress-spinner off --format json --output "$report" "${lists[@]}" "$@" \
  2>"$root/build/audit.log" || true
exec "$venv/bin/python" "$root/scripts/audit_report.py" "$report"
