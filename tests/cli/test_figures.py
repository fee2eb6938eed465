"""Cards with drawn figures: they agree with cli/estimates.py, and answers are judged by unit."""

import inspect
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import drill
from drill.cli import estimates as of
from drill.cli.figures import Drawn, FigureCard, Outcome, draw, judge, load
from drill.cli.formulas import Formula
from drill.cli.quantities import read, significant, unit
from drill.grader.errors import ContentError

ROOT = Path(drill.__path__[0])
CARDS = load(ROOT)
SEEDS = range(20)
FUNCTIONS = dict(inspect.getmembers(of, inspect.isfunction))


def named(id: str) -> FigureCard:
    return next(card for card in CARDS if card.id == id)


# --- the cards -----------------------------------------------------------------------------


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_a_card_agrees_with_its_function(card: FigureCard) -> None:
    function = FUNCTIONS[card.function]
    parameters = inspect.signature(function).parameters
    for seed in SEEDS:
        drawn = draw(card, seed)
        assert drawn.numbers.keys() <= parameters.keys()  # else it would not see a figure
        right = function(**drawn.numbers)
        assert drawn.value == pytest.approx(right, rel=1e-9)
        assert math.isfinite(drawn.value) and drawn.value > 0
        assert not set("{}") & set(drawn.ask + "".join(step.text for step in drawn.steps))
        assert judge(drawn.answer, drawn).ok, "three digits are enough"
        assert judge(f"{drawn.value / drawn.unit.size:.6g}", drawn).ok, "so is a bare number"


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_seeds_draw_other_figures(card: FigureCard) -> None:
    assert draw(card, 7) == draw(card, 7)
    assert len({draw(card, seed).ask for seed in range(40)}) >= 3


def test_the_collection() -> None:
    assert len(CARDS) >= 56
    assert {card.level for card in CARDS} == {"easy", "medium", "hard"}
    assert {card.function for card in CARDS} == FUNCTIONS.keys(), "no function without a card"
    asked = {id for card in CARDS for id in card.questions}
    assert {"keyword-batch-memory-limit", "parallel-data-2", "parallel-tensor-3"} <= asked
    assert {"parallel-pipeline-4", "parallel-expert-3"} <= asked


def test_a_seed_draws_the_same_figures_in_another_process() -> None:
    code = (
        "from pathlib import Path; from drill.cli.figures import draw, load;"
        f"print([draw(card, 3).ask for card in load(Path({str(ROOT)!r}))])"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout == f"{[draw(card, 3).ask for card in CARDS]}\n"


def test_the_steps_show_their_numbers() -> None:
    drawn = with_figures("kv-cache-gqa", layers=32, kv_heads=8, head_dim=128, itemsize=2)
    tokens, batch = drawn.numbers["tokens"], drawn.numbers["batch"]
    assert drawn.steps[0].text == "2 x 32 x 8 x 128 x 2 B = 131,072 B"
    assert drawn.steps[1].text == f"131,072 B x {tokens:,} x {batch} = {drawn.answer}"
    assert drawn.answer.endswith(" GiB") and f"{tokens:,} tokens" in drawn.ask
    drawn = with_figures("data-parallel-duplicates", itemsize=1)
    assert "in 1 byte a parameter" in drawn.ask
    drawn = with_figures("decode-floor", gpu="H100 SXM")
    assert drawn.steps[1].text.endswith(f" GB / (3.35 TB/s) = {drawn.answer}")


def with_figures(id: str, **wanted: Any) -> Drawn:
    """The card with the first seed that draws these figures."""
    for seed in range(5000):
        drawn = draw(named(id), seed)
        texts = {name: one.text for name, one in drawn.figures.items()}
        if all(texts[name] == str(value) for name, value in wanted.items()):
            return drawn
    raise AssertionError(f"{id} draws no {wanted}")


# --- published figures ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "published", "within"),
    [
        # Radford et al. 2019: the smallest GPT-2; 124,439,808 is what its checkpoint holds.
        (of.gpt_parameters(12, 768, 50257, 1024), 124_439_808, 0),
        # Brown et al. 2020, table 2.1: GPT-3 has 96 layers, is 12,288 wide, 175 B.
        (of.gpt_parameters(96, 12288, 50257, 2048), 175e9, 0.005),
        # Dubey et al. 2024: Llama 3 8B and 70B; the counts are those of the checkpoints.
        (of.llama_parameters(32, 4096, 8, 128, 14336, 128256), 8_030_261_248, 0),
        (of.llama_parameters(80, 8192, 8, 128, 28672, 128256), 70_553_706_496, 0),
        # Touvron et al. 2023: Llama 2 7B.
        (of.llama_parameters(32, 4096, 32, 128, 11008, 32000), 6_738_415_616, 0),
        # Llama 3 70B: 8 KV heads, 80 layers, head 128, BF16: 320 KiB a token.
        (of.kv_cache_bytes(80, 8, 128), 320 * 1024, 0),
        # Kwon et al. 2023, section 3: a token of OPT-13B takes 800 KB (40 layers, 5,120 wide).
        (of.kv_cache_bytes(40, 40, 128), 800 * 1024, 0),
        # DeepSeek-V3 2024: 61 layers, 512 latent, 64 rotary, 16 bit: 70,272 B a token.
        (of.mla_cache_bytes(61, 512, 64), 70_272, 0),
        # Hu et al. 2021, table 4: LoRA on GPT-3, r = 1 on W_q and W_v: 4.7 M; r = 8: 37.7 M.
        (of.lora_parameters(96, 2, 12288, 1), 4.7e6, 0.01),
        (of.lora_parameters(96, 2, 12288, 8), 37.7e6, 0.01),
        # Rajbhandari et al. 2020: 7.5 B parameters take 120 GB; on 64 GPUs 31.4, 16.6, 1.9 GB.
        (of.adam_state_bytes(7.5e9), 120e9, 0),
        (of.zero_state_bytes(7.5e9, 64, 1), 31.4e9, 0.005),
        (of.zero_state_bytes(7.5e9, 64, 2), 16.6e9, 0.005),
        (of.zero_state_bytes(7.5e9, 64, 3), 1.9e9, 0.02),
        # Jiang et al. 2024: Mixtral 8x7B, 47 B in all and 13 B for a token.
        (of.moe_parameters(1.6e9, 3 * 4096 * 14336 * 32, 2), 13e9, 0.02),
        (of.moe_parameters(1.6e9, 3 * 4096 * 14336 * 32, 8), 47e9, 0.02),
        # Hoffmann et al. 2022: Chinchilla, 70 B parameters and 1.4 T tokens.
        (of.chinchilla_tokens(70e9), 1.4e12, 0),
        # Brown et al. 2020, table D.1: GPT-3 took 3.14e23 FLOP for 300 B tokens.
        (of.training_seconds(174.6e9, 300e9, 1, 1), 3.14e23, 0.005),
        # Chowdhery et al. 2022, appendix B: PaLM 540B at 238.3 K tokens/s on 6,144 TPU v4 of
        # 275 TFLOP/s has 45.7 % without attention.
        (of.utilisation(540.35e9, 238_300, 6144, 275e12), 0.457, 0.005),
    ],
)
def test_published_figures(got: float, published: float, within: float) -> None:
    assert got == pytest.approx(published, rel=within or 1e-12)


def test_tokens_of_a_pass_are_a_sum_over_accepted_drafts() -> None:
    # Leviathan et al. 2023, equation 1: 1 + a + ... + a^k.
    for acceptance, drafted in [(0.5, 3), (0.8, 4), (0.9, 10)]:
        terms = sum(acceptance**power for power in range(drafted + 1))
        assert of.expected_tokens(acceptance, drafted) == pytest.approx(terms)
        kept = sum(acceptance**power for power in range(1, drafted + 1))
        assert of.wasted_drafts(acceptance, drafted) == pytest.approx(1 - kept / drafted)
    assert of.speculative_speedup(0.8, 4, 0.05) == pytest.approx(3.3616 / 1.2)


def test_a_ring_moves_what_it_says() -> None:
    # Megatron-LM: two all-reduces a layer; a ring is a reduce-scatter and an all-gather.
    once = of.all_reduce_bytes(2048 * 8192, 2, 8)
    assert once == 2 * of.all_gather_bytes(2048 * 8192, 2, 8)
    assert of.tensor_parallel_bytes(80, 2048, 8192, 2, 8) == 160 * once
    assert of.all_reduce_seconds(8e6, 8, 1e9) == pytest.approx(of.all_reduce_bytes(8e6, 1, 8) / 1e9)


