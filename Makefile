PYTHON ?= python3

.PHONY: check format test docs prove prove-faults bench labextension

check:  ## format, lint, types, room boundaries, documentation, fast tests, TypeScript
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	$(MAKE) --no-print-directory docs
	pytest -q -m "not slow" -n 2
	cd labextension && npm ci --silent --no-audit --no-fund && npm run --silent lint && npm test --silent

format:
	ruff format .
	ruff check --fix .

test:
	pytest

docs:  ## the documentation as a site, in site/; a warning is an error
	zensical build --strict --clean

prove:  ## the law of equivalence, about fifteen minutes: programs, notebooks, generated programs, edits with a cache
	$(PYTHON) -m tests.prove
	$(PYTHON) -m tests.prove --cached --minutes 5

prove-faults:  ## what a search for counterexamples notices: seeded faults, and the seconds to find each
	$(PYTHON) -m tests.prove --faults

bench:
	$(PYTHON) -m tests.benchmarks

labextension:  ## build the sidebar into nb2ops/labextension
	cd labextension && npm ci --silent --no-audit --no-fund && npm run build
