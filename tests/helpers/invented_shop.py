"""An invented shop and students that start from it, before training."""

import copy
from functools import cache

import torch

from rdrec.core.home import Home
from rdrec.data.rationales import load_rationales
from rdrec.data.splits import protocol_view
from rdrec.data.store import load_dataset
from rdrec.evaluation.metrics import per_user
from rdrec.evaluation.ranking import rule_places
from rdrec.evaluation.validation_ndcg import validation_cases
from rdrec.student.model import Student
from rdrec.student.sampling import Sampler
from rdrec.student.shapes import t5_config
from rdrec.student.start import start_from_data
from rdrec.student.tokenizer import StudentTokenizer
from rdrec.synthetic.make import MakePlan, make
from rdrec.synthetic.spec import read_world

TEACHER = "answer-key"


class InventedShop:
    """An invented shop under `clean`, with its answer key, and the students that start from it."""

    def __init__(self, folder, shoppers):
        make(Home(folder), MakePlan(read_world("toys"), "shop", shoppers, 0, 1))
        self.view = protocol_view(load_dataset(Home(folder), "shop"), "clean", 0)
        self.rationales = load_rationales(Home(folder), "shop", TEACHER)

    def sampler(self, variant):
        return Sampler(self.view, self.rationales, variant, 0)

    @cache  # noqa: B019 - lives as long as the module's tests
    def _started(self, variant, shape):
        sampler, view = self.sampler(variant), self.view
        tokenizer = StudentTokenizer.train(sampler.vocabulary_texts(), users=view.dataset.n_users, items=view.dataset.n_items)
        torch.manual_seed(0)
        student = Student.from_scratch(t5_config(shape, tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos))
        start_from_data(student, tokenizer, view, sampler.start_texts)
        return student.eval(), tokenizer

    def started(self, variant, shape="nano"):
        """(student, tokenizer): a copy of the student, which a test may train."""
        student, tokenizer = self._started(variant, shape)
        return copy.deepcopy(student), tokenizer


def item_tokens(tokenizer, view):
    return torch.tensor([tokenizer.encode_id(int(number))[0] for number in view.item_ids[1:]])


def first_scores(student, batch, items):
    """(B, I): logits of all items at the first position."""
    start = torch.full((len(batch), 1), student.t5.config.decoder_start_token_id)
    with torch.inference_mode():
        return student.logits(student.encode(batch), start)[:, 0, items]


def rule_ndcg(view, rule):
    return float(per_user("NDCG@10", rule_places(rule, validation_cases(view))).mean())
