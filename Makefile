# Each command installs what it needs and can be repeated.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# Without bytecode each of the hundreds of processes that the tests start compiles the whole program again.
unexport PYTHONDONTWRITEBYTECODE
PY := .venv/bin/python
ONLY ?=
T ?=
K ?=
# Tests that need only Python, and those that start a PBX or a browser.
PIP_AUDIT := 2.9.0
QUICK := not pbx and not browser and not postgres and not slow
SHARED := pbx or browser
# Packages that print forms: text layout, font subsets in PDFs, Chinese characters.
PAPER := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk

.PHONY: help run web unit quick test coverage slowest check check-web bench fuzz sbom audit screenshots fresh format clean

help:            ## show this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

.venv/runtime: requirements.lock pyproject.toml
	@deploy/environment requirements.lock
	@touch $@

.venv/development: requirements-dev.lock pyproject.toml
	@deploy/environment requirements-dev.lock
	@touch .venv/runtime $@

# Builds nothing while dashboards/dist was built from these very sources; the first time it also installs Node.js and npm's packages.
web: .venv/runtime          ## the browser's pages, from dashboards/web into dashboards/dist; Node.js comes as a Python package
	@$(PY) deploy/web.py build

run: .venv/runtime          ## a running service centre: Asterisk, the service, phones and callers; Ctrl-C stops everything
	@deploy/debian-packages $(PAPER) || echo "Printed forms need these packages; everything else works without them."
	@$(PY) deploy/web.py build || { [ -f dashboards/dist/index.html ] && echo "The pages could not be built; those of the last build are used."; }
	@$(PY) -m callcenter demo

unit: .venv/development     ## the tests of pure functions: no PBX, browser, database or root; a minute or less
	@HYPOTHESIS_PROFILE=unit $(PY) -m pytest -q -n 2 --dist loadfile -m unit

quick: .venv/development    ## all tests that need only Python, with SQLite; some minutes
	@$(PY) -m pytest -q -n 2 --dist loadfile -m "$(QUICK)"

# The Node.js that Playwright includes is linked with libatomic1.
test: .venv/development     ## all tests, on a real Asterisk, both databases and a real browser; T=path K=word for a selection
	@deploy/debian-packages postgresql chromium libatomic1 $(PAPER)
	@$(PY) -m callcenter pbx install
	@$(PY) -m callcenter transcripts install
	@$(PY) -m callcenter prompts install
	@$(PY) deploy/web.py build
ifeq ($(T)$(K),)
	@$(PY) deploy/web.py test
	@$(PY) -m tests.support.second_try -n 2 --dist loadfile --timeout 180 -m "not ($(SHARED))"
	@$(PY) -m tests.support.second_try -n 2 --dist loadfile --durations=25 --durations-min=5 -m "$(SHARED)"
else
	@$(PY) -m pytest $(T) $(if $(K),-k "$(K)")
endif

# Includes branches. K=all measures all tests instead of those that need only Python.
coverage: .venv/development ## line and branch coverage of each room by the quick tests; K=all for all tests
	@$(PY) -m pytest -q -n 2 --dist loadfile $(if $(filter all,$(K)),,-m "$(QUICK)") --cov --cov-report= $(T); \
		status=$$?; $(PY) -m tests.support.coverage && exit $$status

slowest: .venv/development  ## the thirty slowest phases of the quick tests, or of T=path
	@$(PY) -m pytest -q --durations=30 --durations-min=0.05 $(if $(T),$(T),-m "$(QUICK)")

check: .venv/development    ## format, lint, types, import rules
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports
	@$(PY) deploy/web.py check

check-web: .venv/development ## the same for the browser's pages alone
	@$(PY) deploy/web.py check

bench: .venv/development    ## benchmarks, each against its baseline in the same run; ONLY=name for one
	@$(PY) -m callcenter pbx install
	@$(PY) -m callcenter transcripts install
	@$(PY) -m benchmarks $(ONLY)

# Bounded: fifty times the CI run. A failure is printed with its example; store it under tests/fuzz/corpus.
fuzz: .venv/development     ## long random tests with hostile input: AMI, AGI, queue_log, CEL, TOML, tables, HTTP, real INVITEs
	@$(PY) -m callcenter pbx install
	@HYPOTHESIS_PROFILE=fuzz $(PY) -m pytest -q --timeout 3600 tests/fuzz tests/e2e/test_hostile_numbers.py

sbom:                       ## write the CycloneDX SBOM to var/sbom.json
	@mkdir -p var && python3 deploy/sbom.py > var/sbom.json && echo var/sbom.json

# A separate virtual environment: the audit tool is not part of the audited packages.
audit:                      ## check the locked packages for known vulnerabilities with pip-audit; needs the network
	@[ -x var/audit/bin/pip-audit ] || { python3 -m venv var/audit && var/audit/bin/pip install -q pip-audit==$(PIP_AUDIT); }
	@var/audit/bin/pip-audit --require-hashes --disable-pip -r requirements.lock

screenshots: .venv/development 
	@deploy/debian-packages chromium $(PAPER)
	@$(PY) -m callcenter pbx install
	@$(PY) -m tests.support.screenshots

fresh:                      ## the README's commands on an empty Debian (root; not in CI); T=path K=word for a selection of tests
	@T="$(T)" K="$(K)" deploy/fresh

format: .venv/development   ## format the code
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .
	@$(PY) deploy/web.py format

clean:                      ## remove everything installed and all demo data
	rm -rf .venv .venv-web dashboards/dist dashboards/web/node_modules var
