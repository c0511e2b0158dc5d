# The four commands. Each installs what it needs and can be repeated.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
ONLY ?=
T ?=
K ?=
# Tests that need nothing but Python, and those that take a PBX or a browser of their own.
PIP_AUDIT := 2.9.0
UNIT := not pbx and not browser and not postgres and not slow
SHARED := pbx or browser
# What puts forms on paper: text layout, small fonts in PDFs, Chinese letters.
PAPER := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk

.PHONY: help run unit test coverage slowest check bench fuzz sbom audit fresh format clean

help:            ## show these lines
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

.venv/runtime: requirements.lock pyproject.toml
	@deploy/environment requirements.lock
	@touch $@

.venv/development: requirements-dev.lock pyproject.toml
	@deploy/environment requirements-dev.lock
	@touch .venv/runtime $@

run: .venv/runtime          ## a living service centre: Asterisk, the service, phones and callers; Ctrl-C stops all of it
	@deploy/debian-packages $(PAPER) || echo "Forms on paper wait for these packages; all else works without them."
	@$(PY) -m callcenter demo

unit: .venv/development     ## the tests that need no PBX, browser, PostgreSQL or root; under a minute
	@$(PY) -m pytest -q -n 2 --dist loadfile -m "$(UNIT)"

# libatomic1 is what the Node that Playwright brings is linked with.
test: .venv/development     ## every test, on the real Asterisk, both databases and a real browser; T=path K=word for some
	@deploy/debian-packages postgresql chromium libatomic1 $(PAPER)
	@$(PY) -m callcenter pbx install
	@$(PY) -m callcenter transcripts install
ifeq ($(T)$(K),)
	@$(PY) -m pytest -n 2 --dist loadfile -m "not ($(SHARED))"
	@$(PY) -m pytest -n 2 --dist loadfile -m "$(SHARED)"
else
	@$(PY) -m pytest $(T) $(if $(K),-k "$(K)")
endif

# Branches too. K=all measures every test instead of those that need nothing but Python.
coverage: .venv/development ## how much of each room the unit tests run, branches too; K=all for every test
	@$(PY) -m pytest -q -n 2 --dist loadfile $(if $(filter all,$(K)),,-m "$(UNIT)") --cov --cov-report= $(T)
	@$(PY) -m tests.support.coverage

slowest: .venv/development  ## the thirty slowest phases of the unit tests, or of T=path
	@$(PY) -m pytest -q --durations=30 --durations-min=0.05 $(if $(T),$(T),-m "$(UNIT)")

check: .venv/development    ## format, lint, types, import rules
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports

bench: .venv/development    ## measure, each against its baseline in the same run; ONLY=name for one
	@$(PY) -m callcenter pbx install
	@$(PY) -m callcenter transcripts install
	@$(PY) -m benchmarks $(ONLY)

# Bounded: fifty times what CI tries. A failure is printed with its example; keep it under tests/fuzz/corpus.
fuzz: .venv/development     ## hostile input at random and long: AMI, AGI, queue_log, CEL, TOML, tables, HTTP, real INVITEs
	@$(PY) -m callcenter pbx install
	@HYPOTHESIS_PROFILE=fuzz $(PY) -m pytest -q --timeout 3600 tests/fuzz tests/e2e/test_hostile_numbers.py

sbom:                       ## what the centre is made of, as CycloneDX, into var/sbom.json
	@mkdir -p var && python3 deploy/sbom.py > var/sbom.json && echo var/sbom.json

# A virtual environment of its own: what audits the packages is none of them.
audit:                      ## known weaknesses of the locked packages, by pip-audit; needs the network
	@[ -x var/audit/bin/pip-audit ] || { python3 -m venv var/audit && var/audit/bin/pip install -q pip-audit==$(PIP_AUDIT); }
	@var/audit/bin/pip-audit --require-hashes --disable-pip -r requirements.lock

fresh:                      ## the README's commands on an empty Debian (root; not in CI)
	@deploy/fresh

format: .venv/development   ## put the code into the house's form
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

clean:                      ## remove what was installed and all data of the demo
	rm -rf .venv var
