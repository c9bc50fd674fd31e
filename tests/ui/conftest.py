"""Browser tests skip, visibly, where there is no Chromium."""
import pytest

from lab import chromium
from support import end_couriers


def pytest_collection_modifyitems(items):
    for item in items:
        if "ui" in str(item.path):
            item.add_marker(pytest.mark.ui)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if not chromium(): item.add_marker(pytest.mark.skip(reason="no Chromium here: make apt-chromium"))


@pytest.fixture
def project(tmp_path):
    """A project's folder, and two homes for a lab beside it."""
    for name in ("home", "home2", "project"): (tmp_path / name).mkdir()
    (tmp_path / "project" / "opsnb.toml").touch()
    yield tmp_path / "project"
    end_couriers(tmp_path)
