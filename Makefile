# sagemaker-guard. `make` alone prints the targets.

OPA_VERSION   := v1.22.2
REGAL_VERSION := v0.42.0
LOCALSTACK_VERSION := 4.14.0

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

STACK     ?= sagemaker-guard
PYTHON313 ?= $(shell tools/find-python 3.13)
CACHE     := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sagemaker-guard
# Tools in this folder are targets, and make can't handle targets with spaces.
ifneq ($(words $(CACHE)),1)
$(error the tools are built into $(CACHE), a path with spaces, which make can't handle: set XDG_CACHE_HOME to a path without)
endif
HOST_ARCH := $(subst aarch64,arm64,$(subst x86_64,amd64,$(shell uname -m)))
HOST_OS   := $(shell uname -s | tr A-Z a-z)
# The name includes a checksum of the lock file, so that a second clone, whose files are all newer, doesn't install it again.
LOCALSTACK := $(CACHE)/localstack-$(LOCALSTACK_VERSION)-$(shell cat requirements/localstack.txt 2>/dev/null | cksum | cut -d ' ' -f 1)
REGAL     := $(CACHE)/regal-$(REGAL_VERSION)-$(HOST_OS)-$(HOST_ARCH)

# An opa of exactly the pinned version on PATH is used instead of building one, unless its path, which becomes a target, has a space.
OPA_ON_PATH := $(shell command -v opa >/dev/null && opa version 2>/dev/null | grep -qx "Version: $(OPA_VERSION:v%=%)" && command -v opa | grep -v ' ')
OPA         := $(or $(OPA_ON_PATH),$(CACHE)/opa-$(OPA_VERSION)-$(HOST_OS)-$(HOST_ARCH))

VENV   := .venv
PYTHON := $(VENV)/bin/python
READY  := $(VENV)/.ready
BUNDLE := build/bundle.tar.gz
# The sources of a bundle, and the code that builds it.
POLICIES := policies schemas capabilities.json guard/authoring
AUTHORING = $(PYTHON) -m guard.authoring --opa $(OPA)
# The guard's tests use the policies as shipped: if a team has changed the configuration, they use a copy without the changes.
AS_SHIPPED := $(shell cmp -s tests/shipped/data.yaml policies/guard/config/data.yaml || echo build/shipped/bundle.tar.gz)

export PINNED_OPA := $(OPA)
export PYTHONPATH := $(CURDIR)
# The tests start some hundred processes, which share compiled bytecode.
unexport PYTHONDONTWRITEBYTECODE
# A user's settings must not turn pip's warnings into errors, disable assertions, or make pip install to another place.
unexport PYTHONWARNINGS PYTHONOPTIMIZE PYTHONPYCACHEPREFIX PIP_TARGET PIP_PREFIX PIP_ROOT PIP_PYTHON
export PIP_USER := 0
export PIP_REQUIRE_HASHES := 0

.PHONY: help demo deployment notebooks test test-python test-policies faults lint check fmt bundle schema docs aws-images new-rule mutate-policies mutate-python package deploy rollback benchmark lock clean always

help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

demo: $(OPA) $(READY) $(BUNDLE) ## Guard real jobs in a local SageMaker, from event to stopped job
	@$(PYTHON) -m examples.demo --opa $(OPA) --bundle $(BUNDLE)

test: test-policies test-python ## Run every test

test-policies: $(OPA) $(READY) ## Run `opa test` on the policies; requires 100% coverage and prints uncovered lines
	@$(AUTHORING) test

mutate-policies: $(READY) $(OPA) ## Mutation tests of the policies; RULES="max_runtime ..." for some rules
	@$(AUTHORING) mutate $(RULES)

mutate-python: $(OPA) $(READY) $(BUNDLE) $(AS_SHIPPED) ## Mutation tests of guard/ and lambda_entry/; MODULES="guard/opa ..." for some modules, SAMPLE=20 for a sample
	@$(PYTHON) -m tools.python_mutation --sample $(or $(SAMPLE),0) $(MODULES)

# Measuring coverage takes a third more processor time, so it is optional; in CI that time is better spent on the fault campaign.
test-python: $(OPA) $(READY) $(BUNDLE) $(AS_SHIPPED) ## Run pytest; COVERAGE=yes requires 95% branch coverage of guard and lambda_entry
	@# The tests run OPA hundreds of times for a short time: garbage collection took a tenth of the time.
	@GOGC=400 $(PYTHON) -m pytest -n auto --dist loadfile --no-loadscope-reorder $(if $(COVERAGE),--cov --cov-report=term) --no-header

deployment: $(OPA) $(READY) $(BUNDLE) $(AS_SHIPPED) $(LOCALSTACK)/.ready ## Deploy, update and delete the stack on a local AWS, with its events (4 minutes)
	@LOCALSTACK_PYTHON=$(LOCALSTACK)/bin/python $(PYTHON) -m pytest -q -x -p no:cacheprovider tests/deployment/campaign_stack.py

faults: $(OPA) $(READY) $(BUNDLE) $(AS_SHIPPED) ## Inject faults around the packaged functions and print the outcome for each job; FAULTS="-k engine" for some
	@# More processes than cores, because most of the time is spent waiting for retries and timeouts.
	@$(PYTHON) -m pytest tests/faults -n 4 --no-header -p no:logging $(FAULTS)

notebooks: $(OPA) $(READY) $(BUNDLE) $(AS_SHIPPED) $(VENV)/.notebooks ## Run the notebooks of examples/ and save their output; NOTEBOOKS=--check compares it instead
	@$(PYTHON) tools/notebooks.py --opa $(OPA) --bundle $(or $(AS_SHIPPED),$(BUNDLE)) $(NOTEBOOKS)

lint: CHECK_FLAGS := --style-fails
lint: check ## Check types, style, policies, template and generated files
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/cfn-lint -i W3002 -- template.yml
	@$(PYTHON) tools/schema.py --check
	@$(PYTHON) tools/tables.py --check

check: $(OPA) $(REGAL) $(READY) ## Check the policies: types against the schema, configuration and structure, a trial, format, style
	@$(AUTHORING) check --regal $(REGAL) $(CHECK_FLAGS)

fmt: $(READY) $(OPA) ## Format policies and Python
	@$(OPA) fmt --write policies
	@$(VENV)/bin/ruff check --fix-only -q . && $(VENV)/bin/ruff format -q .

bundle: $(BUNDLE) ## Build the policy bundle

$(BUNDLE): build/policies.sum | $(OPA) $(READY)
	@$(AUTHORING) bundle $@

# Checksums instead of file times, because restored files have old times and deleted ones have none.
build/policies.sum: always
	@mkdir -p $(@D)
	@find $(POLICIES) -type f ! -name '*.pyc' -exec cksum {} + | LC_ALL=C sort > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

build/shipped/bundle.tar.gz: build/policies.sum tests/shipped/data.yaml | $(OPA) $(READY)
	@echo "The policies' configuration was changed: the guard's tests use the shipped one; make test-policies tests yours" >&2
	@$(PYTHON) -m tools.shipped $(OPA)

docs: $(READY) $(OPA) ## Write all generated files: docs/rules.md, tables of README and guide, schemas, capabilities, the tests' document
	@$(PYTHON) tools/schema.py
	@$(PYTHON) tools/tables.py
	@$(AUTHORING) docs

new-rule: $(READY) $(OPA) ## Create a rule's folder, test and configuration: make new-rule NAME=root_access_enabled
	@[ -n "$(NAME)" ] || { echo "NAME is missing: make new-rule NAME=root_access_enabled" >&2; exit 2; }
	@$(AUTHORING) new-rule "$(NAME)"

aws-images: $(READY) ## Write the table of AWS's own images from the PyPI package sagemaker-core
	@$(PYTHON) tools/aws_images.py

schema: $(READY) ## Write the JSON schemas of document and record from their models
	@$(PYTHON) tools/schema.py

# Tools: built once per version into a cache that all clones share.
$(CACHE)/opa-$(OPA_VERSION)-$(HOST_OS)-$(HOST_ARCH):
	@tools/build-go-tool opa github.com/open-policy-agent/opa $(OPA_VERSION) $@

$(REGAL):
	@tools/build-go-tool regal github.com/open-policy-agent/regal $(REGAL_VERSION) $@

$(LOCALSTACK)/.ready:
	@tools/make-localstack $(LOCALSTACK) "$(PYTHON313)"
	@touch $@

$(READY): requirements/dev.txt pyproject.toml
	@tools/make-venv $(VENV)
	@touch $@

$(VENV)/.notebooks: requirements/notebooks.txt $(READY)
	@echo "installing what runs notebooks into $(VENV)" >&2
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/notebooks.txt
	@touch $@

PACKAGE_ARCH   = $(or $(ARCH),arm64)
PACKAGE_GOARCH = $(if $(filter x86_64,$(PACKAGE_ARCH)),amd64,$(PACKAGE_ARCH))
PACKAGE_OPA    = $(CACHE)/opa-$(OPA_VERSION)-linux-$(PACKAGE_GOARCH)

package: $(READY) $(BUNDLE) ## Build the Lambda's deployment package: make package ARCH=arm64|x86_64 [EXTRA=folder]
	@case "$(PACKAGE_ARCH)" in arm64|x86_64) ;; *) echo "ARCH is arm64 or x86_64, not '$(PACKAGE_ARCH)'" >&2; exit 2;; esac
	@[ -x $(PACKAGE_OPA) ] || tools/build-go-tool opa github.com/open-policy-agent/opa $(OPA_VERSION) $(PACKAGE_OPA) linux $(PACKAGE_GOARCH)
	@$(PYTHON) tools/package.py --arch $(PACKAGE_ARCH) --opa $(PACKAGE_OPA) --bundle $(BUNDLE) --python "$(PYTHON313)" $(if $(EXTRA),--extra "$(EXTRA)")

