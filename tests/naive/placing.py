"""Placement by hand: hops pair by pair, and annealing that counts all hops anew for each move."""

import numpy as np


def hops(sites, p, q):
    """Links from one place to another, walked link by link."""
    each = sites.cores_per_tile
    (x, y), (to_x, to_y) = (divmod(place // each, sites.columns)[::-1] for place in (p, q))
    chips = [place // (sites.cores_per_chip or sites.size) for place in (p, q)]
    n = 0
    for at, to, size in ((x, to_x, sites.columns), (y, to_y, sites.rows)):
        ways = []
        for step in (1, -1):
            here, links = at, 0
            while here != to and 0 <= here < size:
                here, links = here + step, links + 1
                if sites.topology == "torus":
                    here %= size
            ways += [links] if here == to else []
        n += min(ways)
    n = min(n, 1) if sites.topology == "direct" else n
    return n + sites.chip_link * abs(chips[0] - chips[1])


def all_hops(links, places, sites):
    """Links that all packets cross together."""
    return sum(
        packets * hops(sites, places[s], places[t]) for s, t, packets in zip(*links, strict=True)
    )


def anneal(links, sites, moves, draws, heat, places, whole):
    """One temperature of annealing; returns the places after it."""
    places, each, room = list(places), sites.cores_per_tile, sites.size
    for (core, east, north, slot), draw in zip(moves, draws, strict=True):
        here = places[core]
        row, column = divmod(here // each, sites.columns)
        column, row = column + east, row + north
        if sites.topology in ("torus", "direct"):
            column, row = column % sites.columns, row % sites.rows
        there = (row * sites.columns + column) * each + slot
        inside = 0 <= column < sites.columns and 0 <= row < sites.rows and there < room
        if not inside or there == here:
            continue
        s, t = here // each, there // each
        if whole:
            if s == t or (max(s, t) + 1) * each > room:
                continue
            turned = {s: t, t: s}
            tried = [turned.get(p // each, p // each) * each + p % each for p in places]
        else:
            tried = [{here: there, there: here}.get(p, p) for p in places]
            if len({p // each for p in tried}) != len({p // each for p in places}):
                continue
            if {p // each for p in tried} != {p // each for p in places}:
                continue
        change = all_hops(links, tried, sites) - all_hops(links, places, sites)
        if change <= 0 or draw < np.exp(-change / heat):
            places = tried
    return places
