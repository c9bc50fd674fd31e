"""The network: one place for the program that trains it and the notebook that judges it."""
from torch import nn


def make(width=32):
    """A small convolutional network for images of 8 by 8 pixels."""
    return nn.Sequential(nn.Unflatten(1, (1, 8)), nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(width, 2 * width, 3, padding=1),
                         nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(8 * width, 10))
