"""The device's way to scores and loss of the next item against the student's own `forward` and against exact ranking."""

import numpy as np
import pytest
import torch
from next_item_scores import Cases, NextItem, measure
from tolerances import LOG_PROBABILITY
from walks import dataset_of, walks

from rdrec.core.records import InputError
from rdrec.data.splits import protocol_view
from rdrec.evaluation.metrics import per_user
from rdrec.evaluation.ranking import rank_cases
from rdrec.evaluation.validation_ndcg import validation_cases
from rdrec.ranking.recommender import Recommender, StudentInTraining
from rdrec.student.batches import Row, make_batch
from rdrec.student.model import Student
from rdrec.student.shapes import t5_config
from rdrec.student.tasks import Task, id_target, input_text
from rdrec.student.tokenizer import StudentTokenizer

ITEMS, USERS = 60, 300
HISTORIES = [[3, 17, 4], [9], [5, 6, 7, 8, 12, 30], [1, 2, 1]]
TRUTH = [9, 10, 7, 2]  # the third and the fourth stand in their history


@pytest.fixture(scope="module")
def view():
    return protocol_view(dataset_of(walks(USERS, ITEMS), ITEMS), "clean", 3)


@pytest.fixture(scope="module", params=[False, True], ids=["from the start", "from the end"])
def tokenizer(request):
    """Counts the IDs of an input from the start or from the end."""
    made = StudentTokenizer.train(["the user prefers a clear sound"] * 3, users=USERS, items=ITEMS)
    made.counts_back = request.param
    return made


@pytest.fixture(params=["nano", "tiny"])
def student(request, tokenizer):
    torch.manual_seed(0)
    return Student.from_scratch(t5_config(request.param, tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos)).eval()


@pytest.fixture
def net(student, tokenizer, view):
    made = NextItem(student, tokenizer, view.item_ids, USERS)
    made.share_user_vector()
    return made


def naive_loss(student, tokenizer, view):
    """From the logits of the student's own forward, held to the catalogue: mean cross-entropy of the first token."""
    ids = view.item_ids
    rows = [
        Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=user, item_ids=ids[history].tolist()), id_target(int(ids[truth])))
        for user, (history, truth) in enumerate(zip(HISTORIES, TRUTH, strict=True), 7)
    ]
    batch = make_batch(rows, tokenizer)
    logits = student.logits(student.encode(batch), student.t5._shift_right(batch.labels))[:, 0]
    logits = logits.scatter(1, batch.seen, -torch.inf)
    catalogue = [tokenizer.encode_id(int(number))[0] for number in ids[1:]]
    return -(logits.gather(1, batch.labels[:, :1])[:, 0] - logits[:, catalogue].logsumexp(1)).mean()


def padded(width):
    return torch.tensor([history + [0] * (width - len(history)) for history in HISTORIES])


@pytest.mark.parametrize("width", [6, 20])
def test_loss_and_gradient_equal_those_of_the_students_own_forward(student, net, tokenizer, view, width):
    naive = naive_loss(student, tokenizer, view)
    naive.backward()
    expected = {name: parameter.grad.clone() for name, parameter in student.named_parameters() if parameter.grad is not None}
    # the other way reads the vectors of the users 7 to 10, this one that of user 1, which is the same vector
    table = expected["t5.shared.weight"]
    table[net.users[0]] = table[net.users].sum(0)
    table[net.users[1:]] = 0
    student.zero_grad()
    histories = padded(width)
    loss = net.loss(histories, net.states(histories), torch.tensor(TRUTH))
    loss.backward()
    assert loss.item() == pytest.approx(naive.item(), abs=LOG_PROBABILITY)
    for name, parameter in student.named_parameters():
        if name in expected and parameter.grad is not None:
            assert torch.allclose(parameter.grad, expected[name], atol=LOG_PROBABILITY), name


def test_measures_equal_exact_ranking(student, net, tokenizer, view):
    asked = validation_cases(view)
    cases = Cases.of([(case.history, case.truth) for case in asked], 20, "cpu")
    recall, ndcg = measure(net, cases)
    recommender = Recommender(StudentInTraining(student, tokenizer), view.item_ids)
    ranked = rank_cases(recommender, asked, "sequential", top=1, batch_users=64, progress=False)
    assert ndcg == pytest.approx(float(per_user("NDCG@10", ranked).mean()), abs=1e-6) and ndcg > 0
    assert recall == pytest.approx(float(per_user("HR@10", ranked).mean()), abs=1e-6)


def test_a_purchase_that_is_seen_does_not_compete():
    cases = Cases.of([(np.array([4, 5, 4, 6]), 4)], 2, "cpu")
    assert cases.histories.tolist() == [[4, 6]] and cases.seen.tolist() == [[5, 6]] and cases.truth.tolist() == [4]


def test_ids_of_several_tokens_are_refused(view):
    tokenizer = StudentTokenizer.train(["some words"], users=USERS, items=ITEMS, digits=1)
    student = Student.from_scratch(t5_config("nano", tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos))
    with pytest.raises(InputError, match="a single token for each user and item"):
        NextItem(student, tokenizer, view.item_ids, USERS)


def test_what_was_measured_can_be_trained_afterwards(net):
    histories = padded(20)
    measure(net, Cases(histories, histories, torch.tensor([20, 21, 22, 23])))
    net.loss(histories, net.states(histories), torch.tensor(TRUTH)).backward()
    assert net.student.t5.encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight.grad.abs().sum() > 0
