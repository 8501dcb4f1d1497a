"""neural-tangents as the kernel peers use it: kept to the asked threads, without its experimental part, which wants TensorFlow.

It runs in .venv-nt: 0.6.5, its last release, needs a jax from before 0.4.31.
"""
import sys
import types

from kernel_case import keep_to

sys.modules["neural_tangents.experimental"] = types.ModuleType("neural_tangents.experimental")


def load(threads):
    """The modules jax, neural_tangents and its stax."""
    keep_to(threads)
    import jax
    import neural_tangents
    from neural_tangents import stax

    return jax, neural_tangents, stax
