# The developer's day. `make` alone says what there is.
.DEFAULT_GOAL := help
.PHONY: help setup demo check test bench soak audit mutate fuzz foods docs serve-docs format build clean

BIN := .venv/bin
NEOMAG := $(BIN)/neomag

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv and node_modules from the lock files (Debian packages too, when root)
	@scripts/setup.sh node

.venv/.neomag-lock: requirements.lock pyproject.toml scripts/setup.sh
	@scripts/setup.sh

build: .venv/.neomag-lock ## Compile the knowledge, so that a run needs no parser
	@$(BIN)/python -m neomag.rules.build

demo: build ## Assess the published cases, work out a dose, plan food
	@$(NEOMAG) knowledge check
	@$(NEOMAG) assess --examples --summary
	@$(NEOMAG) assess src/neomag/examples/P-014.json
	@$(NEOMAG) dose --weight 3kg --serum-mg 0.45mmol/L
	@$(NEOMAG) feed plan --age 8mo

format: setup ## Format the code
	@$(BIN)/ruff check --fix --quiet src tests benchmarks tools hatch_build.py
	@$(BIN)/ruff format --quiet src tests benchmarks tools hatch_build.py

check: setup build ## The fast checks: format, lint, types, knowledge, quick tests of all but the outlets
	@$(BIN)/ruff format --check --quiet src tests benchmarks tools hatch_build.py
	@$(BIN)/ruff check --quiet src tests benchmarks tools hatch_build.py
	@node_modules/.bin/pyright --warnings
	@$(NEOMAG) knowledge check
	@$(BIN)/python -m pytest -m "not slow and not outlet" -n 2

test: setup build ## Every check there is
	@$(BIN)/ruff format --check --quiet src tests benchmarks tools hatch_build.py
	@$(BIN)/ruff check --quiet src tests benchmarks tools hatch_build.py
	@node_modules/.bin/pyright --warnings
	@$(NEOMAG) knowledge check
	@$(BIN)/python -m tools.audit_dependencies --allow-unchecked
	@NEOMAG_TEST_PROFILE=full $(BIN)/python -m pytest -n 2

bench: setup build ## Measure against peers, side by side in one run
	@$(BIN)/python -m benchmarks.assess
	@$(BIN)/python -m benchmarks.plan
	@$(BIN)/python -m benchmarks.body
	@$(BIN)/python -m benchmarks.cohort
	@$(BIN)/python -m benchmarks.serve

soak: build ## 1,000,000 requests to the service, with flat memory
	@$(BIN)/python -m tools.soak

audit: setup ## What neomag depends on: pinned, licensed, used, and (with a network) without known vulnerabilities
	@$(BIN)/python -m tools.audit_dependencies

mutate: build ## Move every number of the knowledge by 10 % and see that a test breaks; writes docs/mutation.md (FILES=dosing/ for some)
	@$(BIN)/python -m tools.mutate $(FILES)

fuzz: build ## 100,000 malformed inputs
	@$(BIN)/python -m tools.fuzz 100000

foods: build ## Build the food table anew from its package (needs the network)
	@$(BIN)/python -m tools.foods

docs: build ## Write the generated pages and build the documentation into site/
	@$(BIN)/python -m tools.docs_pages
	@$(BIN)/python -m tools.body_page
	@$(BIN)/python -m tools.body_panel
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

serve-docs: build ## Serve the documentation on this machine while writing it
	@$(BIN)/mkdocs serve

clean: ## Remove what was made
	@rm -rf .venv node_modules site dist src/neomag/_build .pytest_cache .ruff_cache .hypothesis
