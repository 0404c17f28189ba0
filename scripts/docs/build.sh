#!/usr/bin/env bash
# Build the documentation site, or show it while it is written; call it in an environment of `make setup`.
#
#     scripts/docs/build.sh [build]    into site/, strict: a broken link or reference is an error
#     scripts/docs/build.sh serve      on 127.0.0.1:8000, built again at each change
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export NO_MKDOCS_2_WARNING=1
case "${1:-build}" in
  build)
    python -m mkdocs build --strict --clean "${@:2}"
    ;;
  serve)
    exec python -m mkdocs serve --dev-addr 127.0.0.1:8000 "${@:2}"
    ;;
  *)
    echo "tacrefine docs: 'build' or 'serve' is needed, not '$1'." >&2
    exit 2
    ;;
esac
