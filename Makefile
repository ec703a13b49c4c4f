# `make` alone lists the targets. Each of them sets .venv up first, where that is not yet done.
SHELL := /bin/bash
.DEFAULT_GOAL := help

CLIP ?=
DEMO_OUT ?= demo_out
DEMO_ARGS ?=
BENCH_ARGS ?=
PYTEST_ARGS ?=

IN_VENV := .ci/in-venv

.PHONY: help setup demo test lint format bench clean clip

help: ## list the targets
	@printf 'usage: make TARGET [NAME=value ...]\n\n'
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' Makefile
	@printf '\nPYTHON=python3.12 and TORCH=torch.whl choose what .venv is built from (see .ci/setup).\n'

setup: ## make .venv, or bring it up to date
	@.ci/setup

demo: clip setup ## a car drives itself in a simulated town, or plans on a clip; pictures in DEMO_OUT (CLIP=folder DEMO_OUT=demo_out DEMO_ARGS=...)
	@$(IN_VENV) vavam demo $(if $(CLIP),--clip '$(CLIP)') --out '$(DEMO_OUT)' $(DEMO_ARGS)

clip:
	@test -z '$(CLIP)' || test -d '$(CLIP)' || { \
	  echo "make demo: error: there is no clip in '$(CLIP)': make demo CLIP=folder needs one with frames.csv and its images, make demo alone needs none" >&2; \
	  exit 2; }

test: setup ## run the tests (PYTEST_ARGS='-k planner')
	@$(IN_VENV) pytest $(PYTEST_ARGS)

lint: setup ## ruff, ruff format, mypy and import-linter
	@$(IN_VENV) ruff check .
	@$(IN_VENV) ruff format --check .
	@$(IN_VENV) mypy
	@$(IN_VENV) lint-imports

format: setup ## let ruff put imports and layout in order
	@$(IN_VENV) ruff check --fix .
	@$(IN_VENV) ruff format .

bench: setup ## time the engine against the plain way (BENCH_ARGS='--preset S')
	@$(IN_VENV) vavam bench $(BENCH_ARGS)

clean: ## remove build products and caches; .venv and DEMO_OUT stay
	rm -rf build install log dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +
