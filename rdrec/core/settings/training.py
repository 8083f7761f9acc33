"""The settings of what is trained: students, released checkpoints, rivals."""

from __future__ import annotations

from rdrec.core.settings.form import Setting, limit
from rdrec.core.vocabulary import PROTOCOLS, SHAPES, VARIANTS

TRAINING: tuple[Setting, ...] = (
    # train
    Setting(
        "train.shape",
        "nano",
        "",
        "nano about 1 M parameters in one layer, tiny about 2 M, mini about 8 M, small is T5-small",
        choices=SHAPES,
    ),
    Setting(
        "train.variant",
        "rdrec",
        "",
        "rdrec starts from rationales and learns them; baseline does neither; scrambled does both with rationales shuffled between "
        "interactions: the control; start-only and tasks-only do one of the two",
        choices=VARIANTS,
    ),
    Setting(
        "train.protocol",
        "clean",
        "",
        "which ids and which review text training may see, and what is held out: each user's last purchases, or (temporal) all that lies after one cut in time",
        choices=PROTOCOLS,
    ),
    Setting(
        "train.after_cut",
        0.1,
        "",
        "share of all purchases after the cut in time (--protocol temporal); the cut is the moment that comes nearest to it",
        0.001,
        0.9,
    ),
    Setting(
        "train.validation_stretch",
        0.1,
        "",
        "share of all purchases in the stretch just before the cut, which is used for validation; training ends where it begins",
        0.001,
        0.9,
    ),
    Setting(
        "train.ablate",
        "",
        "",
        "tasks to leave out, comma-separated, for the paper's ablations: user_preference, item_attribution, or both; also explanation, sequential, topn",
    ),
    Setting(
        "train.claims",
        "canonical",
        "",
        "all takes rationales as they are; supported leaves out of the rationales what the review does not carry: a claim, or the sentence where no claim is left; "
        "canonical says what is left in one wording for one thing; claims of the answer key are not checked, they are true by construction",
        choices=("all", "supported", "canonical"),
    ),
    Setting("train.seed", 0, "", "of weights, sampling and shuffled ids", 0, 2**31 - 1),
    Setting("train.epochs", 6, "epochs", "each of all rows of the largest task, or train.least_steps", 1, 100_000),
    Setting("train.patience", 100, "epochs", "stop after this many epochs without a better validation loss", 1, 10_000),
    Setting("train.batch_rows", 64, "rows", "rows of the sequential task in a step", 1, 4096),
    Setting(
        "train.topn_rows",
        8,
        "rows",
        "rows of the top-N task in a step, 10 times as long as others; 0: as --batch-rows",
        0,
        4096,
    ),
    Setting("train.text_rows", 64, "rows", "rows of each text task in a step; 0: as --batch-rows", 0, 4096),
    Setting("train.least_steps", 400, "steps", "of an epoch: small sets are read several times in one", 0, 1_000_000),
    Setting(
        "train.id_rate", 0.05, "", "of the vectors of users and items, in learning rates, where they start from data", 0.0, 1.0
    ),
    Setting(
        "train.text_share",
        0.67,
        "",
        "share of the epochs, at the beginning, in which a student that starts from data learns the text tasks alone, and nothing that it ranks with changes",
        0.0,
        0.9,
    ),
    Setting(
        "train.hold",
        0.67,
        "",
        "share of all steps at the beginning in which the vectors of users and items that start from data stay as they are",
        0.0,
        1.0,
    ),
    Setting(
        "train.learning_rate",
        0.0,
        "",
        "of AdamW, of the vectors of words and prompts; 0: 0.006 for a student that starts from data, 0.003 for others",
        0.0,
        1.0,
    ),
    Setting(
        "train.layer_rate",
        0.0,
        "",
        "of the layers, in learning rates; 0: 0.02 for a student that starts from data, since they do too, 0.3 for others",
        0.0,
        1.0,
    ),
    Setting(
        "train.language_rate",
        0.3,
        "",
        "of the decoder's feed-forward and self-attention in a student that starts from data, in learning rates: they say nothing about the item that "
        "comes next, only about the words; 0: as other layers",
        0.0,
        1.0,
    ),
    Setting("train.warm_up", 50, "steps", "in which the learning rate rises from 0", 0, 1_000_000),
    Setting(
        "train.schedule",
        "cosine",
        "",
        "what the learning rate does after warm-up; cosine falls to 0 at the last of --epochs",
        choices=("constant", "cosine"),
    ),
    Setting(
        "train.hide_user",
        1.0,
        "",
        "share of sequential training rows in which 'somebody' stands for the user: a user's vector starts from the own purchases, the target of the row "
        "among them, and a student that reads it learns to say what it holds",
        0.0,
        1.0,
    ),
    Setting("train.sequential_weight", 8.0, "", "of the sequential loss beside a text task's, which weighs 1", 0.01, 100.0),
    Setting(
        "train.topn_weight",
        0.5,
        "",
        "of the top-N loss beside a text task's: the user's vector holds its target, see --hide-user",
        0.01,
        100.0,
    ),
    Setting("train.dropout", 0.1, "", "share of activations that are dropped in training (T5: 0.1)", 0.0, 0.9),
    Setting(
        "train.watch",
        "paper",
        "",
        "what chooses the weights and stops: paper, the mean of four validation losses (RDRec, section 4.1); ids, that of the two "
        "recommendation tasks; ndcg, NDCG@10 of the validation items by exact ranking; last, none: the last epoch, without early stop",
        choices=("paper", "ids", "ndcg", "last"),
    ),
    Setting(
        "train.start",
        "data",
        "",
        "of a student without pretrained weights: data, from the training purchases, and from the rationales where the variant says so: it ranks "
        "as the rule bought together before any training; random where numbers are cut into several tokens",
        choices=("data", "random"),
    ),
    Setting(
        "train.ids",
        "protocol",
        "",
        "item numbers: protocol, as --protocol says; clustered, learned from the training purchases: items that the same shoppers buy share "
        "leading digits; clustered-text, the same from the rationales that training may see",
        choices=("protocol", "clustered", "clustered-text"),
    ),
    Setting(
        "train.id_digits",
        0,
        "digits",
        "of an item number that are one token of a tokenizer trained here; 0: all of them, so that every item is one token, or 3 where there "
        "are more than train.own_tokens users and items, and with learned --ids; fewer give clustered numbers more levels",
        0,
        6,
    ),
    limit(
        "train.own_tokens",
        60_000,
        "users and items",
        "have a token each: all 53,955 of Sports; in a larger catalogue three digits of a number are a token, and what is one user's own "
        "is spread over tokens that others share",
    ),
    Setting(
        "train.accumulate",
        1,
        "parts",
        "in which the rows of a task are computed, one after the other, before a step: the same step in a part of the memory",
        1,
        256,
    ),
    Setting(
        "train.precision",
        "fp32",
        "",
        "of the products in training; weights, sums of gradients and losses are fp32 always",
        choices=("fp32", "bf16"),
    ),
    Setting(
        "train.processes",
        1,
        "processes",
        "of this machine that share every batch, on a GPU each or on the processor: the same steps as one, sooner where each has cores "
        "of its own",
        1,
        64,
    ),
    limit(
        "train.wait",
        48,
        "hours",
        "that processes wait for one another: the first alone measures after an epoch, on a large set for long",
    ),
    limit(
        "train.last_words",
        20,
        "seconds",
        "after one process has lost the others, for the one that failed to say why: a busy machine notices an end late",
    ),
    limit(
        "train.validation_rows",
        400,
        "rows",
        "of each task, a seeded sample of users, after every epoch: all of a large set would take longer than the epoch",
    ),
    limit(
        "train.judged_users",
        1000,
        "users",
        "whose validation item is ranked after every epoch, a seeded sample: five seconds for a small student on a CPU",
    ),
    limit("train.max_history", 20, "items", "the sequential prompt shows the last 20 items (RDRec, section 4.1)"),
    limit("train.max_target_tokens", 20, "tokens", "explanations and rationales are cut to 20 tokens (RDRec, section 4.1)"),
    limit(
        "train.text_beams",
        4,
        "beams",
        "in which a student writes a sentence; 1: greedy, the likeliest token each time, which breaks sentences",
    ),
    limit("train.no_repeat", 3, "tokens", "in a row that a sentence may hold only once: small students fall into loops"),
    limit("train.prompt_vectors", 3, "vectors", "trainable vectors before the input of each task (RDRec)"),
    limit(
        "train.vocabulary",
        4000,
        "tokens",
        "of a tokenizer trained on the data set's own training text; small students need a small one",
    ),
    limit("train.max_input_tokens", 1024, "tokens", "100 candidate ids take about 700; longer input is refused"),
    # released checkpoints
    limit(
        "release.max_file_bytes", 16 * 2**30, "bytes", "T5-3b, the largest that is likely, takes 11.4 GB in fp32; T5-small 0.24"
    ),
    limit(
        "release.max_pickle_bytes", 2**25, "bytes", "everything but the numbers: 22 kB for one layer, about 2 MB for T5-large"
    ),
    limit(
        "release.max_operations",
        2_000_000,
        "operations",
        "of the pickle: about 5,000 a layer; more is made to keep a reader busy",
    ),
    limit("release.max_entries", 20_000, "entries", "of the archive, one a tensor: T5-small has 133"),
    limit("release.max_depth", 32, "modules", "one inside the other: T5 nests 7"),
    # rivals
    Setting("rival.seed", 0, "", "of weights, order, negatives and dropout of a trained rival", 0, 2**31 - 1),
    Setting("rival.epochs", 200, "epochs", "at most; early stop usually comes first", 1, 100_000),
    Setting(
        "rival.patience", 50, "epochs", "stop after this many without a better Recall@10 on the validation items", 1, 10_000
    ),
    Setting("rival.batch_users", 128, "users", "histories in a step", 1, 65_536),
    Setting("rival.learning_rate", 1e-3, "", "of Adam (eSASRec's recipe)", 1e-7, 1.0),
    Setting("rival.negatives", 256, "items", "drawn uniformly for each place of each user (eSASRec's recipe)", 1, 100_000),
    Setting("rival.width", 256, "", "of an item's vector", 1, 4096),
    Setting("rival.blocks", 1, "blocks", "of attention and a feed-forward layer", 1, 32),
    Setting("rival.heads", 1, "heads", "of attention", 1, 64),
    Setting("rival.length", 50, "items", "the last purchases that are read", 1, 4096),
    Setting("rival.dropout", 0.2, "", "share of activations and of attention weights dropped in training", 0.0, 0.9),
    limit(
        "rival.validation_users",
        25_000,
        "users",
        "a seeded sample of larger sets, ranked after every epoch; a sample of 5,000 of Beauty chose an epoch by luck (.062; of all it was .055)",
    ),
    Setting("rival.ridge", 100.0, "", "of EASE, added to every item's count of purchases", 1e-3, 1e6),
    Setting(
        "rival.neighbours_weight",
        0.3,
        "",
        "of the likeness of rationales in the rival neighbours, beside EASE; both have standard deviation 1 over the catalogue",
        0.0,
        100.0,
    ),
    limit(
        "rival.ease_items", 20_000, "items", "EASE inverts a matrix of items by items: 1.6 GB at this size, twice while made"
    ),
)
