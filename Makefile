# Episodarr. `make demo` shows it, `make test` proves it; the rest is for those who build it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
STAMP := .venv/.installed
# Tests start hundreds of processes: what is compiled once is kept, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check fuzz lives lint types layers fix golden docs pictures bench bench-day bench-match run operate clean system-packages

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: $(STAMP) ## make .venv with the command episodarr in it

$(STAMP): pyproject.toml constraints.txt .ci/setup
	@.ci/setup
	@touch $(STAMP)

demo: $(STAMP) ## run the main job against simulated systems and watch it
	@$(BIN)/episodarr demo

run: $(STAMP) ## run the exporter with the configuration of this shell
	@$(BIN)/episodarr serve

test: $(STAMP) system-packages ## run all tests; installs what they need where it can
	@$(BIN)/pytest -m alone
	@$(BIN)/pytest -m "not alone" --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadgroup

system-packages:
	@.ci/system-packages
	@.ci/other-releases qbittorrent
	@.ci/other-releases prometheus
	@.ci/wheels

check: $(STAMP) lint types layers docs test ## everything that CI runs

lint: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(STAMP)
	@$(BIN)/mypy

layers: $(STAMP)
	@$(BIN)/lint-imports

docs: $(STAMP) ## are the generated files current
	@diff <($(BIN)/python -m episodarr.metrics.reference) docs/METRICS.md
	@$(BIN)/python -m episodarr.cli.settings_table --check docs/settings.md
	@$(BIN)/python grafana/build.py --check
	@$(BIN)/python prometheus/build.py --check

fix: $(STAMP) ## format and mend what can be mended by machine
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

golden: $(STAMP) ## write the golden files and generated documents anew
	@UPDATE_GOLDEN=1 $(BIN)/pytest --quiet tests/metrics/test_golden.py tests/server/test_answers_golden.py
	@$(BIN)/python -m episodarr.metrics.reference > docs/METRICS.md
	@$(BIN)/python -m episodarr.cli.settings_table docs/settings.md
	@$(BIN)/python grafana/build.py
	@$(BIN)/python prometheus/build.py

pictures: $(STAMP) ## take the README's pictures anew, from the demo
	@$(BIN)/python -m tests.pictures

fuzz: $(STAMP) ## spoil what every parser and the web server are sent, for a minute
	@$(BIN)/python -m tests.fuzz $(FUZZ)

lives: $(STAMP) ## live through 3,000 lives of deletions in an unreliable world
	@HYPOTHESIS_PROFILE=lives $(BIN)/pytest --numprocesses 2 --dist load \
	  tests/deletions/service/test_state_machine.py tests/deletions/service/test_counted_once.py

bench: $(STAMP) ## measure what the exporter costs, into bench.json too; see CONTRIBUTING.md
	@$(BIN)/python -m tests.bench --json bench.json

bench-day: $(STAMP) ## measure for an hour what a day leaves in memory, and draw it
	@$(BIN)/python -m tests.bench.day --json day.json --picture pictures/memory-day.svg

bench-match: $(STAMP) ## measure how right and how fast the matcher is; see CONTRIBUTING.md
	@$(BIN)/python -m tests.bench.match

operate: $(STAMP) ## let a random operator do 3,000 things, and compare every verdict with the truth
	@$(BIN)/python -m tests.operator 100 100 30

clean: ## remove everything that setup made
	@rm -rf .venv
