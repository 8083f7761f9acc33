"""A protocol view of the toy set and an untrained student whose card says that it was trained on it."""

import pytest

from rdrec.data.splits import protocol_view
from rdrec.student.checkpoint import LoadedStudent, StudentCard
from rdrec.student.tasks import Task

TASKS = [task.key for task in Task]
CARD = StudentCard("toy", "abc", 30, 130, "tiny", "rdrec", "clean", 0, "offline", None, None, 1, {}, TASKS, 1, "fp32", None, 1)


@pytest.fixture
def view(toy_dataset):
    return protocol_view(toy_dataset, "clean", 0)


@pytest.fixture
def loaded(toy_student):
    return LoadedStudent(*toy_student, CARD, "cpu", 0.0)
