from random import Random

import torch
from hypothesis import strategies as st

from drill.grader.cases import choice, ints, seeds
from drill.grader.checks import check
from drill.grader.expect import close, work

# A program is a dict from names to expressions, in order; the last one is the root.
SINGLE = """a + b, a - b, a * b, a / b, a + 2.5, a - 2.5, a * 2.5, a / 2.5, 3 + a, 3 - a, 3 * a,
3 / a, a ** 2, a ** 3, a ** -1, a ** -2, (a + 4) ** 0.5, (a + 4) ** -1.5, a ** 0, a ** 1, a.exp(),
a.tanh(), a.relu(), b.relu(), a, a.relu() at 0, a.tanh() at 1000, a.tanh() at -400, a ** 2 at 0,
a ** 1 at 0, a * b at 0, a / b at 0, a.exp() at -900"""
REPEATED = """a + a, a * a, a * b + a, a * b * a, b ** 2 * b, (a + b) * (b + a), a.exp() * a,
(b * b) ** 2, c = 0 + a, c = a + 0, c = a - 0, c = 1 * a, c = a * 1, c = a / 1, c = a ** 1,
c = sum([a]), c = a.relu() at 3"""
PIECES = """{x} + {y}, {x} + 0, {x} - {y}, {x} * {y}, {x} / {y}, 2.5 - {x}, {x} ** 2 - {y},
2 / {x} + {y}, ({x} - 2 * {y}).relu(), (0.3 * {x}).tanh(), (0.2 * {x}).exp() * {y}"""
LARGE = [("node.tanh()", 10_000), ("(node + node) * 0.5", 2_000)]
numbers = st.sampled_from([1.5, 0.5, -2.0, -0.75, 3])
near = close(oracle="as drawn", terms=1000)


def listed(texts):
    """The expressions of a text, which commas divide."""
    return " ".join(texts.split()).split(", ")


def formula(text, a, b):
    """The program of one expression: "... at 0" for a = 0, "c = ..." where it has two uses."""
    text, _, place = text.partition(" at ")
    program = {"a": f"Value({place or a})", "b": f"Value({b})"}
    if text.startswith("c = "):
        return program | {"c": text.removeprefix("c = "), "root": "c * c + 3 * a"}
    return program | {"root": text}


def graph(seed, size):
    """A random program whose values stay moderate, away from poles and from relu's corner."""
    source, program, values = Random(seed), {}, {}
    while len(program) < 2 + size:
        # Mostly of what came last, so that the root depends on much.
        recent = [*values, *list(values)[-2:] * 4] or ["a"]
        text = source.choice(listed(PIECES)).format(
            x=source.choice(recent), y=source.choice(recent)
        )
        if len(program) < 2:
            text = f"Value({source.choice([-2.0, -1.0, -0.5, 0.5, 1.0, 1.5])})"
        value = eval(text, {"Value": torch.tensor}, values)
        if 0.05 < abs(value) < 20:
            name = "abcdefghijklmnopqrstuvwxyz"[len(program)]
            program[name], values[name] = text, value.double()
    return program


def run(impl, program):
    """The nodes of a program by their names."""
    nodes = {}
    for name, text in program.items():
        nodes[name] = eval(text, {"Value": impl.Value}, nodes)
    return nodes


def after_pass(root, nodes):
    """What the nodes hold after a backward pass from the root."""
    root.backward()
    root + root * 2  # what is computed later changes nothing
    return {name: {"data": node.data, "grad": node.grad} for name, node in nodes.items()}


def passed(impl, program):
    """What a program's nodes hold after a backward pass from the last one."""
    nodes = run(impl, program)
    return after_pass(list(nodes.values())[-1], nodes)


single, multiple = (
    st.builds(formula, choice(listed(texts)), numbers, numbers) for texts in (SINGLE, REPEATED)
)
random = st.builds(graph, seeds, ints(2, 14))


@check(program=single, examples=40, expect=near)
def operators(impl, program):
    """Every operation has the right value and slopes, with numbers on either side."""
    return passed(impl, program)


@check(program=multiple, examples=20, expect=near)
def repeats(impl, program):
    """What reaches a node on several ways adds up, and every result is a node of its own."""
    return passed(impl, program)


@check(program=random, examples=20, expect=near, after=("repeats",))
def graphs(impl, program):
    """Gradients of all nodes are right on any graph; a node without influence keeps 0."""
    return passed(impl, program)


@check(program=random, middle=ints(0, 9), examples=8, expect=near, after=("graphs",))
def again(impl, program, middle):
    """Zeroed, it is right again from any root; nodes that are not below the root keep theirs."""
    apart = run(impl, {"leaf": "Value(3)", "apart": "leaf * leaf"})
    apart["apart"].backward()
    nodes = run(impl, program)
    kept = list(nodes.values())
    nodes["new"] = kept[-1] * kept[0]
    found = []
    for root in (kept[-1], kept[-1], kept[middle % len(kept)], nodes["new"], kept[-1]):
        nodes["new"].grad = 0.0 if root is nodes["new"] else 5.0
        found.append(after_pass(root, nodes | apart))
        for node in nodes.values():
            node.grad = 0.0
    return found


@check(a=numbers, examples=1, expect=near, after=("graphs",))
def large(impl, a):
    """10,000 operations are no problem, in a chain or with a fork at every step."""
    found = []
    for text, count in LARGE:
        leaf = node = impl.Value(a)
        code = compile(text, "step", "eval")
        for _ in range(count):
            node = eval(code, {"node": node})
        found.append(after_pass(node, {"a": leaf, "root": node}))
    return found


@check(program=random, examples=3, expect=work(ops=0, values=near), after=("graphs",))
def plain(impl, program):
    """It is plain Python: no tensor operation runs."""
    return passed(impl, program)
