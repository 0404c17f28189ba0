# Everything here works on a machine with Python 3.11 (or newer, to 3.13), a C++ compiler, git and make.
# On a ROS 2 install, `colcon build` and `ros2 launch tacrefine refine.launch.py` need none of it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

ENV := . scripts/env.sh
ARGS ?=
# Hundreds of processes start here, each in half the time where compiled modules are kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup:  ## Make the environment in .venv and build the interfaces
	@scripts/setup.sh

.PHONY: build
build: setup  ## Build the interfaces again if anything they are made from changed
	@scripts/build.sh

.PHONY: demo
demo: setup  ## Refine one simulated grasp over ROS 2 and show what happened (ARGS="--object ... --seed ...")
	@$(ENV) && tacrefine demo $(ARGS)

.PHONY: test
test:  ## Set up and run every test (ARGS="-k name" and other options of pytest)
	@scripts/setup.sh --test
	@$(ENV) && python scripts/run_tests.py $(ARGS)

.PHONY: test-fast
test-fast:  ## Run the tests that need no ROS, no training and no processes of their own
	@scripts/setup.sh --test
	@$(ENV) && python -m pytest --fast -n $$(nproc) --dist loadscope $(ARGS)

.PHONY: lint
lint:  ## Check style, types and which part imports which
	@scripts/setup.sh --test
	@$(ENV) && ruff check . && ruff format --check . && mypy && lint-imports --no-cache

.PHONY: docs
docs:  ## Build the documentation into site/ (ARGS=serve: show it on 127.0.0.1:8000)
	@scripts/setup.sh --docs
	@$(ENV) && scripts/docs/build.sh $(ARGS)

.PHONY: audit
audit:  ## Look up every pinned dependency among known vulnerabilities (needs the network)
	@scripts/audit.sh $(ARGS)

.PHONY: clean
clean:  ## Remove the environment and everything that was built
	rm -rf .venv build install log site .mypy_cache .pytest_cache .ruff_cache .hypothesis
