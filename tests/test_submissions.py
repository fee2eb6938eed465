"""Odd and hostile submissions get the verdict that their first lines name, and leave nothing.

    # verdict: failed             (a regular expression)
    # says: It raised ValueError  (one that the complaint, and what it got, must match)
    # check: matches              (the first check that fails)
    # needs: landlock             (layers of the sandbox, without which nothing is claimed)
    # as: crlf                    (how the text is altered before it is graded: see FORMS)

@REFERENCE@ and @CANARY@ stand for the reference's path and for a file that must not be touched.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from drill.grader.catalog import Catalog, Drill
from drill.grader.errors import UsageError
from drill.grader.sandbox import probe
from drill.grader.service import Job, Service, job_for
from drill.grader.verdict import Verdict

FOLDER = Path(__file__).parent / "submissions"
LAYERS = dict(probe())
FORMS: Mapping[str, Callable[[str], str]] = {
    "": lambda text: text,
    "bom": lambda text: "\ufeff" + text,
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "stripped": str.rstrip,
    "tabs": lambda text: text.replace("    ", "\t"),
    "unclosed": lambda text: text + "\n\ndef broken(:\n    return (\n",
}


def facts_of(path: Path) -> dict[str, str]:
    """The `# key: value` lines that the file begins with."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"# (verdict|says|check|needs|as): (.*)", line)
        if match is None:
            return found
        found[match[1]] = match[2]
    return found


@pytest.fixture(scope="module")
def softmax(catalog: Catalog) -> Drill:
    return catalog.find("softmax")


@pytest.fixture(scope="module", autouse=True)
def afterwards(service: Service, softmax: Drill) -> Iterator[None]:
    """After all that, the grader still knows what is right and what is not."""
    yield
    assert grade(service, softmax, softmax.solution_path).status == "passed"
    assert grade(service, softmax, softmax.folder / "stub.py").status == "failed"


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    """A file of the user's, which must be as it was, alone in its folder."""
    path = tmp_path / "home" / "thesis.txt"
    path.parent.mkdir()
    path.write_text("ten years of work")
    yield path
    assert path.read_text() == "ten years of work"
    assert os.listdir(path.parent) == [path.name]


def grade(service: Service, drill: Drill, path: Path) -> Verdict:
    return service.grade(Job(drill, path.read_text(encoding="utf-8"), str(path)))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_verdict(
    path: Path, service: Service, softmax: Drill, canary: Path, tmp_path: Path
) -> None:
    facts = facts_of(path)
    for layer in facts.get("needs", "").split():
        if not LAYERS[layer].startswith("active"):
            pytest.skip(f"{layer} is {LAYERS[layer]}")
    text = path.read_text(encoding="utf-8").replace("@CANARY@", str(canary))
    text = text.replace("@REFERENCE@", str(softmax.solution_path.resolve()))
    file = tmp_path / "softmax.py"
    file.write_text(FORMS[facts.get("as", "")](text), encoding="utf-8", newline="")

    verdict = service.grade(job_for(softmax, file))

    failure = verdict.failure
    told = f"{failure.name}: {failure.complaint} {failure.got}" if failure else ""
    assert re.fullmatch(facts["verdict"], verdict.status), told
    assert re.search(facts.get("says", ""), told, re.DOTALL)
    if failure and "check" in facts:
        assert failure.name == facts["check"]
    assert_harmless(verdict)
    assert_no_stray(service)


def assert_harmless(verdict: Verdict) -> None:
    """No text of a verdict steers a terminal, or is longer than what a learner would read."""
    texts = [verdict.output]
    for check in verdict.checks:
        texts += [check.complaint, check.got, check.wanted, check.code, check.diagnosis]
    odd = [character for text in texts for character in text if not character.isprintable()]
    assert set(odd) <= {"\n", "\t"}
    assert max(map(len, texts)) < 5000
    assert json.loads(json.dumps(verdict.to_json(), allow_nan=False)) == verdict.to_json()


def assert_no_stray(service: Service) -> None:
    """The zygote's children are gone, as are their own: it would have adopted them."""
    zygote = service._zygote
    if zygote is None:
        return
    until = time.monotonic() + 5
    children = Path(f"/proc/{zygote.pid}/task/{zygote.pid}/children")
    while left := children.read_text().split():
        assert time.monotonic() < until, left


def test_helpers_beside_the_file_travel_along(service: Service, softmax: Drill) -> None:
    job = job_for(softmax, FOLDER / "with_helper" / "softmax.py")
    assert set(job.siblings) == {"shift.py", "axis.py"}
    assert service.grade(job).status == "passed"
    alone = service.grade(Job(softmax, job.source, job.file))
    assert alone.status == "error"
    assert "shift" in alone.checks[0].got


def test_helpers_are_found_by_the_imports(tmp_path: Path) -> None:
    for name in ("used", "from_dot", "within", "unused", "itself"):
        (tmp_path / f"{name}.py").write_text("import itself, used")
    text = "import used, missing, torch\nfrom . import from_dot\ndef f():\n    import within.deep\n"
    path = tmp_path / "itself.py"
    path.write_text(text)
    from drill.grader.service import siblings_of

    assert set(siblings_of(text, path)) == {"used.py", "from_dot.py", "within.py"}
    assert siblings_of("def broken(:", path) == {}


def test_at_most_sixteen_helpers(tmp_path: Path) -> None:
    names = [f"helper{number}" for number in range(30)]
    for name in names:
        (tmp_path / f"{name}.py").touch()
    from drill.grader.service import siblings_of

    assert len(siblings_of(f"import {', '.join(names)}", tmp_path / "mine.py")) == 16


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "no-file"), (b"\xff\xfe\x00", "not-text"), (b"#" * (1 << 21), "too-large")],
)
def test_files_that_cannot_be_read(
    content: bytes | None, code: str, tmp_path: Path, softmax: Drill
) -> None:
    path = tmp_path / "softmax.py"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        job_for(softmax, path)
    assert caught.value.code == code


def test_a_folder_is_no_submission(tmp_path: Path, softmax: Drill) -> None:
    with pytest.raises(UsageError):
        job_for(softmax, tmp_path)
