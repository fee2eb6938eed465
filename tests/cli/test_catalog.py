"""The catalogue: what is found, what is refused and how it is said."""

from collections.abc import Callable
from pathlib import Path

import pytest

from drill.grader import formats, values
from drill.grader.catalog import Catalog
from drill.grader.errors import ContentError, UsageError

Change = Callable[[str, str], Path]


@pytest.fixture
def change(content: Path) -> Change:
    """Replace a line of softmax's drill.yaml (by its key) and give the file's path."""

    def write(key: str, text: str) -> Path:
        path = content / "drills/tensors/softmax/drill.yaml"
        lines = path.read_text().splitlines(keepends=True)
        place = next(i for i, line in enumerate(lines) if line.startswith(f"{key}:"))
        lines[place] = text
        path.write_text("".join(lines))
        return path

    return write


def test_drills_come_by_topic_and_order(content: Path) -> None:
    catalog = Catalog.load(content)
    ids = ["speculative", "flash", "softmax", "einsum", "curves"]
    assert [drill.id for drill in catalog.drills] == ids
    assert catalog.ids == ("curves", "einsum", "flash", "softmax", "speculative")
    assert catalog.topics() == ("decoding", "kernels", "tensors", "training")
    assert [drill.id for drill in catalog.in_topic("tensors")] == ["softmax", "einsum"]


def test_a_drill_has_its_facts_and_files(content: Path) -> None:
    drill = Catalog.load(content).find("softmax")
    assert (drill.title, drill.level, drill.minutes, drill.order) == ("Softmax", "easy", 8, 1)
    assert (drill.questions, drill.extra, drill.gpu) == (("q-1",), None, "none")
    assert (drill.needs, drill.forbid, drill.work, drill.trivially_right) == ((), (), (), {})
    assert drill.hints == ("A nudge.", "The idea.", "Nearly `the answer`.")
    assert drill.followups[0].ask == "What about all -inf?"
    assert drill.must[0].checks == ("matches",)
    assert drill.statement.startswith("# softmax\n")
    assert drill.body == "Write `answer(x)`: one more than `x`."
    assert "NotImplementedError" in drill.stub
    assert drill.checks_text == drill.checks_path.read_text()
    assert drill.best_solution_path == drill.solution_path
    assert drill.rights() == ()


def test_a_statement_without_a_title_line_is_all_body(content: Path) -> None:
    (content / "drills/tensors/softmax/statement.md").write_text("Write it.\n\nNow.\n")
    assert Catalog.load(content).find("softmax").body == "Write it.\n\nNow."


def test_a_kernel_is_the_best_solution(content: Path) -> None:
    drill = Catalog.load(content).find("flash")
    assert drill.best_solution_path == content / "kernels/flash.py" == drill.kernel


def test_lists_may_be_given(change: Change, content: Path) -> None:
    change(
        "gpu",
        "gpu: partly\nextra: hf\nneeds: [processes, loopback]\nforbid:\n- call: torch.softmax\n"
        "- op: aten::_softmax\nwork:\n- One call.\ntrivially_right: {input: It is idempotent.}\n",
    )
    drill = Catalog.load(content).find("softmax")
    assert (drill.gpu, drill.extra, drill.needs) == ("partly", "hf", ("processes", "loopback"))
    assert drill.forbid == ("call: torch.softmax", "op: aten::_softmax")
    assert drill.work == ("One call.",)
    assert drill.trivially_right == {"input": "It is idempotent."}


def test_comments_and_folders_without_a_drill_are_no_drills(content: Path) -> None:
    path = content / "drills/tensors/softmax/drill.yaml"
    path.write_text(f"# the first\n\n# and the second line\n{path.read_text()}")
    (content / "drills/tensors/half_made").mkdir()
    assert Catalog.load(content).find("softmax").title == "Softmax"
    assert "half_made" not in Catalog.load(content).ids


