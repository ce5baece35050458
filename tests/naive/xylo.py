"""One population of Xylo neurons the slow, obvious way: plain integers, one spike of one synapse at
a time.
"""

LEAST, MOST = -(2**15), 2**15 - 1


def hold(x):
    """A number in 16 bits."""
    return LEAST if x < LEAST else MOST if x > MOST else x


def decay(x, dash):
    """What a value loses: shifted right (toward minus infinity), but one where that is nothing and
    the value is not.
    """
    lost = x // 2**dash
    return lost if lost or x == 0 else 1


class Neuron:
    """One neuron with its states."""

    def __init__(self, dash_syn, dash_mem, threshold, bias, most_spikes):
        self.dash_syn, self.dash_mem, self.threshold, self.bias = dash_syn, dash_mem, threshold, bias
        self.most_spikes = most_spikes
        self.i = self.v = 0

    def receive(self, weight):
        """One spike over one synapse."""
        self.i = hold(self.i + weight)

    def step(self):
        """Decay, integrate, fire; returns spikes and the potential before they are taken off."""
        self.i -= decay(self.i, self.dash_syn)
        change = -decay(self.v, self.dash_mem)
        if change == 2**15:
            change = -(2**15)  # 16 bits wrap around
        change = hold(hold(change + self.i) + self.bias)
        self.v = before = hold(self.v + change)
        spikes = 0
        while self.v >= self.threshold and spikes < self.most_spikes:
            spikes += 1
            self.v -= self.threshold
        return spikes, before


def run(inputs, weights, shifts, hidden, output, most_input=15):
    """Spikes and potentials (before reset) of hidden and output neurons, step by step.

    inputs: a list of steps, each a list of counts. weights, shifts: (input, recurrent, output),
    each a matrix of [source][target] and the bits that its weights are shifted by. hidden, output:
    lists of Neuron.
    """
    fired = [0] * len(hidden)
    seen = []
    for counts in inputs:
        arriving = [min(n, most_input) for n in counts]
        for sources, matrix, shift, targets in zip(
            (arriving, fired, fired), weights, shifts, (hidden, hidden, output), strict=True
        ):
            for source, n_spikes in enumerate(sources):
                for target, neuron in enumerate(targets):
                    for _ in range(n_spikes):
                        neuron.receive(matrix[source][target] * 2**shift)
        steps = [neuron.step() for neuron in hidden]
        fired = [spikes for spikes, _ in steps]
        last = [neuron.step() for neuron in output]
        seen.append((fired, [v for _, v in steps], [s for s, _ in last], [v for _, v in last]))
    return tuple([step[k] for step in seen] for k in range(4))
