"""Browser tests skip, visibly, where there is no Chromium."""
import pytest

from lab import chromium


def pytest_collection_modifyitems(items):
    for item in items:
        if "ui" in str(item.path):
            item.add_marker(pytest.mark.ui)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if not chromium(): item.add_marker(pytest.mark.skip(reason="no Chromium here: make apt-chromium"))