def test_the_pure_loader_reads_the_same(content: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = Catalog.load(content).drills
    monkeypatch.setattr(values, "LOADER", values.yaml.SafeLoader)
    assert Catalog.load(content).drills == fast


@pytest.mark.parametrize(
    ("key", "text", "line", "words"),
    [
        ("level", "level: simple\n", 2, "'simple' must be one of: easy, medium, hard."),
        ("minutes", "minutes: ten\n", 3, "this must be a number, not text."),
        ("minutes", "minutes: -3\n", 3, "'-3' must be a whole number of at least 0."),
        ("title", "title: 12\n", 1, "this must be text, not a number."),
        ("title", "title: null\n", 1, "this must be text, not null."),
        ("title", "title: ' '\n", 1, "this text is empty."),
        ("questions", "questions: q-1\n", 5, "this must be a list."),
        ("questions", "questions: [q: 1]\n", 5, "this must be text, not a list or mapping"),
        ("gpu", "gpu: none\ncolour: red\n", 7, "the key 'colour' is unknown here; known are:"),
        ("gpu", "gpu: none\nlevel: easy\n", 7, "the key 'level' stands here twice."),
        ("gpu", "", 1, "the key 'gpu' is missing."),
        ("gpu", "gpu: none\nextra: numpy\n", 7, "'numpy' must be one of: hf,"),
        ("must", "must: {}\nMUST:\n", 15, "the key 'MUST' is unknown here"),
    ],
)
def test_wrong_facts_are_named_with_their_line(
    change: Change, content: Path, key: str, text: str, line: int, words: str
) -> None:
    path = change(key, text)
    with pytest.raises(ContentError) as caught:
        assert Catalog.load(content).drills
    assert caught.value.message.startswith(f"{path}:{line}: {words}")


@pytest.mark.parametrize(
    ("key", "text", "line", "words"),
    [
        ("hints", "hints:\n- Only one more.\n", 8, "there must be exactly 3 hints, not 4."),
        ("gpu", "gpu: none\nneeds: [sudo]\n", 7, "'sudo' must be one of: processes"),
        ("gpu", "gpu: none\nforbid:\n- torch.softmax\n", 8, "this must be a mapping"),
        ("gpu", "gpu: none\nforbid:\n- name: x\n", 8, "this must be one of `call: ...`"),
        ("gpu", "gpu: none\nforbid:\n- {call: x, op: y}\n", 8, "this must be one of `call: ...`"),
        ("gpu", "gpu: none\nwork:\n- Calls: 3\n", 8, "this must be text, not a list or mapping"),
        ("gpu", "gpu: none\ntrivially_right: {ones: x}\n", 7, "the key 'ones' is unknown"),
        ("followups", "followups:\n- ask: Why?\n", 12, "the key 'answer' is missing."),
        ("must", "must:\n- says: It is.\n  checks: []\n", 16, "at least one check must"),
    ],
)
def test_wrong_details_are_named_when_they_are_read(
    change: Change, content: Path, key: str, text: str, line: int, words: str
) -> None:
    path = change(key, text)
    with pytest.raises(ContentError) as caught:
        assert Catalog.load(content).find("softmax").details
    assert caught.value.message.startswith(f"{path}:{line}: {words}")


def test_what_is_no_yaml_is_named_with_its_line(content: Path) -> None:
    path = content / "drills/tensors/softmax/drill.yaml"
    path.write_text("title: [\n- x\n")
    with pytest.raises(ContentError, match=r"drill.yaml:\d: this is not YAML: "):
        assert Catalog.load(content).drills
    path.write_text("")
    with pytest.raises(ContentError, match=r"drill.yaml:1: the file is empty."):
        assert Catalog.load(content).drills
    path.write_text("title: \x00")
    with pytest.raises(ContentError, match=r"drill.yaml: this is not YAML: "):
        assert Catalog.load(content).drills


def test_a_broken_drill_does_not_hide_the_others(content: Path) -> None:
    (content / "drills/tensors/softmax/drill.yaml").write_text("no: drill")
    assert Catalog.load(content).find("einsum").title == "Einsum"


def test_missing_and_binary_files_are_content_errors(content: Path) -> None:
    drill = Catalog.load(content).find("softmax")
    (drill.folder / "stub.py").unlink()
    (drill.folder / "statement.md").write_bytes(b"\xff\xfe")
    with pytest.raises(ContentError, match=r"stub.py: the file can't be read"):
        assert drill.stub
    with pytest.raises(ContentError, match=r"statement.md: the file can't be read"):
        assert drill.statement


def test_an_id_belongs_to_one_topic(content: Path, new_drill: Callable[..., Path]) -> None:
    new_drill("training", "softmax")
    with pytest.raises(ContentError, match="the id 'softmax' is taken by") as caught:
        Catalog.load(content)
    assert caught.value.remedy == "Ids are unique over all topics."


@pytest.mark.parametrize(("topic", "id"), [("tensors", "Soft-Max"), ("my_topic", "fine")])
def test_names_are_plain(
    content: Path, new_drill: Callable[..., Path], topic: str, id: str
) -> None:
    new_drill(topic, id)
    with pytest.raises(ContentError, match="small letters and digits"):
        Catalog.load(content)


def test_unknown_names_bring_suggestions(content: Path) -> None:
    catalog = Catalog.load(content)
    with pytest.raises(UsageError) as caught:
        catalog.find("softmx")
    assert (caught.value.code, caught.value.remedy) == ("unknown-drill", "Did you mean softmax?")
    with pytest.raises(UsageError) as caught:
        catalog.in_topic("zzz")
    assert (caught.value.code, caught.value.remedy) == ("unknown-topic", "See `drill topics`.")


def test_the_installed_catalogue_loads() -> None:
    catalog = Catalog.load()
    assert all(drill.details.hints for drill in catalog.drills)


def mistakes_file(content: Path, text: str) -> Path:
    path = content / "reference/tensors/softmax/mistakes.yaml"
    path.write_text(text)
    return path


def test_a_mistake_is_an_edit_of_the_reference(content: Path) -> None:
    drill = Catalog.load(content).find("softmax")
    (mistake,) = drill.mistakes()
    assert (mistake.name, mistake.caught_by) == ("forgets", ("matches",))
    assert mistake.source("return x + 1") == "return x"
    with pytest.raises(ContentError, match=r"mistakes.yaml:1: the edit .* fits in 2 places"):
        mistake.source("x + 1, x + 1")
    with pytest.raises(ContentError, match="fits in 0 places"):
        mistake.source("x")


def test_a_mistake_may_be_a_file_and_mutants_may_be_equivalent(content: Path) -> None:
    path = mistakes_file(
        content,
        "mistakes:\n- {name: a, says: A., caught_by: [c], file: a.py}\n"
        "equivalent:\n- {mutant: x + 0, reason: It is the same.}\n",
    )
    (path.parent / "a.py").write_text("def answer(x): ...\n")
    drill = Catalog.load(content).find("softmax")
    assert drill.mistakes()[0].source("unused") == "def answer(x): ...\n"
    assert drill.equivalents() == (formats.Equivalent("x + 0", "It is the same."),)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("- {name: a, says: A.}", 1, "the key 'caught_by' is missing."),
        ("- {name: a, says: A., caught_by: []}", 1, "a mistake has either"),
        ("- {name: a, says: A., caught_by: [c], replace: x}", 1, "a mistake has either"),
        ("\n- {name: a, says: A., caught_by: [], file: a}", 2, "name at least one check"),
        ("- {name: a, says: A., caught_by: [c], file: a}", 1, "there is no file a beside"),
        ("- {name: a, says: A, caught_by: [c], replace: x, with: 1}", 1, "this must be text"),
        (
            "- &a {name: a, says: A., caught_by: [c], replace: x, with: y}\n- *a",
            1,
            "the mistake 'a' stands here twice.",
        ),
        ("mistakes: []\nothers: []", 2, "the key 'others' is unknown here"),
        ("mistakes", 1, "this must be a mapping"),
    ],
)
def test_wrong_mistakes_are_named_with_their_line(
    content: Path, text: str, line: int, words: str
) -> None:
    path = mistakes_file(content, text)
    with pytest.raises(ContentError) as caught:
        Catalog.load(content).find("softmax").mistakes()
    assert caught.value.message.startswith(f"{path}:{line}: {words}")
