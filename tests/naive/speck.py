"""One population of Speck neurons the slow, obvious way, on plain integers."""


def run(currents, threshold, to_zero, most_spikes):
    """Spikes, potentials before reset and after it, of neurons that receive ``currents``
    [step][neuron].

    most_spikes: in a step, or None for any number.
    """
    v = [0] * len(threshold)
    fired, before, after = [], [], []
    for row in currents:
        spikes = []
        for n, current in enumerate(row):
            v[n] = max(-(2**15), min(2**15 - 1, v[n] + current))
        before.append(list(v))
        for n in range(len(v)):
            count = 0
            left = v[n]
            while left >= threshold[n] and count != most_spikes:
                left -= threshold[n]
                count += 1
            if count:
                v[n] = 0 if to_zero else left
            if v[n] < -threshold[n]:
                v[n] = -threshold[n]
            spikes.append(count)
        fired.append(spikes)
        after.append(list(v))
    return fired, before, after
