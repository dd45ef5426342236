# The commands of the project. `make run` and `make test` need only python3 (>= 3.11, with venv) and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install run test test-slow fuzz lint serve

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "python3 (>= 3.11) is missing. On Debian or Ubuntu: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "python3-venv is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) (once, about two minutes)…"
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib contracts orchestration sample >/dev/null || true  # some packages ship templates that are not Python
	@$(BIN)/python -c 'from orchestration.warehouse import manifest_path; manifest_path()'
	@touch $(STAMP)

run: install
	@$(BIN)/territoires sample
	@$(BIN)/territoires refresh

test: install
	@$(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile

test-slow: install
	@$(BIN)/python -m pytest -m slow

MINUTES ?= 10

# The laws of the intake on deposits nobody has seen yet, until the time is up; the seed shows a failure again.
fuzz: install
	@end=$$(($$(date +%s) + 60 * $(MINUTES))); while [ $$(date +%s) -lt $$end ]; do \
		seed=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' '); echo "seed $$seed"; \
		$(BIN)/python -m pytest -q -x tests/test_properties.py --hypothesis-profile=fuzz --hypothesis-seed=$$seed \
			|| { echo "again: $(BIN)/python -m pytest -x tests/test_properties.py --hypothesis-profile=fuzz --hypothesis-seed=$$seed"; exit 1; }; \
	done

lint: install
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests
	@$(BIN)/python -m orchestration.catalogue --check

serve: install
	@exec $(BIN)/territoires serve
