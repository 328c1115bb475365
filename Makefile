# Everything a developer does, in one word each. Needs Python 3.11 or newer and make, nothing else.
#   make demo PORT=8001          another port
#   make test ARGS="-k desk"     some of the tests
#   make demo PYTHON=python3.12  another Python

PORT ?= 8000
ARGS ?=
PY := .venv/bin/python
RUNTIME := @sh scripts/prepare requirements.txt
DEV := @sh scripts/prepare requirements-dev.txt
export PYTHON

PIN := $(PY) -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header $(ARGS)

# The demo keeps to itself: whatever a developer's shell says about servers is not for it.
EMBEDDED := env -u DATABASE_URL -u DATABASE_URL_FILE -u REDIS_URL -u REDIS_URL_FILE -u EMAIL_URL -u EMAIL_URL_FILE \
	-u SECRET_KEY -u SECRET_KEY_FILE -u SEALING_KEY -u SEALING_KEY_FILE -u ALLOWED_HOSTS -u SITE_URL \
	-u DJANGO_SETTINGS_MODULE DEMO=1

# What a real deployment looks like, for the deployment checks; nothing is connected to.
PRODUCTION := env -u DEMO -u DJANGO_SETTINGS_MODULE SECRET_KEY=only-for-make-lint-9f8e7d6c5b4a3c2d1e0f-and-nowhere-else \
	ALLOWED_HOSTS=luohu.example SITE_URL=https://luohu.example TRUSTED_PROXY_COUNT=1 \
	DATABASE_URL=postgres://luohu@postgres.invalid/luohu REDIS_URL=redis://redis.invalid \
	EMAIL_URL=smtp+tls://mail.invalid:587 DEFAULT_FROM_EMAIL=luohu@luohu.example VAR_DIR=var

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench chaos requirements messages secrets clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: ## start the whole system with a year of demo work, at http://127.0.0.1:8000
	$(RUNTIME)
	@exec $(EMBEDDED) SITE_URL="http://127.0.0.1:$(PORT)" $(PY) manage.py demo --port "$(PORT)"

test: ## run the tests: on SQLite, or on the servers named by DATABASE_URL and REDIS_URL
	$(DEV)
	@$(PY) -m pytest -n auto --maxprocesses 8 --dist loadgroup $(ARGS)

lint: ## ruff, mypy, missing migrations, deployment checks
	$(DEV)
	$(PY) -m ruff check .
	$(PY) -m mypy
	@$(EMBEDDED) DATABASE_URL=sqlite://:memory: $(PY) manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

bench: ## measure the pages and jobs that must stay fast
	$(DEV)
	@$(PY) -m tests.benchmarks $(ARGS)

chaos: ## kill workers, restart Redis and refuse mail while 1,000 tasks are overdue; see that nothing is lost
	$(DEV)
	@$(PY) -m tests.chaos $(ARGS)

requirements: ## pin what pyproject.toml asks for (newer versions too: ARGS=--upgrade)
	$(DEV)
	@$(PY) -m pip --quiet --disable-pip-version-check install uv
	$(PIN) --extra demo --output-file requirements.txt
	$(PIN) --extra demo --extra dev --constraint requirements.txt --output-file requirements-dev.txt

messages: ## collect the texts to translate and compile the catalogue (needs gettext)
	$(DEV)
	@$(EMBEDDED) $(PY) manage.py makemessages --locale zh_Hans --no-wrap --add-location file \
		--ignore .venv --ignore var --ignore tests
	@$(EMBEDDED) $(PY) manage.py compilemessages --locale zh_Hans --ignore .venv

secrets: ## make the secret files that docker-compose.yml reads, where they are missing
	@sh scripts/secrets

clean: ## remove the virtual environment, the demo's data and all caches
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