# Passed in the environment: on the command line the shell would interpret an `&` in an address.
deploy: export PARAMETERS := $(PARAMETERS)
deploy: $(READY) ## Build and deploy with CloudFormation: make deploy BUCKET=... [STACK=...] [MODE=audit|enforce] [ARCH=...] [EXTRA=folder] [PARAMETERS="NAME=VALUE ..."]
	@MAKE="$(MAKE)" MODE="$(MODE)" ARCH="$(ARCH)" EXTRA="$(EXTRA)" $(VENV)/bin/python tools/deploy.py "$(BUCKET)" "$(STACK)"

rollback: $(READY) ## Run the previous release again: make rollback [STACK=...]
	@$(VENV)/bin/python tools/rollback.py "$(STACK)"

benchmark: $(READY) $(BUNDLE) ## Print all measurements: engine, many documents, deny list, rules, largest jobs, retries, cold start
	@$(PYTHON) -m benchmarks.engine
	@$(PYTHON) -m benchmarks.rules
	@$(PYTHON) -m benchmarks.many
	@$(PYTHON) -m benchmarks.policies
	@$(PYTHON) -m benchmarks.worst_case
	@$(PYTHON) -m benchmarks.retries
	@$(PYTHON) -m benchmarks.cold_start
	@$(PYTHON) -m benchmarks.sweep

lock: ## Lock the Python dependencies with hashes (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/lambda.in -o requirements/lambda.txt
	@uv pip compile -q --python-version 3.13 --generate-hashes --no-emit-index-url --no-header requirements/localstack.in -o requirements/localstack.txt
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/dev.in -c requirements/lambda.txt -o requirements/dev.txt
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/notebooks.in -o requirements/notebooks.txt

clean: ## Remove all build results of this clone (the tools' cache is kept)
	@rm -rf build dist $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* *.egg-info
