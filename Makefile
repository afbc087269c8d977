# make demo: from a bare clone to a graded homework.  make test: everything CI asks for.
# make docs: the documentation as a site, in site/.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: demo test unit lint types bench docs clean

demo: $(VENV)/.installed bubblewrap
	$(BIN)/grade submit submissions/hw2/sample

test: $(VENV)/.installed bubblewrap postgresql lint types
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --config setup.cfg

types: $(VENV)/.installed
	$(BIN)/mypy --strict grader

docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	$(BIN)/python -m mkdocs build --quiet

bench: $(VENV)/.installed bubblewrap
	$(BIN)/python -m benchmarks

# Every attack on every machine that this one is or can imitate: counts on each tier, and what
# is not tried. As root, for only then can an ordinary user or a machine without control groups
# be imitated.
.PHONY: attacks
attacks: $(VENV)/.installed bubblewrap
	$(BIN)/python tests/attacks/machines.py

# What a service needs, pinned with hashes; what is known against it; a list of all of it.
SUPPLY := $(VENV)/supply
.PHONY: requirements audit sbom
requirements: $(SUPPLY)/.installed
	$(SUPPLY)/bin/uv pip compile --quiet --generate-hashes --extra service \
	    --constraint constraints.txt --no-header --annotation-style line \
	    --output-file requirements/service.txt setup.cfg

# Fails for a known advisory, and for a version that could not be looked up.
audit: $(SUPPLY)/.installed
	$(SUPPLY)/bin/pip-audit --strict --requirement requirements/service.txt --disable-pip

sbom: $(SUPPLY)/.installed
	mkdir -p build
	$(SUPPLY)/bin/cyclonedx-py requirements requirements/service.txt --of JSON --output-reproducible -o build/sbom.json

$(SUPPLY)/.installed: $(VENV)/.installed
	$(PYTHON) -m venv $(SUPPLY)
	$(SUPPLY)/bin/python -m pip install --quiet --disable-pip-version-check \
	    uv==0.13.9 pip-audit==2.10.1 cyclonedx-bom==7.5.0
	touch $@

$(VENV)/.installed: setup.cfg constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

.PHONY: bubblewrap
bubblewrap:
	@command -v bwrap >/dev/null || sh tools/install_bubblewrap.sh

.PHONY: postgresql
postgresql:
	@sh -c 'command -v initdb || ls /usr/lib/postgresql/*/bin/initdb' >/dev/null 2>&1 || sh tools/install_postgresql.sh

clean:
	rm -rf $(VENV) build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache
