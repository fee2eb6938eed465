"""What back-of-envelope questions ask for, as functions: the oracle of the cards with figures.

Base units everywhere: bytes, seconds, FLOP, FLOP/s, B/s, USD. `itemsize` is the bytes of a number.
"""

import math

ADAM_BYTES = 16  # a parameter: 2 weight, 2 gradient, 4 master copy, 4 + 4 moments (ZeRO, 2020)


# --- caches --------------------------------------------------------------------------------


def kv_cache_bytes(
    layers: int,
    kv_heads: int,
    head_dim: int,
    tokens: float = 1,
    batch: float = 1,
    itemsize: float = 2,
    window: float = math.inf,
) -> float:
    """2 x layers x KV heads x head dim x min(tokens, window) x batch x itemsize, in bytes.

    MHA: as many KV heads as heads; MQA: one (Shazeer, 2019); GQA: between (Ainslie et al., 2023);
    `window` is that of sliding-window attention (Jiang et al., Mistral 7B, 2023).
    """
    return 2 * layers * kv_heads * head_dim * min(tokens, window) * batch * itemsize


def mla_cache_bytes(
    layers: int, latent: int, rope: int, tokens: float = 1, batch: float = 1, itemsize: float = 2
) -> float:
    """layers x (latent + rotary key) x tokens x batch x itemsize (DeepSeek-V2, 2024), in bytes."""
    return layers * (latent + rope) * tokens * batch * itemsize


def mla_saving(heads: int, head_dim: int, latent: int, rope: int) -> float:
    """How many times smaller MLA's cache is than MHA's: 2 x heads x head dim / (latent + rope)."""
    return 2 * heads * head_dim / (latent + rope)


def int8_cache_bytes(
    layers: int,
    kv_heads: int,
    head_dim: int,
    tokens: float = 1,
    batch: float = 1,
    scale_bytes: float = 4,
) -> float:
    """A cache of one byte a number and a scale for each token, head, and K or V, in bytes."""
    return 2 * layers * kv_heads * (head_dim + scale_bytes) * tokens * batch


def cache_waste(tokens: int, block: int) -> float:
    """The share of allocated places that hold nothing, blocks being whole (Kwon et al., 2023).

    A region reserved for the longest answer is one block of that length.
    """
    return 1 - tokens / (math.ceil(tokens / block) * block)


def prefix_saving_bytes(
    layers: int, kv_heads: int, head_dim: int, prefix: int, sequences: int, itemsize: float = 2
) -> float:
    """Cache not stored again when sequences share a prefix: (sequences - 1) copies, in bytes."""
    return (sequences - 1) * kv_cache_bytes(layers, kv_heads, head_dim, prefix, 1, itemsize)


def batch_limit(
    memory: float,
    overhead: float,
    parameters: float,
    itemsize: float,
    layers: int,
    kv_heads: int,
    head_dim: int,
    tokens: int,
    gpus: int = 1,
) -> float:
    """Whole sequences: (gpus x (memory - overhead) - weights) / cache of one; the cache is 16 bit.

    Weights and cache are split evenly over the GPUs; `overhead` is each GPU's own.
    """
    left = gpus * (memory - overhead) - parameters * itemsize
    return left // kv_cache_bytes(layers, kv_heads, head_dim, tokens)


def longest_context(
    memory: float,
    overhead: float,
    parameters: float,
    itemsize: float,
    layers: int,
    kv_heads: int,
    head_dim: int,
    batch: int,
) -> float:
    """Whole tokens that each of `batch` sequences may have before a 16-bit cache fills memory."""
    left = memory - overhead - parameters * itemsize
    return left // kv_cache_bytes(layers, kv_heads, head_dim, 1, batch)


# --- parameters and weights ----------------------------------------------------------------


def gpt_parameters(layers: int, hidden: int, vocab: int, context: int, tied: bool = True) -> float:
    """layers x (12 d^2 + 13 d) + 2 d + (vocab + context) d (Radford et al., GPT-2, 2019).

    12 d^2: 4 for attention, 8 for the MLP; 13 d: biases and two LayerNorms; 2 d: the last one.
    """
    blocks = layers * (12 * hidden**2 + 13 * hidden) + 2 * hidden
    return blocks + (vocab * (1 if tied else 2) + context) * hidden


def llama_parameters(
    layers: int, hidden: int, kv_heads: int, head_dim: int, ffn: int, vocab: int, tied: bool = False
) -> float:
    """GQA and SwiGLU without biases, heads x head dim = hidden (Llama 3, 2024).

    A layer: Q and O 2 d^2, K and V 2 d x KV heads x head dim, MLP 3 d x ffn, two RMSNorms 2 d.
    """
    attention = 2 * hidden**2 + 2 * hidden * kv_heads * head_dim
    layer = attention + 3 * hidden * ffn + 2 * hidden
    return layers * layer + hidden + vocab * hidden * (1 if tied else 2)


def embedding_bytes(vocab: int, hidden: int, itemsize: float) -> float:
    """vocab x hidden x itemsize: also what tying the head saves (Press and Wolf, 2017)."""
    return vocab * hidden * itemsize


def weights_per_gpu(
    parameters: float, itemsize: float, tensor: int = 1, pipeline: int = 1
) -> float:
    """parameters x itemsize / (TP x PP), in bytes (Narayanan et al., 2021)."""
    return parameters * itemsize / (tensor * pipeline)


def duplicate_bytes(parameters: float, itemsize: float, gpus: int) -> float:
    """Weights held more than once by data-parallel replicas: (gpus - 1) copies, in bytes."""
    return (gpus - 1) * parameters * itemsize


def quantised_bytes(parameters: float, bits: int, group: int, scale_bits: int) -> float:
    """parameters x (bits + scale bits / group) / 8, in bytes (Frantar et al., GPTQ, 2023)."""
    return parameters * (bits + scale_bits / group) / 8


def lora_parameters(layers: int, matrices: int, hidden: int, rank: int) -> float:
    """layers x matrices x rank x (d + d) for square matrices (Hu et al., LoRA, 2021)."""
    return layers * matrices * rank * 2 * hidden


def lora_bytes(
    layers: int, matrices: int, hidden: int, rank: int, itemsize: float, adapters: int = 1
) -> float:
    """Bytes of `adapters` LoRA adapters kept beside one base model (Sheng et al., S-LoRA, 2023)."""
    return adapters * lora_parameters(layers, matrices, hidden, rank) * itemsize


def lora_share(rank: int, rows: int, columns: int) -> float:
    """Trained parameters as a share of the matrix: r (d + k) / (d k) (Hu et al., 2021)."""
    return rank * (rows + columns) / (rows * columns)


def moe_parameters(shared: float, expert: float, experts: int) -> float:
    """shared + experts x expert: all of them resident, or the top-k that a token uses."""
    return shared + experts * expert


def moe_flops_ratio(experts: int, top_k: int) -> float:
    """FLOP a token of a dense model over those of an MoE of its size: experts / top-k."""
    return experts / top_k


def expert_capacity(tokens: int, top_k: int, experts: int, factor: float) -> float:
    """Places an expert has: ceil(factor x tokens x k / experts) (GShard, 2020; Switch, 2021)."""
    return math.ceil(factor * tokens * top_k / experts)


# --- work and time on one GPU --------------------------------------------------------------


def flops_per_token(parameters: float, layers: int = 0, hidden: int = 0, context: int = 0) -> float:
    """2 N + 4 x layers x context x d: weights, then attention (PaLM, 2022, appendix B)."""
    return 2 * parameters + 4 * layers * context * hidden


def attention_share(parameters: float, layers: int, hidden: int, context: int) -> float:
    """The share of `flops_per_token` that grows with the context."""
    return 1 - 2 * parameters / flops_per_token(parameters, layers, hidden, context)


def prefill_flops(parameters: float, tokens: int, layers: int = 0, hidden: int = 0) -> float:
    """2 N n + 2 x layers x d x n^2: causal attention sees half of the n^2 pairs."""
    return 2 * parameters * tokens + 2 * layers * hidden * tokens**2


def ttft_seconds(
    parameters: float,
    tokens: int,
    peak: float,
    efficiency: float,
    gpus: int = 1,
    cached: int = 0,
    wait: float = 0,
) -> float:
    """Time to first token: wait + 2 N (tokens - cached) / (gpus x peak x efficiency)."""
    return wait + 2 * parameters * (tokens - cached) / (gpus * peak * efficiency)


def decode_floor_seconds(
    parameters: float, itemsize: float, bandwidth: float, gpus: int = 1
) -> float:
    """All weights read once a step: bytes / bandwidth (Pope et al., 2022)."""
    return parameters * itemsize / (gpus * bandwidth)


