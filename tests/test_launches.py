"""The launch meter on known kernels: exact counts, accesses stopped before they are made."""

# Triton reads a kernel's annotations: they are no Python types.
# mypy: disable-error-code="untyped-decorator, no-untyped-def"

import importlib.util
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

os.environ["TRITON_INTERPRET"] = "1"  # before triton is first imported
pytest.importorskip("triton")

import triton
import triton.language as tl
from triton.tools.tensor_descriptor import TensorDescriptor

from drill.grader import launch_hooks, launches
from drill.grader.launches import Launch, LaunchMeter, OutOfBounds, fault_in
from drill.kernels.triton_softmax import softmax


@triton.jit
def add(x_ptr, y_ptr, out_ptr, n, MASKED: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n if MASKED else offsets >= 0
    total = tl.load(x_ptr + offsets, mask=mask) + tl.load(y_ptr + offsets, mask=mask)
    tl.store(out_ptr + offsets, total, mask=mask)


@triton.jit
def fill(out_ptr, start, count, BLOCK: tl.constexpr):
    offsets = start + tl.arange(0, BLOCK)
    tl.store(out_ptr + offsets, offsets.to(tl.float32), mask=tl.arange(0, BLOCK) < count)


@triton.jit
def read(x_ptr, start, count, BLOCK: tl.constexpr):
    tl.load(x_ptr + start + tl.arange(0, BLOCK), mask=tl.arange(0, BLOCK) < count)


@triton.jit
def count_small(x_ptr, bins_ptr, lock_ptr, n, BLOCK: tl.constexpr):
    offsets = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < n, other=0)
    tl.atomic_add(bins_ptr + x, 1, mask=offsets < n)
    tl.atomic_cas(lock_ptr, 0, 1)


@triton.jit
def transpose(x_ptr, out_ptr, M, N, TILED: tl.constexpr, BLOCK: tl.constexpr):
    m = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    n = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    mask = (m[:, None] < M) & (n[None, :] < N)
    tile = tl.load(x_ptr + m[:, None] * N + n[None, :], mask=mask)
    if TILED:
        tl.store(out_ptr + n[:, None] * M + m[None, :], tl.trans(tile), mask=tl.trans(mask))
    else:  # the same memory, the lanes in another order
        tl.store(out_ptr + n[None, :] * M + m[:, None], tile, mask=mask)


@triton.jit
def matmul(a_ptr, b_ptr, out_ptr, M, N, K, BLOCK: tl.constexpr):
    m = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    n = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK, BLOCK), dtype=tl.float32)
    for start in range(0, K, BLOCK):
        k = start + tl.arange(0, BLOCK)
        a_mask = (m[:, None] < M) & (k[None, :] < K)
        b_mask = (k[:, None] < K) & (n[None, :] < N)
        a = tl.load(a_ptr + m[:, None] * K + k[None, :], mask=a_mask, other=0.0)
        b = tl.load(b_ptr + k[:, None] * N + n[None, :], mask=b_mask, other=0.0)
        total = tl.dot(a, b, total, input_precision="ieee")
    mask = (m[:, None] < M) & (n[None, :] < N)
    tl.store(out_ptr + m[:, None] * N + n[None, :], total, mask=mask)


@triton.jit
def copy_described(x_ptr, out_ptr, M, N, BLOCK: tl.constexpr):
    x = tl.make_tensor_descriptor(x_ptr, [M, N], [N, 1], [BLOCK, BLOCK])
    out = tl.make_tensor_descriptor(out_ptr, [M, N], [N, 1], [BLOCK, BLOCK])
    at = [tl.program_id(0) * BLOCK, tl.program_id(1) * BLOCK]
    out.store(at, x.load(at))


@triton.jit
def copy_tiles(x, out, BLOCK: tl.constexpr):
    at = [tl.program_id(0) * BLOCK, tl.program_id(1) * BLOCK]
    out.store(at, x.load(at))


@triton.jit
def fill_column(out_ptr, stride, n, BLOCK: tl.constexpr):
    row = tl.arange(0, BLOCK)
    tl.store(out_ptr + row * stride, row.to(tl.float32), mask=row < n)


@triton.jit
def choose(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
    offsets = tl.arange(0, BLOCK)
    source = tl.where(offsets % 2 == 0, x_ptr + offsets, y_ptr + offsets)
    tl.store(out_ptr + offsets, tl.load(source, mask=offsets < n), mask=offsets < n)


@triton.jit
def invented_address(out_ptr, address):
    pointer = tl.cast(address, tl.pointer_type(tl.float32))
    tl.store(out_ptr, tl.load(pointer))


@triton.jit
def helper(x_ptr, offsets):
    return tl.load(x_ptr + offsets)


@triton.jit
def calls_helper(x_ptr, BLOCK: tl.constexpr):
    helper(x_ptr, tl.arange(0, BLOCK))


@pytest.fixture
def meter() -> Iterator[LaunchMeter]:
    meter = LaunchMeter()
    meter.install()
    assert meter.unsupported is None
    yield meter
    meter.uninstall()


def fault_of(kernel: Any, *args: Any, **constants: Any) -> OutOfBounds:
    """Run the kernel with one program; the OutOfBounds that it must end with."""
    with pytest.raises(Exception) as caught:
        kernel[(1,)](*args, **constants)
    fault = fault_in(caught.value)
    assert fault is not None, caught.value
    return fault


# Counts


def test_vector_add_is_counted_exactly_and_masked_lanes_are_not(meter: LaunchMeter) -> None:
    x, y, out = torch.randn(1000), torch.randn(1000), torch.empty(1000)
    add[lambda meta: (triton.cdiv(1000, meta["BLOCK"]),)](x, y, out, 1000, True, BLOCK=128)
    assert torch.equal(out, x + y)
    assert meter.totals() == {
        "launches": 1,
        "programs": 8,
        "bytes loaded": 8000,
        "bytes stored": 4000,
        "elements loaded": 2000,
        "elements stored": 1000,
        "loads": 16,
        "stores": 8,
        "atomics": 0,
        "dots": 0,
        "dot flops": 0,
    }
    (launch,) = meter.launches
    assert (launch.kernel, launch.grid, launch.block) == ("add", (8, 1, 1), 128)
    assert (launch.load_run, launch.store_run) == (128, 128)
    assert meter.elements_loaded(x) == meter.elements_stored(out) == 1000
    assert meter.elements_stored(x) == 0


def test_bytes_follow_the_element_size(meter: LaunchMeter) -> None:
    for dtype, size in ((torch.float16, 2), (torch.int8, 1), (torch.float64, 8)):
        meter.start()
        x, out = torch.ones(30, dtype=dtype), torch.empty(30, dtype=dtype)
        add[(2,)](x, x, out, 30, True, BLOCK=16)
        assert out.tolist() == [2] * 30
        assert meter.totals()["bytes loaded"] == 2 * 30 * size
        assert meter.totals()["bytes stored"] == 30 * size
        assert meter.covered(out) == meter.loaded_fraction(x) == 1.0


def test_an_empty_grid_is_no_launch(meter: LaunchMeter) -> None:
    empty = torch.empty(0)
    add[(0,)](empty, empty, empty, 0, True, BLOCK=16)
    assert set(meter.totals().values()) == {0}
    assert meter.launches[0].grid == (0, 1, 1)
    assert meter.covered(empty) == 1.0


def test_atomics_count_apart_and_cover_what_they_change(meter: LaunchMeter) -> None:
    x = torch.tensor([0, 2, 2, 3, 0], dtype=torch.int32)
    bins, lock = torch.zeros(6, dtype=torch.int32), torch.zeros(1, dtype=torch.int32)
    count_small[(1,)](x, bins, lock, 5, BLOCK=8)
    assert bins.tolist() == [2, 0, 2, 1, 0, 0] and lock.item() == 1
    totals = meter.totals()
    assert (totals["atomics"], totals["stores"], totals["elements loaded"]) == (6, 0, 5)
    assert meter.stored_mask(bins).tolist() == [True, False, True, True, False, False]


def test_matmul_dots_and_traffic_follow_the_tiling(meter: LaunchMeter) -> None:
    a, b, out = torch.randn(40, 50), torch.randn(50, 20), torch.empty(40, 20)
    matmul[(3, 2)](a, b, out, 40, 20, 50, BLOCK=16)
    torch.testing.assert_close(out, a @ b)
    totals = meter.totals()
    assert totals["dots"] == 3 * 2 * 4
    assert totals["dot flops"] == 3 * 2 * 4 * 2 * 16**3
    assert totals["elements loaded"] == 2 * a.numel() + 3 * b.numel()
    assert (meter.elements_loaded(a), meter.elements_loaded(b)) == (2 * 2000, 3 * 1000)
    assert meter.launches[0].block == 256


@pytest.mark.parametrize("tiled", [True, False])
def test_both_spellings_of_a_tiled_transpose_are_coalesced(meter: LaunchMeter, tiled: bool) -> None:
    x, out = torch.randn(40, 24), torch.empty(24, 40)
    transpose[(3, 2)](x, out, 40, 24, TILED=tiled, BLOCK=16)
    assert torch.equal(out, x.T)
    assert (meter.launches[0].load_run, meter.launches[0].store_run) == (16, 16)


def test_accesses_across_rows_have_runs_of_one(meter: LaunchMeter) -> None:
    softmax(torch.zeros(32, 7)[:, ::2].T)
    assert (meter.launches[0].load_run, meter.launches[0].store_run) == (1, 32)
    meter.start()
    out = torch.zeros(30, 7)
    fill_column[(1,)](out, 7, 30, BLOCK=32)
    assert meter.launches[0].store_run == 1
    assert meter.covered(out) == 1 / 7 and meter.covered(out[:, :1]) == 1.0


def test_a_run_is_the_one_that_half_of_the_elements_reach() -> None:
    assert Launch("k", load_runs={32.0: 32, 8.0: 31}).load_run == 32
    assert Launch("k", load_runs={32.0: 32, 8.0: 33}).load_run == 8
    assert (Launch("k").load_run, Launch("k").block) == (0, 0)


# Bounds


def test_a_missing_mask_is_stopped_before_the_write(meter: LaunchMeter) -> None:
    memory = torch.full((256,), 7.0)
    fault = fault_of(fill, memory[:100], 0, 128, BLOCK=128)
    assert str(fault) == (
        "store out of bounds: 28 of 128 lanes, program (0, 0, 0), "
        "112 bytes past the end of its tensor of shape (100,)"
    )
    assert memory.tolist() == [7.0] * 256
    assert meter.totals()["bytes stored"] == 0


def test_the_program_and_the_worst_byte_are_named(meter: LaunchMeter) -> None:
    x, out = torch.randn(1000), torch.empty(1024)
    with pytest.raises(Exception, match=r"24 of 128 lanes, program .7, 0, 0., 96 bytes past"):
        add[(8,)](x, x, out, 1000, False, BLOCK=128)
    assert meter.totals()["programs"] == 8 and meter.totals()["loads"] == 14


def test_accesses_before_the_start_are_stopped(meter: LaunchMeter) -> None:
    fault = fault_of(read, torch.ones(64)[16:], -2, 32, BLOCK=32)
    assert "2 of 32 lanes" in str(fault) and "8 bytes before the start" in str(fault)


def test_masked_lanes_may_point_anywhere(meter: LaunchMeter) -> None:
    x = torch.ones(4)
    read[(1,)](x, 1 << 40, 0, BLOCK=16)
    read[(1,)](x, -(1 << 40), 0, BLOCK=16)
    assert meter.totals()["elements loaded"] == 0 and not meter.faults


def test_a_view_reaches_as_far_as_its_own_elements(meter: LaunchMeter) -> None:
    memory = torch.zeros(8, 10)
    view = memory[2:5, 3:7]  # spans 2 * 10 + 4 elements
    fill[(1,)](view, 0, 24, BLOCK=32)
    assert memory[2, 3:].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert "4 bytes past the end" in str(fault_of(fill, view, 0, 25, BLOCK=32))
    fault_of(read, memory.T[3:4], 71, 1, BLOCK=16)  # stride 10: spans 7 * 10 + 1
    read[(1,)](memory.T[3:4], 70, 1, BLOCK=16)


def test_another_tensors_memory_is_out_of_bounds_too(meter: LaunchMeter) -> None:
    memory = torch.arange(64.0)
    x, y, out = memory[:16], memory[16:32], memory[32:]
    with pytest.raises(Exception) as caught:
        add[(2,)](x, y, out, 32, True, BLOCK=16)
    assert "64 bytes past the end of its tensor of shape (16,)" in str(fault_in(caught.value))


def test_overlapping_views_and_in_place_work_are_fine(meter: LaunchMeter) -> None:
    memory = torch.arange(8.0)
    add[(1,)](memory[:7], memory[1:], memory[:7], 7, True, BLOCK=8)
    assert memory.tolist() == [1, 3, 5, 7, 9, 11, 13, 7]


def test_an_address_of_no_argument_is_refused(meter: LaunchMeter) -> None:
    fault = fault_of(invented_address, torch.zeros(1), 1 << 40)
    assert "outside every tensor" in str(fault)
    fault_of(read, torch.empty(0), 0, 1, BLOCK=1)


def test_atomics_are_checked(meter: LaunchMeter) -> None:
    bins, lock = torch.zeros(4, dtype=torch.int32), torch.zeros(1, dtype=torch.int32)
    fault = fault_of(count_small, torch.tensor([4], dtype=torch.int32), bins, lock, 1, BLOCK=1)
    assert str(fault).startswith("atomic out of bounds: 1 of 1 lanes")
    fault_of(count_small, bins, bins, lock[1:], 4, BLOCK=4)


def test_pointers_may_be_chosen_lane_by_lane(meter: LaunchMeter) -> None:
    x, y, out = torch.zeros(6), torch.ones(6), torch.empty(6)
    choose[(1,)](x, y, out, 6, BLOCK=8)
    assert out.tolist() == [0, 1, 0, 1, 0, 1]
    assert (meter.elements_loaded(x), meter.elements_loaded(y)) == (3, 3)
    assert "1 of 8 lanes" in str(fault_of(choose, x, y[:5], out, 6, BLOCK=8))


def test_tensor_descriptors_are_metered(meter: LaunchMeter) -> None:
    x = torch.randn(12, 20)
    made_by_kernel, made_outside = torch.empty_like(x), torch.empty_like(x)
    copy_described[(1, 2)](x, made_by_kernel, 12, 20, BLOCK=16)
    source, target = (TensorDescriptor.from_tensor(t, [16, 16]) for t in (x, made_outside))
    copy_tiles[(1, 2)](source, target, BLOCK=16)
    for out in (made_by_kernel, made_outside):
        assert torch.equal(out, x) and meter.covered(out) == 1.0
        assert meter.elements_stored(out) == 240
    assert meter.totals()["bytes loaded"] == meter.totals()["bytes stored"] == 2 * 960
    assert "16 of 256 lanes" in str(fault_of(copy_described, x, x, 13, 20, BLOCK=16))


def test_a_fault_surfaces_through_helpers_and_is_kept_when_swallowed(meter: LaunchMeter) -> None:
    fault = fault_of(calls_helper, torch.ones(3), BLOCK=4)
    assert meter.faults == [fault]
    with pytest.raises(TypeError) as caught:
        read[(1,)](torch.ones(3))
    assert fault_in(caught.value) is None
    meter.start()
    assert meter.faults == []


# Who wrote the result


def test_what_torch_wrote_is_not_covered(meter: LaunchMeter) -> None:
    out = torch.zeros(4, 8)
    assert meter.covered(out) == 0.0
    fill[(1,)](out, 8, 16, BLOCK=16)
    assert meter.covered(out) == 0.5 and meter.covered(out[1:3]) == 1.0
    assert meter.covered(out.T[:, 1:2]) == 1.0 and meter.covered(out.view(-1)[4:12]) == 0.5
    out[1] = -1.0
    assert meter.covered(out) == 0.25
    assert meter.covered(out + 0) == 0.0
    read[(1,)](out, 0, 1, BLOCK=16)  # another launch does not make torch's values the kernel's
    assert meter.covered(out) == 0.25


def test_a_freed_tensor_does_not_cover_its_successor(meter: LaunchMeter) -> None:
    for _ in range(20):
        fill[(1,)](torch.zeros(16), 0, 16, BLOCK=16)
        assert meter.covered(torch.zeros(16)) == 0.0


def test_loads_are_known_element_by_element(meter: LaunchMeter) -> None:
    x = torch.ones(4, 8)
    read[(1,)](x, 4, 8, BLOCK=16)
    read[(1,)](x, 4, 8, BLOCK=16)
    assert meter.loaded_fraction(x) == 0.25 and meter.elements_loaded(x) == 16
    assert meter.loaded_mask(x)[:, 0].tolist() == [False, True, False, False]
    assert meter.loaded_fraction(x.view(torch.uint8)) == 0.25
    assert meter.loaded_fraction(torch.ones(2)) == 0.0


# The meter itself


def test_the_self_check_passes_here() -> None:
    assert launches.self_check() is None


def test_an_interpreter_that_lacks_a_place_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter = sys.modules["triton.runtime.interpreter"]
    monkeypatch.delattr(interpreter, "_implicit_cvt")
    sentence = launches.self_check()
    assert sentence is not None
    assert "it has no _implicit_cvt: work is not graded here" in sentence
    meter = LaunchMeter()
    meter.install()
    meter.uninstall()
    assert meter.unsupported == "it has no _implicit_cvt"


def test_unknown_native_functions_are_reported() -> None:
    interpreter = sys.modules["triton.runtime.interpreter"]
    changed = ModuleType("changed")
    vars(changed).update(vars(interpreter))
    native = ModuleType("native")
    vars(native).update(vars(interpreter._interpreter), bulk_copy=lambda *args: None)
    changed._interpreter = native  # type: ignore[attr-defined]
    assert launch_hooks.unsupported(changed) == "it has the unknown bulk_copy"


def test_a_different_count_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = importlib.import_module("drill.grader.launch_probe")
    monkeypatch.setitem(probe.TOTALS, "programs", 3)
    assert "it counts differently" in str(launches.self_check())


def test_only_one_meter_is_installed_and_nothing_stays_hooked(meter: LaunchMeter) -> None:
    with pytest.raises(RuntimeError, match="installed already"):
        LaunchMeter().install()
    meter.uninstall()
    read[(1,)](torch.ones(16), 0, 16, BLOCK=16)
    assert meter.launches == []
    builder = sys.modules["triton.runtime.interpreter"].interpreter_builder
    assert "create_dot" not in vars(builder)
    meter.install()


def test_without_the_interpreter_the_self_check_says_so() -> None:
    program = "from drill.grader import launches; print(launches.self_check())"
    clean = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    result = subprocess.run(
        [sys.executable, "-c", program], env=clean, capture_output=True, text=True, check=True
    )
    assert "imported without TRITON_INTERPRET=1" in result.stdout


# A submission


def load_submission(folder: Path, text: str) -> ModuleType:
    file = folder / "submission.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location("submission", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_submission_in_a_scratch_folder_is_metered(meter: LaunchMeter, tmp_path: Path) -> None:
    reference = Path(str(sys.modules["drill.kernels.triton_softmax"].__file__)).read_text()
    x = torch.randn(5, 13)
    right = load_submission(tmp_path, reference).softmax(x)
    torch.testing.assert_close(right, x.softmax(1))
    assert meter.covered(right) == meter.loaded_fraction(x) == 1.0
    wrong = load_submission(tmp_path, reference.replace("result, mask=inside", "result"))
    with pytest.raises(Exception) as caught:
        wrong.softmax(x)
    assert "3 of 16 lanes, program (4, 0, 0)" in str(fault_in(caught.value))


SHAPES = [(1, 1), (3, 1), (1, 7), (2, 8), (5, 13), (4, 100)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_softmax_is_right_in_one_pass(
    meter: LaunchMeter, shape: tuple[int, int], dtype: torch.dtype
) -> None:
    x = (torch.randn(shape) * 4).to(dtype)
    x[:, 1::3] = float("-inf")
    before = x.clone()
    result = softmax(x)
    wanted = x.double().softmax(1)
    # The interpreter truncates to bfloat16 where a GPU rounds: 2 ** -8 an element.
    tolerance = {torch.float16: 2e-3, torch.bfloat16: 8e-3, torch.float64: 1e-14}.get(dtype, 1e-6)
    torch.testing.assert_close(result.double(), wanted, rtol=tolerance, atol=tolerance)
    assert result.dtype == dtype and torch.equal(x, before)
    totals = meter.totals()
    assert totals["elements loaded"] == totals["elements stored"] == x.numel()
    assert (totals["launches"], totals["programs"]) == (1, shape[0])
    assert meter.covered(result) == meter.loaded_fraction(x) == 1.0


def test_softmax_takes_any_strides_and_large_values(meter: LaunchMeter) -> None:
    memory = torch.randn(9, 14)
    for x in (memory.T, memory[::2, 1:9], memory[:, 3:4], memory[:1].expand(4, 14), memory * 1e4):
        torch.testing.assert_close(softmax(x), x.softmax(1))
    assert not meter.faults


def test_softmax_of_nothing_touches_nothing(meter: LaunchMeter) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for shape in ((0, 5), (3, 0), (0, 0)):
            assert softmax(torch.empty(shape)).shape == shape
    assert meter.launches == []


@pytest.mark.parametrize("shape", [(), (4,), (2, 3, 4)])
def test_softmax_refuses_other_dimensions(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="rows, cols"):
        softmax(torch.ones(shape))
