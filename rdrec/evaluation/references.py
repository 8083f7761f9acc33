"""Find the rationales that a student learned, for the manipulation check: the same distillation, in the same form as in its training."""

from __future__ import annotations

from rdrec.core.home import Home
from rdrec.core.records import Dataset, RDRecError
from rdrec.core.storage import read_manifest
from rdrec.data.rationales import command, load_rationales
from rdrec.data.store import RATIONALES_KIND
from rdrec.evaluation.manipulation_check import References
from rdrec.evaluation.named_values import NamedValues
from rdrec.student.checkpoint import StudentCard
from rdrec.synthetic.truth import has_truth, load_standing, load_truth
from rdrec.teachers.supported import learned_texts

Key = tuple[str, str | None, str]  # teacher, hash of the rationales, claims


class FoundReferences:
    """References for each student; the rationales of a teacher are read and prepared only once."""

    def __init__(self, home: Home, dataset: Dataset) -> None:
        self._home, self._dataset = home, dataset
        self._found: dict[Key, References] = {}
        self._named: NamedValues | None = None
        if has_truth(home, dataset.name):
            self._named = NamedValues(load_truth(home, dataset.name)[0], load_standing(home, dataset.name))

    def of(self, card: StudentCard) -> References:
        """The references of a student.  They lack rationales, and `missing` says why, if those are missing, damaged, or were distilled
        again after the student was trained."""
        if card.teacher is None:
            return References(None, "This student's card names no teacher, so it is unknown which rationales it learned")
        key = (card.teacher, card.rationales_sha256, str(card.training.get("claims", "all")))
        if key not in self._found:
            self._found[key] = self._read(*key)
        return self._found[key]

    def _read(self, teacher: str, sha256: str | None, claims: str) -> References:
        data = self._dataset.name
        try:
            rationales = load_rationales(self._home, data, teacher)
            current = read_manifest(self._home.rationales(data, teacher), RATIONALES_KIND).sha256
        except RDRecError as error:
            todo = f"; {error.todo}" if error.todo else ""
            return References(None, f"The rationales of the teacher {teacher!r} cannot be used: {error.what}{todo}")
        if sha256 is not None and current != sha256:
            reason = f"The rationales of the teacher {teacher!r} were distilled again after this student was trained"
            return References(None, f"{reason}; train it again, or restore the earlier rationales ({command(data, teacher)})")
        learned = learned_texts(self._dataset.interactions, rationales, claims, teacher)
        return References(learned, named=self._named)
