"""Students that answer with what is stored, for tests of the page that need no model."""

import time

from rdrec.explorer.live_runner import LiveStudent, Ran


class FakeStudents:
    """Answers with what is stored, as a right live run does."""

    def __init__(self, store):
        self.store = store

    def predict(self, user, task):
        time.sleep(0.05)
        stored, truths = self.store.predictions(user, task), self.store.truth(user, task)
        students = [
            LiveStudent(role, 21.0, [p.item.item for p in rows], [p.probability for p in rows], truths[role].rank)
            for role, rows in stored.items()
        ]
        return Ran("CPU", "nf4", 640.0, 21.0, None, tuple(students))
