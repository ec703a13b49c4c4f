# `make` alone lists the targets. Each of them sets .venv up first, where that is not yet done.
SHELL := /bin/bash
.DEFAULT_GOAL := help

CLIP ?=
DEMO_OUT ?= demo_out
DEMO_ARGS ?=
BENCH_ARGS ?=
PYTEST_ARGS ?=
TRAIN_OUT ?= train_out

IN_VENV := .ci/in-venv
VAVAM := $(CURDIR)/$(IN_VENV) vavam

.PHONY: help setup demo test lint format bench train-tiny clean clip

help: ## list the targets
	@printf 'usage: make TARGET [NAME=value ...]\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile
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

# Each command continues where it was stopped, and is quick where it has finished.
train-tiny: setup ## train the weights that come with the package again, some hours on two cores (TRAIN_OUT=train_out)
	@mkdir -p '$(TRAIN_OUT)'
	@cd '$(TRAIN_OUT)' && set -x && \
	  $(VAVAM) collect drives --seeds 0-59 --workers 2 && \
	  $(VAVAM) train tokenizer --data drives --out tokenizer --preset tiny && \
	  $(VAVAM) collect more --seeds 60-97 --workers 2 && \
	  $(VAVAM) tokenize drives more tokens --tokenizer tokenizer/tokenizer.safetensors && \
	  $(VAVAM) train video --data tokens --out video --preset tiny && \
	  $(VAVAM) train action --data tokens --from video/vavim.safetensors --out action --steps 1000 && \
	  $(VAVAM) collect own --seeds 160-175 --weights action/vavam.safetensors \
	    --tokenizer tokenizer/tokenizer.safetensors --workers 2 && \
	  mkdir -p tokens2 && cp -u tokens/* tokens2/ && \
	  $(VAVAM) tokenize own tokens2 --tokenizer tokenizer/tokenizer.safetensors && \
	  $(VAVAM) train action --data tokens2 --from action/vavam.safetensors --out action2 --steps 1800

clean: ## remove build products and caches; .venv and DEMO_OUT stay
	rm -rf build install log dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +
