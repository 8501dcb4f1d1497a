"""neural-tangents: NNGP of 5 x [Conv 3x3, ReLU], mean over all pixels, Dense, between blocks of MNIST images; ms a pair.
The mean needs all pairs of pixels: 2.5 MB a pair and layer in float32."""
from common import arguments, measure
from kernel_case import images, report
from neural_tangents_case import load

args = arguments()
jax, nt, stax = load(args.threads)
SIDE, DEPTH = args.size or 4, 5
hidden = [
    layer
    for _ in range(DEPTH)
    for layer in (stax.Conv(1, (3, 3), padding="SAME", W_std=2**0.5, b_std=0.1), stax.Relu())
]
_, _, kernel = stax.serial(*hidden, stax.GlobalAvgPool(), stax.Dense(1, W_std=2**0.5, b_std=0.1))
kernel = jax.jit(kernel, static_argnames=("get",))
x, y = images(SIDE, 5000)[..., None], images(SIDE, 7000)[..., None]


def block():
    return kernel(x, y, get="nngp").block_until_ready()


first = float(block()[0, 0])
report("neural-tangents", f"{nt.__version__}, jax {jax.__version__}", measure(block, args, SIDE * SIDE), args, {"k": first})