def tpot_seconds(
    parameters: float,
    itemsize: float,
    layers: int,
    kv_heads: int,
    head_dim: int,
    tokens: int,
    batch: int,
    bandwidth: float,
) -> float:
    """Time per output token: weights and the batch's 16-bit cache / bandwidth."""
    cache = kv_cache_bytes(layers, kv_heads, head_dim, tokens, batch)
    return (parameters * itemsize + cache) / bandwidth


def decode_throughput(
    parameters: float,
    itemsize: float,
    layers: int,
    kv_heads: int,
    head_dim: int,
    tokens: int,
    batch: int,
    bandwidth: float,
) -> float:
    """Tokens a second of a batch: batch / time per output token."""
    weights = parameters * itemsize
    cache = kv_cache_bytes(layers, kv_heads, head_dim, tokens, batch)
    return batch * bandwidth / (weights + cache)


def arithmetic_intensity(m: int, n: int, k: int, itemsize: float) -> float:
    """FLOP a byte of (m, k) @ (k, n): 2 m n k / (itemsize x (m k + k n + m n))."""
    return 2 * m * n * k / (itemsize * (m * k + k * n + m * n))


def ridge_point(peak: float, bandwidth: float) -> float:
    """FLOP a byte from which on computing is the limit (Williams et al., Roofline, 2009)."""
    return peak / bandwidth


def attainable_flops(intensity: float, peak: float, bandwidth: float) -> float:
    """min(peak, intensity x bandwidth), in FLOP/s (Williams et al., 2009)."""
    return min(peak, intensity * bandwidth)


def critical_batch(peak: float, bandwidth: float, itemsize: float) -> float:
    """Tokens a step from which on decoding is bound by compute: peak x itemsize / (2 bandwidth)."""
    return peak * itemsize / (2 * bandwidth)


def sequential_seconds(layers: int, calls: int, latency: float) -> float:
    """layers x calls a layer x latency: launches without CUDA graphs, or small all-reduces."""
    return layers * calls * latency


def score_bytes(tokens: int, heads: int, itemsize: float) -> float:
    """Attention scores of one layer: heads x tokens^2 x itemsize (Dao et al., 2022)."""
    return heads * tokens**2 * itemsize


# --- several GPUs --------------------------------------------------------------------------


def pipeline_bubble(stages: int, microbatches: int, chunks: int = 1) -> float:
    """Idle share (p - 1) / (v m + p - 1), v chunks a stage (Huang, 2019; Narayanan, 2021)."""
    return (stages - 1) / (chunks * microbatches + stages - 1)


def hidden_bytes(tokens: int, hidden: int, itemsize: float) -> float:
    """What a pipeline stage sends on: tokens x hidden x itemsize, in bytes."""
    return tokens * hidden * itemsize


def all_reduce_bytes(parameters: float, itemsize: float, gpus: int) -> float:
    """Sent by each GPU of a ring: 2 (n - 1) / n x size (Patarasuk and Yuan, 2009)."""
    return 2 * (gpus - 1) / gpus * parameters * itemsize


def all_reduce_seconds(size: float, gpus: int, bandwidth: float, hop: float = 0) -> float:
    """2 (n - 1) x (hop + size / n / bandwidth), the bandwidth being one way."""
    return 2 * (gpus - 1) * (hop + size / gpus / bandwidth)


def all_gather_bytes(parameters: float, itemsize: float, gpus: int) -> float:
    """Received by each GPU: (n - 1) / n x size (Zhao et al., PyTorch FSDP, 2023)."""
    return (gpus - 1) / gpus * parameters * itemsize


def all_to_all_bytes(tokens: int, top_k: int, hidden: int, itemsize: float, gpus: int) -> float:
    """Sent by a GPU that holds `tokens`: tokens x k x hidden x itemsize x (n - 1) / n."""
    return tokens * top_k * hidden * itemsize * (gpus - 1) / gpus


def tensor_parallel_bytes(
    layers: int, tokens: int, hidden: int, itemsize: float, gpus: int
) -> float:
    """Two all-reduces of the hidden states a layer (Shoeybi et al., Megatron-LM, 2019)."""
    return 2 * layers * all_reduce_bytes(tokens * hidden, itemsize, gpus)


def tensor_parallel_seconds(
    layers: int, tokens: int, hidden: int, itemsize: float, gpus: int, bandwidth: float
) -> float:
    """The time of `tensor_parallel_bytes` over a link that carries `bandwidth` one way."""
    return tensor_parallel_bytes(layers, tokens, hidden, itemsize, gpus) / bandwidth


