"""JAX: the same kernel by a recursion that keeps variances per image, between blocks of MNIST images, jitted; ms a 1,000 pairs."""
from common import arguments, measure
from kernel_case import images, keep_to, report

args = arguments()
keep_to(args.threads)
import jax
import jax.numpy as jnp
from jax import lax

SIDE = args.size or 32


def windows(t, size, stride=1, pad=None):
    """Sums over windows of [pairs, H, W], divided by their size."""
    low = size // 2 if pad is None else pad
    return lax.reduce_window(t, 0.0, lax.add, (1, size, size), (1, stride, stride), ((0, 0), (low, low), (low, low))) / size**2


def conv(size, stride=1, pad=None):
    return lambda state: tuple(windows(t, size, stride, pad) for t in state)


def relu(state):
    """xy [n m, H, W], xx [n, H, W], yy [m, H, W]."""
    xy, xx, yy = state
    h, w = xy.shape[1:]
    product = (xx[:, None] * yy[None]).reshape(-1, h, w)
    s = jnp.sqrt(product)
    sine = jnp.sqrt(jnp.maximum(product - xy * xy, 0))
    return (sine + (jnp.pi - jnp.arctan2(sine, xy)) * xy) / (2 * jnp.pi), xx / 2, yy / 2


def serial(*steps):
    def step(state):
        for one in steps:
            state = one(state)
        return state

    return step


def add(*branches):
    return lambda state: tuple(sum(parts) for parts in zip(*(branch(state) for branch in branches)))


def group(stride):
    projection = serial(relu, add(conv(1, stride), serial(conv(3, stride), relu, conv(3))))
    identity = add(lambda state: state, serial(relu, conv(3), relu, conv(3)))
    return serial(projection, *[identity] * 4)


net = serial(conv(3), group(1), group(2), group(2), conv(7, pad=0), relu, conv(1))


@jax.jit
def kernel(x, y):
    products = (x[:, None] * y[None]).reshape(-1, 28, 28)
    return net((products, x * x, y * y))[0].reshape(len(x), len(y))


x, y = images(SIDE, 5000), images(SIDE, 7000)


def block():
    return kernel(x, y).block_until_ready()


first = float(block()[0, 0])
times = measure(block, args, SIDE * SIDE / 1000)
report("port of the recursion to jax", jax.__version__, times, args, {"k": first})
