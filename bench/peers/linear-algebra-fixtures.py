"""
Values and gradients of Fourier transforms, factorisations, sparse products and interpolation by numpy and PyTorch in float64, as
the module test/oracles/linear-algebra.ts:
    bench/peers/.venv/bin/python bench/peers/linear-algebra-fixtures.py > test/oracles/linear-algebra.ts
Operands are sin(0.7 i + phase) over their elements, phase 0.1 for the first and 0.9 for the second. The loss is
sum(y * cos(0.3 i)); each result is told by its sum, its sum with weights cos(i), and its last element.
"""
import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def operand(shape, phase):
    count = torch.Size(shape).numel()
    return torch.sin(0.7 * torch.arange(count) + phase).reshape(shape).requires_grad_()


def told(t):
    flat = torch.as_tensor(t).detach().flatten()
    weights = torch.cos(torch.arange(len(flat), dtype=torch.float64))
    return [flat.sum().item(), (flat * weights).sum().item(), flat[-1].item()]


def row(values):
    return "[" + ", ".join(repr(v) for v in values) + "]"


def gradients(y, operands):
    loss = (y * torch.cos(0.3 * torch.arange(y.numel())).reshape(y.shape)).sum()
    return torch.autograd.grad(loss, operands, retain_graph=True)


def positive(n):
    """x xᵀ/n + diag(0.5, 0.6, 0.7, …)."""
    x = operand([n, n], 0.1)
    return x, x @ x.T / n + torch.diag(0.5 + 0.1 * torch.arange(n))


def entry(name, sizes, value, grads):
    grad_rows = ", ".join(row(told(g)) for g in grads)
    print(f'  {{ name: "{name}", sizes: {sizes}, shape: {row(value.shape)}, value: {row(told(value))}, gradients: [{grad_rows}] }},')


def pairs(z):
    return np.stack([z.real, z.imag], axis=-1)


print("/**")
print(" * @file Fourier transforms, factorisations, sparse products, interpolation: sums that tell values and gradients.")
print(f" * How obtained: numpy {np.__version__} (values of transforms), PyTorch {torch.__version__.split('+')[0]}, float64, by")
print(" * bench/peers/linear-algebra-fixtures.py, which says what the numbers are.")
print(" */")
print("""
/** Of a tensor t: Σ t, Σ t cos(i), and its last element. */
export type Told = readonly [number, number, number];

export interface Fixture {
  readonly name: string;
  /** Lengths, or an axis, that the name leaves open. */
  readonly sizes: readonly number[];
  readonly shape: readonly number[];
  readonly value: Told;
  readonly gradients: readonly Told[];
}

export const linearAlgebraFixtures: readonly Fixture[] = [""")
for n in [1, 2, 8, 15, 64, 100, 101, 128, 1000]:
    x = operand([3, n], 0.1)
    (gradient,) = gradients(torch.view_as_real(torch.fft.rfft(x)), [x])
    entry("rfft", [n], torch.as_tensor(pairs(np.fft.rfft(x.detach().numpy()))), [gradient])
    s = operand([3, n // 2 + 1, 2], 0.1)
    (gradient,) = gradients(torch.fft.irfft(torch.view_as_complex(s), n=n), [s])
    lines = np.fft.irfft(s.detach().numpy()[..., 0] + 1j * s.detach().numpy()[..., 1], n=n)
    entry("irfft", [n], torch.as_tensor(lines), [gradient])
for n in [1, 5, 12]:
    x, a = positive(n)
    l = torch.linalg.cholesky(a)
    entry("cholesky", [n], torch.as_tensor(np.linalg.cholesky(a.detach().numpy())), gradients(l, [x]))
    values, _ = torch.linalg.eigh(a)
    entry("eigenvalues", [n], values, gradients(values, [x]))
for transpose in ["", "Transposed"]:
    l, b = operand([2, 6, 6], 0.1), operand([6, 3], 0.9)
    full = torch.tril(l + 2 * torch.eye(6))
    y = torch.linalg.solve_triangular(full.mT if transpose else full, b.expand(2, 6, 3), upper=bool(transpose))
    entry(f"triangularSolve{transpose}", [], y, gradients(y, [l, b]))
x = operand([4, 3, 2], 0.1)
for axis in [0, 1]:
    y = torch.cumsum(x, axis)
    entry("cumsum", [axis], y, gradients(y, [x]))
matrix = torch.sparse_csr_tensor([0, 3, 3, 5], [0, 1, 2, 1, 3], [0.5, -1.0, 2.0, 0.25, 3.0], (3, 4)).to(torch.float64)
x = operand([4, 10], 0.1)
y = torch.as_tensor(matrix.to_dense()) @ x
entry("spmm", [], torch.sparse.mm(matrix, x.detach()), gradients(y, [x]))
for height, width in [(5, 4), (2, 6)]:
    x, grid = operand([2, 3, height, width], 0.1), operand([2, 4, 5, 2], 0.9)
    # Pixels from (n + 2)/2 before the middle to as far beyond it; PyTorch counts x first, and -1 to 1 over an axis.
    y, across = [grid[..., i] * (n + 2) / (n - 1) for i, n in [(0, height), (1, width)]]
    sampled = F.grid_sample(x, torch.stack([across, y], -1), mode="bilinear", padding_mode="zeros", align_corners=True)
    entry("interpolate2d", [height, width], sampled, gradients(sampled, [x, grid]))
print("];")
