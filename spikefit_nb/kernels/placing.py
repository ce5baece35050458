"""Move cores between the places of a chip, so that packets have fewer hops to go.

A place holds one core or none; places of one tile follow each other, ``cores_per_tile`` of them.
The cost is ``sum of packets[j] * hops(place of one core, place of the other)`` over pairs of cores.
Moves keep how many tiles are in use: contents of two places are exchanged, where neither tile
begins or stops to be in use by it, or those of two whole tiles.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled


class Ground(NamedTuple):
    """Where places lie and how far it is from one to another."""

    x: np.ndarray  # (n_places,) int64, of the tile
    y: np.ndarray  # (n_places,) int64
    chip: np.ndarray  # (n_places,) int64
    cores_per_tile: int
    columns: int
    rows: int
    wraps: bool  # a torus: the last column lies beside the first, the last row beside the first
    direct: bool  # every tile has a link to every other
    chip_link: float  # hops that a link between two chips counts as


class Traffic(NamedTuple):
    """Packets between cores, both ways added up: rows of a symmetric matrix without diagonal."""

    ptr: np.ndarray  # (n_cores + 1,) int64
    other: np.ndarray  # (n_pairs,) int64
    packets: np.ndarray  # (n_pairs,) float64


@compiled(inline="always")
def hops(ground, p, q):
    """Links on the way from one place to another."""
    dx, dy = abs(ground.x[p] - ground.x[q]), abs(ground.y[p] - ground.y[q])
    if ground.wraps:
        dx, dy = min(dx, ground.columns - dx), min(dy, ground.rows - dy)
    way = min(dx + dy, 1) if ground.direct else dx + dy
    return way + ground.chip_link * abs(ground.chip[p] - ground.chip[q])


@compiled(inline="always")
def moved(ground, traffic, place_of, core, stays, to):
    """What the cost changes by if a core goes to a place; its partner ``stays`` as far away."""
    here, change = place_of[core], 0.0
    for j in range(traffic.ptr[core], traffic.ptr[core + 1]):
        other = traffic.other[j]
        if other != stays:
            there = place_of[other]
            far = hops(ground, to, there) - hops(ground, here, there)
            change += traffic.packets[j] * far
    return change


@compiled()
def exchange(place_of, core_at, p, q):
    """Exchange the contents of two places, -1 for none."""
    a, b = core_at[p], core_at[q]
    core_at[p], core_at[q] = b, a
    if a >= 0:
        place_of[a] = q
    if b >= 0:
        place_of[b] = p


@compiled()
def exchanged(ground, traffic, place_of, core_at, p, q):
    """Exchange the contents of two places; returns what the cost changes by."""
    a, b, change = core_at[p], core_at[q], 0.0
    if a >= 0:
        change += moved(ground, traffic, place_of, a, b, q)
    if b >= 0:
        change += moved(ground, traffic, place_of, b, a, p)
    exchange(place_of, core_at, p, q)
    return change


@compiled()
def used(core_at, tile, each):
    """Cores on a tile."""
    n = 0
    for p in range(tile * each, min((tile + 1) * each, core_at.size)):
        n += core_at[p] >= 0
    return n


@compiled()
def stays_in_use(core_at, p, q, each):
    """Whether as many tiles are in use once the contents of two places are exchanged."""
    if core_at[p] >= 0 and core_at[q] >= 0:
        return True
    if p // each == q // each:
        return True
    full, empty = (p, q) if core_at[p] >= 0 else (q, p)
    return used(core_at, empty // each, each) > 0 and used(core_at, full // each, each) > 1


@compiled()
def turn_tiles(ground, traffic, place_of, core_at, s, t):
    """Exchange two whole tiles; returns what the cost changes by."""
    each, change = ground.cores_per_tile, 0.0
    for k in range(each):
        change += exchanged(ground, traffic, place_of, core_at, s * each + k, t * each + k)
    return change


@compiled()
def aim(ground, core_at, p, move):
    """The place that a move leads to, -1 for none: so many tiles east and north, and a slot."""
    x, y = ground.x[p] + move[1], ground.y[p] + move[2]
    if ground.wraps or ground.direct:
        x, y = x % ground.columns, y % ground.rows
    if x < 0 or y < 0 or x >= ground.columns or y >= ground.rows:
        return -1
    q = (y * ground.columns + x) * ground.cores_per_tile + move[3]
    return q if q < core_at.size else -1


@compiled()
def anneal(ground, traffic, moves, draws, heat, place_of, core_at, whole):
    """Try moves in turn, kept where ``draws < exp(-change / heat)``; returns the sum of changes."""
    # moves (n_moves, 4) int64: core, tiles east, tiles north, slot; whole: of tiles, not of cores
    total, each = 0.0, ground.cores_per_tile
    for m in range(moves.shape[0]):
        p = place_of[moves[m, 0]]
        q = aim(ground, core_at, p, moves[m])
        if q < 0 or q == p:
            continue
        s, t = p // each, q // each
        if whole:
            if s == t or (max(s, t) + 1) * each > core_at.size:
                continue
            change = turn_tiles(ground, traffic, place_of, core_at, s, t)
        else:
            if not stays_in_use(core_at, p, q, each):
                continue
            change = exchanged(ground, traffic, place_of, core_at, p, q)
        if change <= 0 or draws[m] < np.exp(-change / heat):
            total += change
        elif whole:
            for k in range(each):
                exchange(place_of, core_at, s * each + k, t * each + k)
        else:
            exchange(place_of, core_at, p, q)
    return total


@compiled()
def sample(ground, traffic, moves, changes, place_of, core_at):
    """Write what exchanges of whole tiles change the cost by, each undone at once."""
    each = ground.cores_per_tile
    for m in range(moves.shape[0]):
        p = place_of[moves[m, 0]]
        q = aim(ground, core_at, p, moves[m])
        s, t = p // each, q // each
        if q >= 0 and s != t and (max(s, t) + 1) * each <= core_at.size:
            changes[m] = turn_tiles(ground, traffic, place_of, core_at, s, t)
            for k in range(each):
                exchange(place_of, core_at, s * each + k, t * each + k)


@compiled()
def centre(ground, traffic, place_of, core):
    """The tile (x, y) at which the pulls on a core, as strong as its packets, are in balance."""
    x, y, pull = 0.0, 0.0, 0.0
    for j in range(traffic.ptr[core], traffic.ptr[core + 1]):
        there = place_of[traffic.other[j]]
        x += traffic.packets[j] * ground.x[there]
        y += traffic.packets[j] * ground.y[there]
        pull += traffic.packets[j]
    if pull <= 0:
        return ground.x[place_of[core]], ground.y[place_of[core]]
    return np.int64(np.rint(x / pull)), np.int64(np.rint(y / pull))


@compiled()
def try_tile(ground, traffic, place_of, core_at, core, x, y):
    """Put a core, or its whole tile, on a tile if that makes the ways shorter; returns by what."""
    each, p = ground.cores_per_tile, place_of[core]
    tile, gained = y * ground.columns + x, 0.0
    if tile == p // each:
        return 0.0
    if (max(tile, p // each) + 1) * each <= core_at.size:  # the last tile may have fewer places
        change = turn_tiles(ground, traffic, place_of, core_at, p // each, tile)
        if change < -1e-9:
            return change
        for k in range(each):
            exchange(place_of, core_at, p // each * each + k, tile * each + k)
    if each > 1:
        for k in range(each):
            q = tile * each + k
            if q < core_at.size and stays_in_use(core_at, p, q, each):
                gained = exchanged(ground, traffic, place_of, core_at, p, q)
                if gained < -1e-9:
                    return gained
                exchange(place_of, core_at, p, q)
    return 0.0


@compiled()
def relax(ground, traffic, n_sweeps, place_of, core_at):
    """Let every core go where it is pulled, or a tile beside, while ways get shorter; returns the
    sweeps made.
    """
    for sweep in range(n_sweeps):
        gained = 0.0
        for core in range(place_of.size):
            to_x, to_y = centre(ground, traffic, place_of, core)
            for k in range(9):
                x, y = to_x + k % 3 - 1, to_y + k // 3 - 1
                if 0 <= x < ground.columns and 0 <= y < ground.rows:
                    gained += try_tile(ground, traffic, place_of, core_at, core, x, y)
            for k in range(4):
                p = place_of[core]
                x = ground.x[p] + (1 if k == 0 else -1 if k == 1 else 0)
                y = ground.y[p] + (1 if k == 2 else -1 if k == 3 else 0)
                if 0 <= x < ground.columns and 0 <= y < ground.rows:
                    gained += try_tile(ground, traffic, place_of, core_at, core, x, y)
        if gained > -1e-9:
            return sweep + 1
    return n_sweeps
