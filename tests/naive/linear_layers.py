"""Layers as loops over their definition, to hold composed weights against."""

import numpy as np


def convolve(x, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    """``out[o, y, x] = bias[o] + sum_i,ky,kx weight[o, i, ky, kx] * in[i, y*s + ky*d - p, x*s +
    kx*d - p]``.
    """
    n_out, per_group, ny, nx = weight.shape
    height = (x.shape[1] + 2 * padding - dilation * (ny - 1) - 1) // stride + 1
    width = (x.shape[2] + 2 * padding - dilation * (nx - 1) - 1) // stride + 1
    out = np.zeros((n_out, height, width))
    for o in range(n_out):
        first = o // (n_out // groups) * per_group
        for oy in range(height):
            for ox in range(width):
                total = 0.0 if bias is None else float(bias[o])
                for i in range(per_group):
                    for ky in range(ny):
                        for kx in range(nx):
                            iy, ix = oy * stride + ky * dilation - padding, ox * stride + kx * dilation - padding
                            if 0 <= iy < x.shape[1] and 0 <= ix < x.shape[2]:
                                total += float(weight[o, i, ky, kx]) * float(x[first + i, iy, ix])
                out[o, oy, ox] = total
    return out


def pool(x, size, *, stride=None, padding=0, average=False):
    """Sum (or mean, padding counted) over windows of size x size."""
    stride = stride or size
    height = (x.shape[1] + 2 * padding - size) // stride + 1
    width = (x.shape[2] + 2 * padding - size) // stride + 1
    out = np.zeros((x.shape[0], height, width))
    for c in range(x.shape[0]):
        for oy in range(height):
            for ox in range(width):
                for ky in range(size):
                    for kx in range(size):
                        iy, ix = oy * stride + ky - padding, ox * stride + kx - padding
                        if 0 <= iy < x.shape[1] and 0 <= ix < x.shape[2]:
                            out[c, oy, ox] += float(x[c, iy, ix])
    return out / size**2 if average else out
