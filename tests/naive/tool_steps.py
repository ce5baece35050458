"""One step of each tool's neurons, written down from its source: the oracle of ``source=``.

A layer is a function ``(arriving) -> spikes`` with a state of its own, float64, arrays of neurons.
"""

import numpy as np


def fires_often(v, threshold):
    """Whole thresholds in a potential, none below the first."""
    return np.where(v >= threshold, np.floor(v / threshold), 0.0)


class Snntorch:
    """Leaky and Synaptic of snnTorch 1.0.0, reset_delay=True unless at once; RLeaky and RSynaptic
    (looped), whose reset to zero takes what arrives with it, as that of Synaptic does.
    """

    def __init__(self, beta, threshold, *, alpha=None, reset="subtract", at_once=False, looped=False):
        self.beta, self.alpha, self.threshold = beta, alpha, threshold
        self.loses = looped or alpha is not None
        self.reset, self.at_once = reset, at_once
        self.v = self.i = np.zeros_like(threshold)
        self.fired = np.zeros_like(threshold)

    def __call__(self, arriving):
        if self.alpha is not None:
            self.i = arriving = self.alpha * self.i + arriving
        late = 0.0 if self.at_once else self.fired
        if self.reset == "zero" and not self.loses:
            self.v = self.v * (1 - late)
        self.v = self.beta * self.v + arriving
        if self.reset == "zero" and self.loses:
            self.v = self.v * (1 - late)
        if self.reset == "subtract":
            self.v = self.v - late * self.threshold
        self.fired = (self.v > self.threshold).astype(float)
        if self.at_once and self.reset == "zero":
            self.v = self.v * (1 - self.fired)
        if self.at_once and self.reset == "subtract":
            self.v = self.v - self.fired * self.threshold
        return self.fired


class Sinabs:
    """IAF (tau None) and LIF of sinabs 3.1.3."""

    def __init__(self, tau, threshold, *, norm_input=True):
        self.alpha = 1.0 if tau is None else np.exp(-1 / tau)
        self.gain = 1 - self.alpha if norm_input and tau is not None else 1.0
        self.threshold, self.v = threshold, np.zeros_like(threshold)

    def __call__(self, arriving):
        self.v = self.alpha * self.v + self.gain * arriving
        spikes = fires_often(self.v, self.threshold)
        self.v = self.v - spikes * self.threshold
        return spikes


class Norse:
    """LIFBoxCell, LIFCell (tau_syn) and IAFCell (tau_mem None) of norse 1.1.0, dt 1 ms."""

    def __init__(self, tau_mem, threshold, *, tau_syn=None, v_leak=0.0):
        self.tau_mem, self.tau_syn, self.v_leak, self.threshold = tau_mem, tau_syn, v_leak, threshold
        self.v, self.i = np.zeros_like(threshold) + v_leak, np.zeros_like(threshold)

    def __call__(self, arriving):
        if self.tau_syn is not None:
            self.i = arriving = self.i + arriving
        if self.tau_mem is None:
            self.v = self.v + arriving
        else:
            self.v = self.v + 1e-3 / self.tau_mem * (self.v_leak - self.v + arriving)
        if self.tau_syn is not None:
            self.i = self.i - 1e-3 / self.tau_syn * self.i
        spikes = (self.v > self.threshold).astype(float)
        self.v = (1 - spikes) * self.v  # v_reset is 0, which the exporter leaves out
        return spikes


class Rockpool:
    """LIFTorch (tau_syn) and LIFNeuronTorch of Rockpool 3.1.0."""

    def __init__(self, tau_mem, threshold, dt, *, tau_syn=None):
        self.alpha = np.exp(-dt / tau_mem)
        self.beta = None if tau_syn is None else np.exp(-dt / tau_syn)
        self.threshold = threshold
        self.v = self.i = np.zeros_like(threshold)

    def __call__(self, arriving):
        if self.beta is not None:
            self.i = arriving = (self.i + arriving) * self.beta
        self.v = self.v * self.alpha + arriving
        spikes = fires_often(self.v, self.threshold)
        self.v = self.v - spikes * self.threshold
        return spikes


class Spyx:
    """LIF and CuBaLIF (alpha) of spyx 1.0.0: spikes of the potential of the step before."""

    def __init__(self, beta, threshold, *, alpha=None):
        self.beta, self.alpha, self.threshold = beta, alpha, threshold
        self.v = self.i = np.zeros_like(threshold)

    def __call__(self, arriving):
        spikes = (self.v > self.threshold).astype(float)
        if self.alpha is None:
            self.v = self.beta * self.v + arriving - spikes * self.threshold
        else:
            self.i = self.alpha * self.i + arriving
            self.v = self.beta * (self.v - spikes * self.threshold) + self.i
        return spikes


def run_layers(layers, weights, x, loop=None):
    """Spikes of the last of some layers in a row, (n_steps, n); ``loop``: first layer onto itself."""
    out, back = [], 0.0
    for arriving in x.astype(float):
        signal = arriving
        for k, (layer, w) in enumerate(zip(layers, weights, strict=True)):
            signal = layer(w @ signal + (back if k == 0 else 0.0))
            if k == 0 and loop is not None:
                back = loop @ signal
        out.append(signal)
    return np.array(out)
