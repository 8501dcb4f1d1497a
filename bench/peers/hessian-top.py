"""torch.func: 30 Lanczos products with the Hessian of a 784-112-112-10 ReLU network on 1,024 examples, as jvp of grad.

The forward pass and the gradient are linearised once for all products (torch.func.linearize) where that is faster than a jvp each
time; the faster of the two counts. Reorthogonalisation is full and twice, one matrix product each way.
"""
import time

from common import arguments, measure, report
import torch
from torch.func import functional_call, grad, jvp, linearize

args = arguments()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
EXAMPLES, STEPS = 1024, 30
net = torch.nn.Sequential(
    torch.nn.Linear(784, 112), torch.nn.ReLU(),
    torch.nn.Linear(112, 112), torch.nn.ReLU(),
    torch.nn.Linear(112, 10),
)
names = [name for name, _ in net.named_parameters()]
parameters = {name: p.detach() for name, p in net.named_parameters()}
sizes = [p.numel() for p in parameters.values()]
images = torch.rand(EXAMPLES, 784)
labels = torch.arange(EXAMPLES) % 10


def loss(parameters):
    return torch.nn.functional.cross_entropy(functional_call(net, parameters, (images,)), labels)


def pieces(v):
    return {name: part.view_as(parameters[name]) for name, part in zip(names, v.split(sizes))}


def joined(tangents):
    return torch.cat([tangents[name].flatten() for name in names])


def by_jvp():
    return lambda v: joined(jvp(grad(loss), (parameters,), (pieces(v),))[1])


def by_linearize():
    _, product = linearize(grad(loss), parameters)
    return lambda v: joined(product(pieces(v)))


@torch.no_grad()
def lanczos(product, start):
    basis = torch.zeros(STEPS, start.numel())
    matrix = torch.zeros(STEPS, STEPS, dtype=torch.float64)
    v = start / start.norm()
    for k in range(STEPS):
        basis[k] = v
        w = product(v)
        matrix[k, k] = w @ v
        for _ in range(2):
            known = basis[: k + 1]
            w = w - known.T @ (known @ w)
        beta = w.norm()
        if k + 1 < STEPS:
            matrix[k, k + 1] = matrix[k + 1, k] = beta
        v = w / beta
    return torch.linalg.eigvalsh(matrix)[-1]


def run(products):
    return lanczos(products(), torch.randn(sum(sizes)))


def seconds(products):
    run(products)
    start = time.perf_counter()
    run(products)
    return time.perf_counter() - start


fastest = min((by_jvp, by_linearize), key=seconds)
assert run(fastest) > 0
report(torch.__version__, measure(lambda: run(fastest), args), args)