def test_a_pipeline_by_counting_slots() -> None:
    # GPipe: of the m + p - 1 slots a stage works in m.
    for stages, microbatches in [(4, 8), (8, 32)]:
        busy = microbatches / (microbatches + stages - 1)
        assert of.pipeline_bubble(stages, microbatches) == pytest.approx(1 - busy)
    assert of.pipeline_bubble(4, 8, 2) < of.pipeline_bubble(4, 8)


# --- answers -------------------------------------------------------------------------------

CARD = """
- id: a-size
  title: A size
  level: easy
  questions: []
  ask: Of {{layers}} layers and {{heads}} heads?
  draws: {{layers: [32], heads: [12]}}
  steps:
    - {{name: answer, says: All, formula: "layers * heads * {size}", unit: {unit}}}
  function: concurrency
  tolerance: 0.05
  sources: [None]
  because: It is so.
"""


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Drawn]:
    """A drawn card with 32 layers and 12 heads, whose answer is their product times `size`."""
    monkeypatch.setattr(of, "concurrency", lambda layers, heads: layers * heads)

    def made(size: str, unit: str) -> Drawn:
        write(tmp_path, CARD.format(size=size, unit=unit))
        return draw(load(tmp_path)[0], 0)

    return made


def write(root: Path, text: str) -> Path:
    path = root / "drills" / "cards" / "figures" / "some.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("size", "unit", "texts"),
    [
        # 384 x 2^20 B = 0.375 GiB
        (
            "2 ** 20",
            "GiB",
            "0.375 GiB|0.375|.375 gib|384 MiB|384 mebibytes|402,653,184 B|402653184 bytes|4.03e8 B"
            "|4.03 x 10^8 B|4.03*10**8 bytes|403 MB|403 mb|403MB|403,000 KB|0.403 GB|3.22 Gbit"
            "|3.22 Gb|~0.38 GiB|about 0.375 GiB|0.375 GiB per GPU|0.375 gibibytes a GPU|+0.375",
        ),
        # 384 x 10^-5 s = 3.84 ms
        ("10 ** -5", "ms", "3.84 ms|3.84|0.00384 s|3840 us|3,840 µs|3.84 milliseconds|3.84e-3 sec"),
        (
            "10 ** 12",
            "TFLOP/s",
            "384 TFLOP/s|384 TFLOPS|384 TFLOPs|384 tflops|0.384 PFLOP/s|384 TFLOPs/s|3.84e14 FLOP/s"
            "|384 teraflop per second|384",
        ),
        (
            "10 ** 9",
            "GFLOP",
            "384 GFLOP|384 GFLOPs|384 GFLOPS|0.384 TFLOPs|384e9 FLOP|384 GFLOP/token",
        ),
        ("10 ** 9", "billion", "384B|384 B|384 billion|384e9|384|0.384T|384,000M|384 bn|384 G"),
        ("10 ** -3", '"%"', "38.4%|38.4 %|38.4|38.4 percent"),
        ("1 / 100", "x", "3.84x|3.84 x|3.84|3.84 times"),
        ("10", "tokens/s", "3840 tokens/s|3.84K tok/s|3.84k|3,840 tokens per second|3840 /s|3840"),
        (
            "1 / 100",
            "USD",
            "$3.84|3.84 USD|3.84 dollars|3.84 $|384 cents|$3.84 per million tokens|3.84",
        ),
        ("1 / 100", "FLOP/B", "3.84 FLOP/B|3.84 FLOPs/byte|3.84 flop per byte|3.84 ops/byte"),
        ("3600", "GPU h", "384 GPU h|384 GPU-hours|384 hours|384 h|16 days"),
    ],
)
def test_spellings(make: Callable[..., Drawn], size: str, unit: str, texts: str) -> None:
    drawn = make(size, unit)
    for text in texts.split("|"):
        outcome = judge(text, drawn)
        assert outcome.ok is True, f"{text}: {outcome.says}"
        assert outcome.says == f"Right: {drawn.answer}."


def test_gb_is_not_gib(make: Callable[..., Drawn]) -> None:
    drawn = make("2 ** 30", "GiB")
    assert judge("384 GiB", drawn).ok and judge("412 GB", drawn).ok
    outcome = judge("384 GB", drawn)
    assert outcome.ok is False
    assert outcome.says.startswith("Too small, off by the factor 1.074: GB and GiB")


