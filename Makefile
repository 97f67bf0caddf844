# Two commands to know: `make demo` and `make test`. Everything stays below build/ and .venv/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/build/collections
unexport PYTHONPATH VIRTUAL_ENV

rehearse := ansible-playbook stackroll.nova.rehearse -e rehearsal_cloud_dir=$(CURDIR)/build/rehearsal -e rehearsal_cloud_state
python_code := plugins roles tests
checks_page := PYTHONPATH=build/collections python tests/tools/write_checks_page.py
rollback_page := PYTHONPATH=build/collections python tests/tools/write_rollback_page.py

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Debian packages, .venv, the collection's path
	@tests/tools/setup

.PHONY: demo
demo: setup ## Roll the rehearsal cloud from one release to the next and report
	@tests/tools/demo

.PHONY: test
test: setup ## Every test
	@python tests/tools/run_tests.py

.PHONY: rehearsal-up rehearsal-down rehearsal-reset rehearsal-status
rehearsal-up: setup ## Bring the rehearsal cloud up
	@$(rehearse)=up
rehearsal-down: setup ## Leave nothing of the rehearsal cloud behind
	@$(rehearse)=down
rehearsal-reset: setup ## Back to the old release with the same servers
	@$(rehearse)=reset
rehearsal-status: setup ## Say what runs
	@$(rehearse)=status

.PHONY: lint lint-ansible lint-python lint-docs
lint: lint-ansible lint-python lint-docs ## ansible-lint, ruff, mypy, changelog and documentation
lint-ansible: setup
	ansible-lint --offline --strict --nocolor
lint-python: setup
	ruff check $(python_code)
	ruff format --check $(python_code)
	MYPYPATH=build/collections mypy -p ansible_collections.stackroll.nova.plugins
	MYPYPATH=tests/integration:tests/bench:build/collections mypy tests/tools tests/integration tests/bench
lint-docs: setup
	antsibull-changelog lint
	$(checks_page) --check
	$(rollback_page) --check
	antsibull-docs lint-collection-docs --plugin-docs .

.PHONY: docs
docs: setup ## Write docs/checks.md and docs/rollback.md from what they are about
	$(checks_page)
	$(rollback_page)

.PHONY: format
format: setup ## Write Python the way `make lint` wants it
	ruff check --fix $(python_code)
	ruff format $(python_code)

.PHONY: sanity units
sanity: setup ## ansible-test sanity
	@tests/tools/ansible_test sanity
units: setup ## ansible-test units; plain `pytest tests/unit` works as well
	@tests/tools/ansible_test units --num-workers 2

.PHONY: package
package: setup ## Build the collection, install it elsewhere, read its documentation
	@tests/tools/package

.PHONY: integration molecule
integration: setup ## Tests on the rehearsal cloud
	pytest tests/integration -v --tb=short --durations=30 --junitxml=build/test/integration.xml $(ARGS)
molecule: setup ## All molecule scenarios, or those named: make molecule SCENARIOS="default check_mode"
	@tests/tools/molecule $(SCENARIOS)

.PHONY: bench-readiness
bench-readiness: rehearsal-up ## Time the readiness checks on a large cloud, beside nova-status and placement-status
	@PYTHONPATH=tests/integration:build/collections python tests/bench/readiness.py

.PHONY: bench-drain
bench-drain: rehearsal-reset ## Count what draining hosts costs, beside the command line client
	@PYTHONPATH=tests/integration:build/collections python tests/bench/drain.py $(ARGS)
	@$(rehearse)=reset

.PHONY: bench-reshape
bench-reshape: rehearsal-up ## Reshape many provider trees, beside a bare loop of prepared requests
	@PYTHONPATH=tests/integration:build/collections python tests/bench/reshape.py $(ARGS)

.PHONY: bench-plan
bench-plan: setup ## Plan generated fleets, beside bounds and the ways of today; needs no cloud
	@PYTHONPATH=tests/integration:build/collections python tests/bench/plan.py $(ARGS)

.PHONY: bench-availability
bench-availability: setup ## Count what clients see of the whole upgrade, beside the ways of others; brings up its own clouds
	@PYTHONPATH=tests/integration:build/collections python tests/bench/availability.py $(ARGS)

.PHONY: clean
clean: rehearsal-down ## Remove the cloud, build/ and all caches, but not .venv
	rm -rf build .ansible .mypy_cache .pytest_cache .ruff_cache .hypothesis collections tests/output stackroll-nova-*.tar.gz
