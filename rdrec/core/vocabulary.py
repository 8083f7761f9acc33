"""Names that are stored in files and asked for by users: tasks, the two students compared, protocols."""

from __future__ import annotations

from typing import Literal

Task = Literal["sequential", "topn"]
Role = Literal["rdrec", "baseline"]
TASKS: tuple[Task, ...] = ("sequential", "topn")  # of ranking
ROLES: tuple[Role, ...] = ("rdrec", "baseline")  # the two students that the page compares
PROTOCOLS = ("published", "shuffled", "clean", "temporal")
TEMPORAL = "temporal"