def test_the_tolerance_is_relative(make: Callable[..., Drawn]) -> None:
    drawn = make("1", "tokens")
    assert judge("384", drawn).ok and judge("403", drawn).ok and judge("365", drawn).ok
    assert judge("404", drawn) == Outcome(False, "Too large: within 5% counts as right.")
    assert judge("364", drawn) == Outcome(False, "Too small: within 5% counts as right.")
    assert judge("1e-300", drawn).ok is judge("9e307", drawn).ok is False


@pytest.mark.parametrize(
    ("unit", "text", "says"),
    [
        ("GiB", "3 ms", "That is a time; a size is asked for."),
        ("ms", "3 GiB", "That is a size; a time is asked for."),
        ("ms", "3 GB/s", "That is a bandwidth; a time is asked for."),
        (
            "TFLOP/s",
            "3 TFLOP/B",
            "That is an arithmetic intensity; a speed of computing is asked for.",
        ),
        ("GFLOP", "3 $", "That is a price; an amount of work is asked for."),
        ("billion", "3 GB", "That is a size; a plain number is asked for."),
        ("GiB", "35%", "That is a plain number; a size is asked for."),
        ("tokens", "3 tokens/s", "That is a rate; a plain number is asked for."),
    ],
)
def test_a_wrong_unit_is_said(make: Callable[..., Drawn], unit: str, text: str, says: str) -> None:
    assert judge(text, make("1", unit)) == Outcome(False, says)


@pytest.mark.parametrize(
    "text",
    [
        *("", "many", "GiB", "4,5 GiB", "1,00 GiB", "4 500 MB", "4 parsecs", "3 GB GB", "2^30 B"),
        *("4 GiB!", "4 /", "4 GiB /", "nan", "inf GiB", "1e999 B", "4 __import__", "4 (GiB)"),
        *("4 GiB**9", "-", "4.5.6 GB", "1" * 200, "4 " + "B " * 40, "4 M", "4 B/s/s", "4 / 0 B"),
    ],
)
def test_what_cannot_be_read_costs_no_try(make: Callable[..., Drawn], text: str) -> None:
    outcome = judge(text, make("1", "GiB"))
    assert outcome == Outcome(None, "That can't be read. Write a number and a unit: 12.5 GiB.")


@pytest.mark.parametrize(
    ("size", "unit", "factor", "says"),
    [
        ("1", "B", 32, "Too large, off by the factor 32: layers were forgotten or counted twice."),
        (
            "1",
            "B",
            1 / 12,
            "Too small, off by the factor 12: heads were forgotten or counted twice.",
        ),
        (
            "1",
            "B",
            31.5,
            "Too large, off by the factor 32: layers were forgotten or counted twice.",
        ),
        ("1", "B", 8, "Too large, off by the factor 8: bits were taken for bytes, or the reverse."),
        ("1", "B", 4, "Too large, off by the factor 4: numbers of 4 bytes"),
        ("1", "B", 1 / 2, "Too small, off by the factor 2: numbers of 2 bytes"),
        ("1", "B", 1024, "Too large, off by the factor 1,000: a prefix was mistaken"),
        ("1", "TiB", 1.024**4, "Too large, off by the factor 1.1: GB and GiB"),
        ("1", "s", 8, "Too large, off by the factor 8."),
        ("1", "s", 1 / 1000, "Too small, off by the factor 1,000: a prefix was mistaken"),
        ("1 / 1000", '"%"', 1 / 100, "Too small, off by the factor 100: a share and its per cent"),
        ("1", "s", 5.5, "Too large: within 5% counts as right."),
        ("1", "s", 1.0737, "Too large: within 5% counts as right."),
        ("1", "s", -1, "The answer is greater than zero."),
        ("1", "s", 0, "The answer is greater than zero."),
    ],
)
def test_factors_are_named(
    make: Callable[..., Drawn], size: str, unit: str, factor: float, says: str
) -> None:
    drawn = make(size, unit)
    outcome = judge(f"{factor * drawn.value / drawn.unit.size:.12g}", drawn)
    assert outcome.ok is False
    assert outcome.says.startswith(says)


