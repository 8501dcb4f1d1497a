"""neural-tangents: the NNGP kernel of the ResNet of kernels.md §6.1 between blocks of MNIST images, jitted; ms a 1,000 pairs.
Its strided convolutions put the odd zero on the other side ("SAME" of XLA), so values differ in the third digit; the work does not."""
from common import arguments, measure
from kernel_case import images, report
from neural_tangents_case import load

args = arguments()
jax, nt, stax = load(args.threads)
SIDE = args.size or 48


def conv(size, stride=1, padding="SAME"):
    return stax.Conv(1, (size, size), (stride, stride), padding, W_std=1.0, b_std=None)


def branch(stride=1):
    return stax.serial(conv(3, stride), stax.Relu(), conv(3))


def identity_block():
    body = stax.serial(stax.Relu(), branch())
    return stax.serial(stax.FanOut(2), stax.parallel(stax.Identity(), body), stax.FanInSum())


def projection_block(stride):
    return stax.serial(
        stax.Relu(), stax.FanOut(2), stax.parallel(conv(1, stride), branch(stride)), stax.FanInSum()
    )


def group(stride):
    return stax.serial(projection_block(stride), *[identity_block() for _ in range(4)])


_, _, kernel = stax.serial(
    conv(3), group(1), group(2), group(2), conv(7, padding="VALID"), stax.Relu(), conv(1), stax.Flatten()
)
kernel = jax.jit(kernel, static_argnames=("get",))
x = images(SIDE, 5000)[..., None]
y = images(SIDE, 7000)[..., None]


def block():
    return kernel(x, y, get="nngp").block_until_ready()


first = float(block()[0, 0])
times = measure(block, args, SIDE * SIDE / 1000)
report("neural-tangents", f"{nt.__version__}, jax {jax.__version__}", times, args, {"k": first})
