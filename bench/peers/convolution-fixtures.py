"""
Values and gradients of convolutions and poolings by PyTorch in float64, as the module test/oracles/convolution.ts:
    bench/peers/.venv/bin/python bench/peers/convolution-fixtures.py > test/oracles/convolution.ts
Operands are sin(0.7 i + phase) over their elements, phase 0.1 for the first and 0.9 for the second, so that only results
need to be kept: the loss is sum(y * cos(0.3 i)), and each result is told by its sum, its sum with weights cos(i), and its last element.
"""
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def operand(shape, phase):
    count = torch.Size(shape).numel()
    return torch.sin(0.7 * torch.arange(count) + phase).reshape(shape).requires_grad_()


def told(t):
    flat = t.detach().flatten()
    weights = torch.cos(torch.arange(len(flat), dtype=torch.float64))
    return [flat.sum().item(), (flat * weights).sum().item(), flat[-1].item()]


def row(values):
    return "[" + ", ".join(repr(v) for v in values) + "]"


def results(y, operands):
    loss = (y * torch.cos(0.3 * torch.arange(y.numel())).reshape(y.shape)).sum()
    grads = torch.autograd.grad(loss, operands)
    return [list(y.shape), told(y), [told(g) for g in grads]]


def entry(fields):
    print("  { " + ", ".join(f"{key}: {value}" for key, value in fields.items()) + " },")


CONVOLUTIONS = [
    # x, w, strides, padding (both sides), dilations, groups
    ([2, 3, 9], [4, 3, 3], [2], [1], [1], 1),
    ([2, 4, 7, 8], [6, 2, 3, 3], [2, 1], [1, 1], [1, 2], 2),
    ([2, 3, 8, 8], [5, 3, 2, 4], [1, 3], [1, 2], [1, 1], 1),
    ([1, 2, 5, 4, 6], [3, 2, 2, 3, 2], [2, 1, 2], [1, 1, 0], [1, 1, 2], 1),
]
TRANSPOSED = [
    # y, w, strides, padding, output padding, dilations, groups
    ([2, 4, 4, 5], [4, 2, 3, 3], [2, 2], [1, 1], [1, 0], [1, 1], 2),
    ([2, 3, 6], [3, 5, 4], [3], [2], [1], [1], 1),
]
POOLINGS = [
    # kind, x, window, strides, padding, includes padding
    ("max", [2, 2, 7, 8], [3, 2], [2, 2], [1, 1], True),
    ("max", [2, 3, 9], [2], [2], [0], True),
    ("avg", [2, 2, 7, 8], [3, 2], [2, 1], [1, 1], True),
    ("avg", [2, 2, 7, 8], [3, 3], [2, 2], [1, 1], False),
    ("avg", [1, 2, 4, 5, 6], [2, 3, 2], [2, 1, 2], [1, 1, 1], False),
]

print("/**")
print(" * @file Convolutions and poolings: sums that tell values and gradients.")
print(f" * How obtained: PyTorch {torch.__version__.split('+')[0]}, float64, by bench/peers/convolution-fixtures.py, which says what the numbers are.")
print(" */")
print("""
/** Of a tensor t: Σ t, Σ t cos(i), and its last element. */
export type Told = readonly [number, number, number];

export interface Fixture {
  readonly shape: readonly number[];
  readonly value: Told;
  readonly gradients: readonly Told[];
}

export interface ConvFixture extends Fixture {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
}

export interface PoolFixture extends Fixture {
  readonly kind: "max" | "avg";
  readonly x: readonly number[];
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly number[];
  readonly countPadding: "include" | "exclude";
}
""")


def listing(name, kind, entries):
    print(f"export const {name}: readonly {kind}[] = [")
    for fields in entries:
        entry(fields)
    print("];")
    print()


def fixture(y, operands):
    shape, value, gradients = results(y, operands)
    return {"shape": shape, "value": row(value), "gradients": "[" + ", ".join(map(row, gradients)) + "]"}


def conv_entry(x, w, strides, padding, dilations, groups):
    a, b = operand(x, 0.1), operand(w, 0.9)
    conv = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[len(strides)]
    y = conv(a, b, None, strides, padding, dilations, groups)
    return {"x": x, "w": w, "strides": strides, "padding": padding, "dilations": dilations, "groups": groups,
            **fixture(y, [a, b])}


def transposed_entry(x, w, strides, padding, rest, dilations, groups):
    a, b = operand(x, 0.1), operand(w, 0.9)
    conv = {1: F.conv_transpose1d, 2: F.conv_transpose2d}[len(strides)]
    y = conv(a, b, None, strides, padding, rest, groups, dilations)
    return {"x": x, "w": w, "strides": strides, "padding": padding, "dilations": dilations, "groups": groups,
            **fixture(y, [a, b])}


def pool_entry(kind, x, window, strides, padding, include):
    a = operand(x, 0.1)
    rank = len(window)
    if kind == "max":
        y = {1: F.max_pool1d, 2: F.max_pool2d}[rank](a, window, strides, padding)
    else:
        pool = {2: F.avg_pool2d, 3: F.avg_pool3d}[rank]
        y = pool(a, window, strides, padding, count_include_pad=include)
    return {"kind": f'"{kind}"', "x": x, "window": window, "strides": strides, "padding": padding,
            "countPadding": '"include"' if include else '"exclude"', **fixture(y, [a])}


listing("convolutionFixtures", "ConvFixture", [conv_entry(*c) for c in CONVOLUTIONS])
listing("transposedFixtures", "ConvFixture", [transposed_entry(*c) for c in TRANSPOSED])
listing("poolFixtures", "PoolFixture", [pool_entry(*c) for c in POOLINGS])
