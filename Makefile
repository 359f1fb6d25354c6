# The environment lives in .venv of this checkout. Stamps in it remember what was installed,
# so that a second call starts at once. Only the targets with a '##' are meant to be called.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip

# A Python of 3.11 or later; name another with PYTHON=...
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))) python3.11)
# ONNX Runtime's build: cpu or gpu. They overwrite each other, so that one goes when the other comes.
RUNTIME ?= cpu
# What pip is asked for where training needs torch; for a CPU build, add the index that has it:
# make test TORCH='torch==2.13.0 --index-url URL'
TORCH ?= torch==2.13.0
# Arguments of the command behind a target: make serve ARGS='--port 8080', make test ARGS='-k symbol'
ARGS ?=

export BENTOML_DO_NOT_TRACK := True
export PIP_DISABLE_PIP_VERSION_CHECK := 1

ifeq ($(filter cpu gpu,$(RUNTIME)),)
$(error RUNTIME is cpu or gpu, not '$(RUNTIME)')
endif
OTHER := $(if $(filter cpu,$(RUNTIME)),onnxruntime-gpu,onnxruntime)
SERVING := $(VENV)/.serving-$(RUNTIME)
EVERYTHING := $(VENV)/.everything-$(RUNTIME)

.PHONY: help serve test lint format bench clean
.DELETE_ON_ERROR:

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1  \2/p' $(MAKEFILE_LIST)

serve: $(SERVING) ## start the service and its page (no torch is installed)
	$(BIN)/cpc serve $(ARGS)

test: $(EVERYTHING) ## run all tests
ifeq ($(CI),true)
	@for needed in chromium chromedriver; do command -v $$needed >/dev/null || \
		{ echo "CI=true, but $$needed is missing: install what .ci/packages lists" >&2; exit 1; }; done
	@test -d ../shared/data || { echo "CI=true, but ../shared/data is missing" >&2; exit 1; }
endif
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest $(ARGS)

lint: $(EVERYTHING) ## check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(EVERYTHING) ## put the code into the format that lint asks for
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(EVERYTHING) ## measure the service: throughput, overload, swaps, against in process
	$(BIN)/python benchmarks/service.py $(ARGS)

clean: ## remove the environment, the caches and what was built
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find taxonomy cpc_classifier training tests benchmarks -name __pycache__ -prune \
		-exec rm -rf {} + 2>/dev/null || true

$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

$(SERVING): pyproject.toml constraints.txt | $(BIN)/pip
	@echo "installing into $(VENV): less than a minute, once"
	@$(PIP) uninstall --quiet --yes $(OTHER) 2>/dev/null
	@rm -f $(VENV)/.serving-* $(VENV)/.everything-*
	$(PIP) install --quiet --constraint constraints.txt --editable '.[$(RUNTIME),serve]'
	@touch $@

# A superset of the serving environment, so it leaves that stamp as well.
$(EVERYTHING): pyproject.toml constraints.txt | $(BIN)/pip
	@echo "installing into $(VENV), with torch and the tools: a few minutes, once"
	@$(PIP) uninstall --quiet --yes $(OTHER) 2>/dev/null
	@rm -f $(VENV)/.serving-* $(VENV)/.everything-*
	$(PIP) install --quiet --constraint constraints.txt $(TORCH)
	$(PIP) install --quiet --constraint constraints.txt --editable '.[$(RUNTIME),serve,train,dev]'
	@touch $(SERVING) $@
