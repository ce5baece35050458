"""Routes walked tile by tile, and circles of links looked for by trying all."""

MOVES = {"east": (1, 0), "west": (-1, 0), "north": (0, 1), "south": (0, -1)}


def shortest(at, to, size, wraps):
    """Steps along one dimension, negative to the west or south."""
    found = [to - at] if not wraps else [to - at, to - at + size, to - at - size]
    return min(found, key=lambda steps: (abs(steps), -steps))


def walk(sites, p, q, x_first):
    """The links from one place to another, in words, and the tiles that are passed."""
    each, wraps = sites.cores_per_tile, sites.topology == "torus"
    (y, x), (to_y, to_x) = (divmod(place // each, sites.columns) for place in (p, q))
    legs = [
        ("east", "west", shortest(x, to_x, sites.columns, wraps)),
        ("north", "south", shortest(y, to_y, sites.rows, wraps)),
    ]
    links = []
    for ahead, back, steps in legs if x_first else legs[::-1]:
        way = ahead if steps > 0 else back
        for _ in range(abs(steps)):
            links.append((y * sites.columns + x, way))
            x = (x + MOVES[way][0]) % sites.columns
            y = (y + MOVES[way][1]) % sites.rows
    assert (x, y) == (to_x, to_y)
    return links


def has_circle(routes):
    """Whether links wait for one another in a circle: those that nothing waits for are taken away
    until none is left, or none can be taken.
    """
    waits = {(a, b) for links in routes for a, b in zip(links, links[1:], strict=False)}
    while waits:
        free = {(a, b) for a, b in waits if not any(b == c for c, _ in waits)}
        if not free:
            return True
        waits -= free
    return False


def entries(sites, sources, routes, starts, ends):
    """Entries of each tile: of a core whose packets do not simply go straight on there."""
    passed = {}
    for source, links, start, end in zip(sources, routes, starts, ends, strict=True):
        tiles = [*(tile for tile, _ in links), end]
        ways = ["begins", *(way for _, way in links), "ends"]
        assert tiles[0] == start
        for k, tile in enumerate(tiles):
            passed.setdefault((source, tile), set()).add((ways[k], ways[k + 1]))
    counted = [0] * (sites.columns * sites.rows)
    for (_, tile), turns in passed.items():
        counted[tile] += not (len(turns) == 1 and all(came == goes for came, goes in turns))
    return counted
