"""A network of Loihi's integers in NumPy's, one step after another: the oracle of ``given`` ones.

Each layer is (weights (source, target) int, exponent, du, dv, vth, bias, delay, meets): weights are
the chip's mantissas, and all of it is what the chip is configured with.
"""

from typing import NamedTuple

import numpy as np


class Given(NamedTuple):
    """What the chip is given for a layer."""

    mantissa: np.ndarray  # (n_source, n_target) int64, even
    exponent: int
    du: int  # parts of 4096 that the current loses in a step
    dv: int
    vth: int
    bias: np.ndarray  # (n_target,) int64, in units of 64
    delay: int
    meets: bool  # fires at the threshold


def decayed(x, parts):
    """What is left of integers that lose so many parts of 4096, toward zero."""
    return np.sign(x) * ((np.abs(x) * (4096 - parts)) >> 12)


def kernel_matrix(kernel, input_shape, stride, padding):
    """A convolution written out, entry by entry."""
    n_out, n_in, ky, kx = kernel.shape
    _, y, x = input_shape
    out_y, out_x = (y + 2 * padding - ky) // stride + 1, (x + 2 * padding - kx) // stride + 1
    matrix = np.zeros((n_in * y * x, n_out * out_y * out_x), np.int64)
    for o in range(n_out):
        for i in range(n_in):
            for at_y in range(out_y):
                for at_x in range(out_x):
                    for k in range(ky):
                        for m in range(kx):
                            from_y, from_x = at_y * stride + k - padding, at_x * stride + m - padding
                            if 0 <= from_y < y and 0 <= from_x < x:
                                source = (i * y + from_y) * x + from_x
                                matrix[source, (o * out_y + at_y) * out_x + at_x] += kernel[o, i, k, m]
    return matrix


def run(layers, spikes):
    """Spikes (n_steps, n) and potentials before reset of every layer; ``spikes`` (n_steps, n_input)."""
    fired, potentials, sent = [], [], spikes.astype(np.int64)
    for layer in layers:
        n_steps, n = len(spikes), layer.mantissa.shape[1]
        current, u, v = sent @ layer.mantissa, np.zeros(n, np.int64), np.zeros(n, np.int64)
        out, before = np.zeros((n_steps, n), np.int64), np.zeros((n_steps, n), np.int64)
        for t in range(n_steps):
            arriving = current[t - layer.delay] if t >= layer.delay else 0 * current[0]
            shift = 6 + layer.exponent
            u = decayed(u, layer.du) + (arriving << shift if shift >= 0 else arriving >> -shift)
            v = decayed(v, layer.dv) + u + 64 * layer.bias
            assert max(abs(u).max(), abs(v).max()) < 2**23
            before[t] = v
            f = v >= 64 * layer.vth if layer.meets else v > 64 * layer.vth
            out[t], v = f, np.where(f, 0, v)
        fired.append(out)
        potentials.append(before)
        sent = out
    return fired, potentials
