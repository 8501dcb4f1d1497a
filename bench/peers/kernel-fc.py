"""neural-tangents: NNGP and NTK of a ReLU network of 10 hidden layers on N x 784 images, jitted; ms of the whole matrices."""
from common import arguments, measure
from kernel_case import images, report
from neural_tangents_case import load

args = arguments()
jax, nt, stax = load(args.threads)
N, DEPTH = args.size or 2000, 10
hidden = [layer for _ in range(DEPTH) for layer in (stax.Dense(1, W_std=2**0.5, b_std=0.1), stax.Relu())]
_, _, kernel = stax.serial(*hidden, stax.Dense(1, W_std=2**0.5, b_std=0.1))
kernel = jax.jit(kernel, static_argnames=("get",))
x = images(N).reshape(N, 784)


def matrices():
    return [value.block_until_ready() for value in kernel(x, None, get=("nngp", "ntk"))]


nngp, ntk = matrices()
notes = {"nngp": float(nngp[0, 1]), "ntk": float(ntk[0, 1])}
del nngp, ntk
report("neural-tangents", f"{nt.__version__}, jax {jax.__version__}", measure(matrices, args), args, notes)