def test_the_figures_of_real_cards_are_named() -> None:
    drawn = with_figures("kv-cache-gqa", layers=80, kv_heads=8, batch=32)
    outcome = judge(f"{drawn.value / 8} B", drawn)
    assert "off by the factor 8: kv heads were forgotten or counted twice; or bits" in outcome.says
    assert "32: batch was forgotten" in judge(f"{drawn.value / 32} B", drawn).says


@given(st.text(max_size=40) | st.from_regex(r"\d{1,5}(\.\d)? ?[A-Za-z/*%$ ]{0,9}", fullmatch=True))
def test_whatever_is_typed_gets_an_answer(text: str) -> None:
    for id in ("kv-cache-gqa", "decode-throughput", "cost-per-million", "lora-share"):
        outcome = judge(text, draw(named(id), 0))
        assert outcome.says and outcome.ok in (True, False, None)


# --- numbers, units, formulas --------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (131072, None, "131,072"),
        (131072, 3, "131,000"),
        (4.19, 3, "4.19"),
        (8.0, 3, "8"),
        (2.8, 3, "2.80"),
        (0.67108, None, "0.6711"),
        (5.5, None, "5.5"),
        (0.00384, 3, "0.00384"),
        (0, None, "0"),
        (8.4e23, None, "8.4e23"),
        (3.1e-9, 3, "3.1e-9"),
        (999.9, 3, "1,000"),
    ],
)
def test_numbers_are_shown(number: float, digits: int | None, text: str) -> None:
    assert significant(number, digits) == text


def test_base_units() -> None:
    texts = ["GiB", "ms", "TFLOP/s", "FLOP/B", "USD/h", "%", "tokens/s"]
    assert [unit(text).base for text in texts] == ["B", "s", "FLOP/s", "FLOP/B", "USD/s", "", "/s"]
    assert read("400 Gbit/s")[0] * unit("Gbit/s").size == 50e9


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("2 * a + 1", 9.0, "2 x 4 + 1"),
        ("(a + 1) * b", 50.0, "(4 + 1) x 10"),
        ("-a ** 2", -16.0, "-4^2"),
        ("b // a", 2.0, "floor(10 / 4)"),
        ("ceil(b / a)", 3.0, "ceil(10 / 4)"),
        ("max(a, min(b, 7)) - log2(a)", 5.0, "max(4, min(10, 7)) - log2(4)"),
        ("10 ** 6 * 1.5", 1.5e6, "10^6 x 1.5"),
    ],
)
def test_formulas(text: str, value: float, shown: str) -> None:
    formula = Formula.parse(text)
    assert formula.value({"a": 4, "b": 10}) == value
    assert formula.shown({"a": "4", "b": "10"}) == shown


@pytest.mark.parametrize(
    "text",
    [
        *("__import__('os')", "a.real", "a[0]", "a if b else c", "a < b", "a and b", "lambda: 1"),
        *("'a' * 9", "True", "1j", "None", "f'{a}'", "[a]", "(a, b)", "{a}", "a := 1", "open(a)"),
        *("min(a)", "ceil(a, b)", "min(*a)", "min(a, b, key=c)", "a % b", "a << b", "~a", "not a"),
        *("+a", "[x for x in a]", "await a", "a;b", "a = 1", "", "2 *", "max.x(a, b)", "a @ b"),
        *("max(a, b)(c)", "(" * 500 + "a" + ")" * 500),
    ],
)
def test_formulas_do_arithmetic_and_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no formula|is not allowed in a formula"):
        Formula.parse(text)


@pytest.mark.parametrize("text", ["9 ** 9 ** 9", "1 / (a - a)", "log2(a - a)", "10.0 ** 64 ** 2"])
def test_formulas_that_give_nothing(text: str) -> None:
    with pytest.raises((ArithmeticError, ValueError)):
        Formula.parse(text).value({"a": 4})


# --- errors in a file ----------------------------------------------------------------------

GOOD = """\
- id: one
  title: A title
  level: easy
  questions: []
  ask: How many in flight at {rate} for {latency}, as of {gpu}?
  draws:
    rate: [3 requests/s, 5 requests/s]
    together:
      - {gpu: H100, latency: 2 s}
      - {gpu: A100, latency: 0.5}
  steps:
    - name: answer
      says: The product
      formula: rate * latency
      unit: requests
  function: concurrency
  tolerance: 0.05
  sources: [Little 1961]
  because: It is so.
"""


