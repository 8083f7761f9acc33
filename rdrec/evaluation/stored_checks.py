"""Read a stored table of manipulation checks, also one of an older version."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from rdrec.core.storage import read_table
from rdrec.evaluation.outcomes import MEASURED_LATER


def read_checks(folder: Path) -> pd.DataFrame:
    """`checks.parquet` of an artefact, with the columns that older tables lack.  Raises ArtefactError if it cannot be read."""
    table = read_table(folder / "checks.parquet")
    return table.assign(**{column: value for column, value in MEASURED_LATER.items() if column not in table})
