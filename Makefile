.PHONY: setup check test gate bench picture

setup:          ## an editable install with everything the tests need
	python3 -m venv .venv
	.venv/bin/pip install -e '.[test]'

check:          ## format, lint, types
	ruff format --check .
	ruff check .
	mypy

test:           ## the program's tests and the quick part of the content contract
	pytest -n auto

gate:           ## every mistake, every right variant, every trivial submission
	pytest -m gate -n auto

bench:          ## how long gradings take, as ratios within one run; DRILLS=--all for every drill
	python -m drill.grader.bench $(DRILLS)

picture:        ## the README's pictures, from real verdicts
	python -m drill.cli.picture .github