def test_a_good_file(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (card,) = load(tmp_path)
    drawn = [draw(card, seed) for seed in range(30)]
    assert {(one.figures["gpu"].text, one.numbers["latency"]) for one in drawn} == {
        ("H100", 2),
        ("A100", 0.5),
    }
    assert {one.numbers["rate"] for one in drawn} == {3, 5}


@pytest.mark.parametrize(
    ("line", "old", "new", "says"),
    [
        (2, "- id: one", "- id: one\n  extra: 1", "the key 'extra' is unknown here"),
        (1, "  title: A title\n", "", "the key 'title' is missing"),
        (1, "id: one", "id: One_1", "must have small letters"),
        (3, "level: easy", "level: simple", "must be one of: easy, medium, hard"),
        (5, "{gpu}", "{gpus}", "'gpus' is not drawn"),
        (5, "{gpu}", "{gpu.text}", "'gpu.text' is not drawn"),
        (5, "{gpu}", "{gpu", "a brace has no partner"),
        (5, "{gpu}", "it", "the question does not tell {gpu}"),
        (7, "3 requests/s", "3 parsecs", "'3 parsecs' can't be read"),
        (7, "3 requests/s", "3 parsecs/fortnight", "can't be read"),
        (7, "3 requests/s", '"3"', "'3' needs a unit"),
        (7, "[3 requests/s, 5 requests/s]", "[]", "there is nothing to draw from"),
        (7, "3 requests/s", "true", "must be text"),
        (7, "    rate: [3", "    Rate: [3", "can't be the name of a figure"),
        (7, "    rate: [3", "    answer: [3", "can't be the name of a figure"),
        (10, "gpu: A100, ", "", "this must have the figures gpu, latency"),
        (7, "- {gpu: H100, latency: 2 s}", "- {gpu: H100, rate: 2 s}", "a figure is drawn twice"),
        (12, "name: answer", "name: rate", "is taken"),
        (12, "name: answer", "name: gpu", "is taken"),
        (12, "name: answer", "name: other", "the last step must be named 'answer'"),
        (14, "rate * latency", "rate * latencies", "the name 'latencies' is unknown here"),
        (14, "rate * latency", "rate * gpu", "the name 'gpu' is unknown here"),
        (14, "rate * latency", "open(rate)", "'open(rate)' is not allowed in a formula"),
        (14, "rate * latency", "rate *", "is no formula"),
        (15, "unit: requests", "unit: furlongs", "'furlongs' is no unit"),
        (15, "unit: requests", "unit: B / FLOP", "measures nothing that is asked here"),
        (16, "concurrency", "concurrent", "cli/estimates.py has no function 'concurrent'"),
        (16, "concurrency", "math", "cli/estimates.py has no function 'math'"),
        (16, "concurrency", "ridge_point", "ridge_point needs 'peak', which is not drawn"),
        (17, "0.05", "0.5", "the tolerance must be above 0"),
        (17, "0.05", "small", "must be a number"),
        (18, "[Little 1961]", "[]", "name at least one"),
    ],
)
def test_errors_name_their_line(tmp_path: Path, line: int, old: str, new: str, says: str) -> None:
    assert GOOD.count(old) == 1
    text = GOOD.replace(old, new)
    if "drawn twice" in says:
        text = text.replace("{gpu: A100, latency: 0.5}", "{gpu: A100, rate: 0.5}")
    path = write(tmp_path, text)
    with pytest.raises(ContentError) as fault:
        load(tmp_path)
    place, _, sentence = fault.value.message.partition(": ")
    assert says in sentence
    assert place == f"{path}:{line}"


def test_a_card_twice(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + GOOD)
    with pytest.raises(ContentError, match="'one' stands here twice") as fault:
        load(tmp_path)
    assert fault.value.message.startswith(f"{path}:20: ")


def test_a_card_that_gives_nothing(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("rate * latency", "rate / (latency - latency)"))
    with pytest.raises(ContentError, match="'answer' of 'one' gives nothing"):
        draw(load(tmp_path)[0], 0)


def test_reading_cards_does_not_load_pint_for_other_commands() -> None:
    code = "import sys, drill.cli.figures; assert not {'pint', 'torch'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)
