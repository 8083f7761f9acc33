"""Teachers for processes of a pool: a slow one, and one that counts where it was made.  Processes find them by this module's name."""

from __future__ import annotations

import os
import time

from rdrec.teachers.keywords import KeywordsTeacher


class Slow(KeywordsTeacher):
    """Two hundredths of a second a review."""

    def answer(self, review):
        time.sleep(0.02)
        return super().answer(review)


class Signed(KeywordsTeacher):
    """Says which process read, in place of the reason or the preference."""

    def answers(self, reviews):
        return iter([(os.getpid(), review.user, review.position) for review in reviews])
