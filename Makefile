PYTHON ?= python3

.PHONY: check format test prove bench labextension

check:  ## format, lint, types, room boundaries, fast tests, TypeScript
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	pytest -q -m "not slow" -n 2
	cd labextension && npm ci --silent --no-audit --no-fund && npm run --silent lint && npm test --silent

format:
	ruff format .
	ruff check --fix .

test:
	pytest -n 2

prove:  ## the law of equivalence on hundreds of programs, in several partitions and orders
	$(PYTHON) -m tests.prove

bench:
	$(PYTHON) -m tests.benchmarks

labextension:  ## build the sidebar into nb2ops/labextension
	cd labextension && npm ci --silent --no-audit --no-fund && npm run build
