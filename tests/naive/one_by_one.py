"""A chain of layers without steps, the slow, obvious way: each event goes all the way at once."""


class Chain:
    """Layers of integrate-and-fire neurons, each with its weights [source][target]."""

    def __init__(self, weights, thresholds, to_zero):
        self.weights, self.thresholds, self.to_zero = weights, thresholds, to_zero
        self.v = [[0] * len(weight[0]) for weight in weights]
        self.fired = [[0] * len(weight[0]) for weight in weights]

    def event(self, source, layer=0):
        """One event of a neuron that leads into a layer, and all that follows from it."""
        if layer == len(self.weights):
            return
        for n, weight in enumerate(self.weights[layer][source]):
            if weight == 0:
                continue
            threshold, v = self.thresholds[layer], self.v[layer]
            v[n] = max(-(2**15), min(2**15 - 1, v[n] + weight))
            fires = v[n] >= threshold
            if fires:
                v[n] = 0 if self.to_zero else v[n] - threshold
            v[n] = max(v[n], -threshold)
            if fires:
                self.fired[layer][n] += 1
                self.event(n, layer + 1)
