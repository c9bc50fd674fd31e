"""The network: one place for the notebook that trains it and the one that judges it."""
import numpy as np
import torch
from torch import nn


def make(features, hidden=32, dropout=0.2):
    """A small classifier for tables; the first layer learns to standardise its inputs."""
    return nn.Sequential(nn.BatchNorm1d(features), nn.Linear(features, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 1))


class Classifier:
    """The trained network as something with `predict` and `predict_proba`, for tables."""
    classes_ = [0, 1]

    def __init__(self, path):
        kept = torch.load(path, weights_only=True)
        self.network = make(kept["features"], kept["hidden"])
        self.network.load_state_dict(kept["weights"])
        self.network.eval()

    def predict(self, table): return self.predict_proba(table).argmax(axis=1)

    @torch.no_grad()
    def predict_proba(self, table):
        """The probabilities of the two classes: a row for each row of the table."""
        one = torch.sigmoid(self.network(torch.tensor(np.asarray(table), dtype=torch.float32)).squeeze(1)).double().numpy()
        return np.column_stack([1 - one, one])
