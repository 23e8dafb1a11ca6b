# The commands of this project. `make help` lists them; CONTRIBUTING.md says when to use which.

.DEFAULT_GOAL := help
.PHONY: help setup setup-hub setup-dev proxy demo hub test lint format pytest audit bench lock clean

# Everything that Python's tools would put into the home folder stays in the clone.
export IPYTHONDIR := $(CURDIR)/.cache/ipython
export JUPYTER_CONFIG_DIR := $(CURDIR)/.cache/jupyter/config
export JUPYTER_DATA_DIR := $(CURDIR)/.cache/jupyter/data
export JUPYTER_RUNTIME_DIR := $(CURDIR)/.cache/jupyter/runtime
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib

# Arguments for the program behind a command: make demo ARGS="--students 6", make pytest ARGS="-k wire"
ARGS ?=

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1#\2/p' Makefile | column -t -s '#'

setup:  ## make .venv with the locked packages (PYTHON=... chooses the interpreter)
	@tools/setup.sh

setup-hub:  ## the same, with JupyterHub and its proxy (which needs Node.js)
	@tools/setup.sh --hub
	@tools/proxy.sh

setup-dev:  ## the same, with what testing needs
	@tools/setup.sh --dev

demo: setup  ## run the course once, from an instructor's notebook to a gradebook
	@.venv/bin/tito demo $(ARGS)

hub: setup-hub  ## try the course on JupyterHub on this machine: three accounts, printed (ARGS="--port 9000")
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/tito hub demo $(ARGS)

proxy:  ## install JupyterHub's proxy into .cache (it needs Node.js)
	@tools/proxy.sh

test: setup-dev lint pytest  ## every check of the project

lint: setup-dev  ## ruff, mypy --strict and the layers
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports --no-cache > .cache/layers.log || { cat .cache/layers.log; exit 1; }

format: setup-dev  ## let ruff write the layout and the safe fixes
	@.venv/bin/ruff check --fix --quiet .
	@.venv/bin/ruff format --quiet .

pytest: setup-dev proxy  ## the tests alone (ARGS="-k wire -x")
	@tools/hub5.sh
	@tools/test.sh $(ARGS)

audit: setup  ## run the graders against the catalogue of mistakes and the correct variants
	@.venv/bin/tito graders audit $(ARGS)

bench: setup-dev  ## measure the figures that README and docs name
	@.venv/bin/python -m benchmarks $(ARGS)

lock:  ## write requirements/*.txt anew from pyproject.toml (ARGS=--keep: change as little as possible)
	@tools/lock.sh $(ARGS)

clean:  ## take away .venv and every cache; never the gradebook in .tito/
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
