"""One population of TrueNorth neurons the slow, obvious way: the paper's equations on plain
integers.

Cassidy et al. 2013, IJCNN, with all stochastic modes off: synaptic integration, leak, then
threshold, fire and reset.
"""


def hold(x):
    """A number in 20 bits with sign."""
    return max(-(2**19), min(2**19 - 1, x))


def run(currents, alpha, beta, leak, value, gamma, kappa):
    """Spikes, and potentials before and after reset, of neurons that receive ``currents``
    [tick][neuron].

    gamma: 0 to reset to ``value``, 1 to subtract, 2 to leave as it is. kappa: 1 to stay at the
    lower threshold -beta, 0 to reset below it.
    """
    v = [0] * len(alpha)
    fired, before, after = [], [], []
    for row in currents:
        spikes = [0] * len(v)
        for n, current in enumerate(row):
            v[n] = hold(hold(v[n] + current) + leak[n])
        before.append(list(v))
        for n in range(len(v)):
            if v[n] >= alpha[n]:
                spikes[n] = 1
                v[n] = (value[n], v[n] - alpha[n], v[n])[gamma]
            elif v[n] < -beta[n]:
                v[n] = -beta[n] if kappa else (-value[n], v[n] + beta[n], v[n])[gamma]
        fired.append(spikes)
        after.append(list(v))
    return fired, before, after