def ring_step_bytes(tokens: int, gpus: int, kv_heads: int, head_dim: int, itemsize: float) -> float:
    """K and V of tokens / gpus tokens, sent in each step (Liu et al., Ring Attention, 2023)."""
    return kv_cache_bytes(1, kv_heads, head_dim, tokens / gpus, 1, itemsize)


# --- decoding, serving, training -----------------------------------------------------------


def expected_tokens(acceptance: float, drafted: int) -> float:
    """Tokens a target pass yields: (1 - a^(k+1)) / (1 - a) (Leviathan et al., 2023)."""
    return (1 - acceptance ** (drafted + 1)) / (1 - acceptance)


def speculative_speedup(acceptance: float, drafted: int, cost: float) -> float:
    """Expected tokens / (1 + k c), c the draft's pass over the target's (Leviathan, 2023)."""
    return expected_tokens(acceptance, drafted) / (1 + drafted * cost)


def wasted_drafts(acceptance: float, drafted: int) -> float:
    """The share of drafted tokens thrown away: 1 - (expected tokens - 1) / k (Leviathan, 2023)."""
    return 1 - (expected_tokens(acceptance, drafted) - 1) / drafted


def load_seconds(parameters: float, itemsize: float, bandwidth: float, readers: int = 1) -> float:
    """parameters x itemsize / (readers x bandwidth): a checkpoint read or written in shards."""
    return parameters * itemsize / (readers * bandwidth)


def cache_fetch_seconds(
    layers: int, kv_heads: int, head_dim: int, tokens: int, itemsize: float, bandwidth: float
) -> float:
    """The cache of `tokens` tokens over a link: bytes / bandwidth."""
    return kv_cache_bytes(layers, kv_heads, head_dim, tokens, 1, itemsize) / bandwidth


def overlapped_seconds(layers: int, size: float, bandwidth: float, compute: float) -> float:
    """Double buffering: first copy + (n - 1) x max(copy, compute) + last compute."""
    copy = size / bandwidth
    return copy + (layers - 1) * max(copy, compute) + compute


def cost_per_million(price: float, rate: float, utilisation: float = 1) -> float:
    """USD for a million tokens: price a second / (tokens a second x utilisation) x 10^6."""
    return price / (rate * utilisation) * 10**6


def concurrency(rate: float, latency: float) -> float:
    """Requests in flight: rate x latency (Little, 1961)."""
    return rate * latency


def queue_wait_seconds(rate: float, service: float) -> float:
    """Mean wait of an M/M/1 queue: rho x service / (1 - rho), rho = rate x service."""
    return rate * service * service / (1 - rate * service)


def adam_state_bytes(parameters: float) -> float:
    """16 bytes a parameter: mixed-precision Adam with weights and gradients (ZeRO, 2020)."""
    return ADAM_BYTES * parameters


def zero_state_bytes(parameters: float, gpus: int, stage: int) -> float:
    """A GPU's share: optimizer (12), from 2 on gradients (2), from 3 on weights (2) are split."""
    whole = {1: 4, 2: 2, 3: 0}[stage]
    return parameters * (whole + (ADAM_BYTES - whole) / gpus)


def activation_bytes(layers: int, hidden: int, tokens: int, batch: int, heads: int) -> float:
    """layers x s b h x (34 + 5 a s / h), in bytes, 16 bit (Korthikanti et al., 2022)."""
    return layers * tokens * batch * hidden * (34 + 5 * heads * tokens / hidden)


def checkpointed_bytes(layers: int, hidden: int, tokens: int, batch: int) -> float:
    """Only each layer's input is kept: layers x 2 s b h (Korthikanti et al., 2022), in bytes."""
    return layers * 2 * tokens * batch * hidden


def training_seconds(
    parameters: float, tokens: float, peak: float, efficiency: float, gpus: int = 1
) -> float:
    """6 N D / (gpus x peak x efficiency) (Kaplan et al., 2020); on one GPU: GPU time."""
    return 6 * parameters * tokens / (gpus * peak * efficiency)


def chinchilla_tokens(parameters: float) -> float:
    """About 20 tokens a parameter (Hoffmann et al., 2022)."""
    return 20 * parameters


def utilisation(parameters: float, rate: float, gpus: int, peak: float) -> float:
    """MFU in training: 6 N x tokens a second / (gpus x peak) (Chowdhery et al., PaLM, 2022)."""
    return 6 * parameters * rate / (gpus * peak)
