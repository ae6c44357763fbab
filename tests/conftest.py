"""Being here puts this folder on the import path: tests share its helpers (`chi_square`) and these fixtures."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def mitsuba_data():
    """Mitsuba's test data: $SPECRENDER_MITSUBA_DATA or ../shared/mitsuba-data beside the repository."""
    folder = Path(os.environ.get("SPECRENDER_MITSUBA_DATA", REPOSITORY.parent / "shared" / "mitsuba-data"))
    if not folder.is_dir():
        pytest.skip(f"Mitsuba's data is not at {folder}; set SPECRENDER_MITSUBA_DATA")
    return folder
