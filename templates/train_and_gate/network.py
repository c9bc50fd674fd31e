"""The network: one place for the notebook that trains it and the one that judges it."""
from torch import nn


def make(features, hidden=32, dropout=0.2):
    """A small classifier for tables; the first layer learns to standardise its inputs."""
    return nn.Sequential(nn.BatchNorm1d(features), nn.Linear(features, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 1))
