"""Record an ONNX file that PyTorch exports of a network it trained, beside what PyTorch answers.

Run it with a Python that has ``torch`` 2.15.0, ``onnx`` 1.23.2, ``scikit-learn`` and NumPy; this
package need not be there, and is not used::

    python tests/tools/record_pytorch.py notebooks/recordings/tools

64 pixels, 32 rectified units, 10 digits; trained on the first 1,437 of scikit-learn's images, whose
pixels are divided by 16, and asked about the 360 others.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits

N_TRAINED, EPOCHS = 1437, 300


def trained(pixels: torch.Tensor, digits: torch.Tensor) -> torch.nn.Module:
    """A perceptron that reads digits, with Adam over all images at once."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(pixels), digits).backward()
        optimizer.step()
    return net.eval()


def main() -> None:
    folder = Path(sys.argv[1])
    images, labels = load_digits(return_X_y=True)
    pixels, digits = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels)
    net = trained(pixels[:N_TRAINED], digits[:N_TRAINED])
    torch.onnx.export(net, torch.zeros(1, 64), folder / "pytorch.onnx", dynamo=False)
    answers = net(pixels[N_TRAINED:]).argmax(dim=1).numpy().astype(np.uint8)
    np.save(folder / "pytorch.npy", answers)
    right = (answers == labels[N_TRAINED:]).mean()
    print(f"torch {torch.__version__}: {right:.1%} of {len(answers)} images")


if __name__ == "__main__":
    main()
