"""Settings of students, released checkpoints and rivals."""

from __future__ import annotations

from rdrec.core.settings.form import Setting, limit
from rdrec.core.vocabulary import PROTOCOLS, SHAPES, VARIANTS

TRAINING: tuple[Setting, ...] = (
    # train
    Setting(
        "train.shape",
        "nano",
        "",
        "Size of the student: nano about 1 M parameters in one layer, tiny about 2 M, mini about 8 M, small is T5-small.",
        choices=SHAPES,
    ),
    Setting(
        "train.variant",
        "rdrec",
        "",
        "How rationales are used. rdrec: the student starts from rationales and learns to write them. baseline: neither. "
        "scrambled: both, with rationales shuffled between interactions (the control). start-only and tasks-only: one of the "
        "two.",
        choices=VARIANTS,
    ),
    Setting(
        "train.protocol",
        "clean",
        "",
        "Which item IDs and which review text training may see, and what is held out: the last purchases of each user or, with "
        "temporal, everything after one cut in time.",
        choices=PROTOCOLS,
    ),
    Setting(
        "train.after_cut",
        0.1,
        "",
        "Share of all purchases after the cut in time (--protocol temporal); the cut is placed as close to it as possible.",
        0.001,
        0.9,
    ),
    Setting(
        "train.validation_stretch",
        0.1,
        "",
        "Share of all purchases in the period just before the cut, which is used for validation; training ends where it begins.",
        0.001,
        0.9,
    ),
    Setting(
        "train.ablate",
        "",
        "",
        "Tasks to leave out, comma-separated, for the paper's ablations: user_preference, item_attribution, or both; also "
        "explanation, sequential, topn.",
    ),
    Setting(
        "train.claims",
        "canonical",
        "",
        "Which claims of the rationales to learn. all: rationales as they are. supported: without claims that the review does "
        "not support; a sentence without any claim left is dropped. canonical: the same, with one wording for each thing. "
        "Claims of the answer key are not checked; they are true by construction.",
        choices=("all", "supported", "canonical"),
    ),
    Setting("train.seed", 0, "", "Random seed for weights, sampling and shuffled IDs.", 0, 2**31 - 1),
    Setting(
        "train.epochs",
        6,
        "epochs",
        "Most epochs. One epoch covers all rows of the largest task, or train.least_steps steps if that is more.",
        1,
        100_000,
    ),
    Setting("train.patience", 100, "epochs", "Stop after this many epochs without a better validation loss.", 1, 10_000),
    Setting("train.batch_rows", 64, "rows", "Rows of the sequential task in a step.", 1, 4096),
    Setting(
        "train.topn_rows",
        8,
        "rows",
        "Rows of the top-N task in a step, which are 10 times as long as others; 0: as --batch-rows.",
        0,
        4096,
    ),
    Setting("train.text_rows", 64, "rows", "Rows of each text task in a step; 0: as --batch-rows.", 0, 4096),
    Setting(
        "train.least_steps",
        400,
        "steps",
        "Fewest steps in an epoch; small sets are read several times in one epoch.",
        0,
        1_000_000,
    ),
    Setting(
        "train.id_rate",
        0.05,
        "",
        "Learning rate of the user and item vectors, as a factor of --learning-rate, where they start from data.",
        0.0,
        1.0,
    ),
    Setting(
        "train.text_share",
        0.67,
        "",
        "Share of the epochs, at the beginning, in which a student that starts from data learns only the text tasks; the "
        "weights used for ranking do not change.",
        0.0,
        0.9,
    ),
    Setting(
        "train.hold",
        0.67,
        "",
        "Share of all steps, at the beginning, in which user and item vectors that start from data stay fixed.",
        0.0,
        1.0,
    ),
    Setting(
        "train.learning_rate",
        0.0,
        "",
        "Learning rate of AdamW for the vectors of words and prompts; 0: 0.006 for a student that starts from data, 0.003 for others.",
        0.0,
        1.0,
    ),
    Setting(
        "train.layer_rate",
        0.0,
        "",
        "Learning rate of the layers, as a factor of --learning-rate; 0: 0.02 for a student that starts from data, whose layers"
        " do too, and 0.3 for others.",
        0.0,
        1.0,
    ),
    Setting(
        "train.language_rate",
        0.3,
        "",
        "Learning rate, as a factor of --learning-rate, of the decoder's feed-forward and self-attention layers in a student "
        "that starts from data: they affect only the words, not the next item. 0: as other layers.",
        0.0,
        1.0,
    ),
    Setting("train.warm_up", 50, "steps", "Steps in which the learning rate rises from 0.", 0, 1_000_000),
    Setting(
        "train.schedule",
        "cosine",
        "",
        "Learning rate after warm-up: constant, or cosine, which falls to 0 at the last of --epochs.",
        choices=("constant", "cosine"),
    ),
    Setting(
        "train.hide_user",
        1.0,
        "",
        "Share of sequential training rows in which 'somebody' replaces the user. A user's vector starts from the user's own "
        "purchases, including the target of the row, so a student that sees it learns to repeat what the vector contains.",
        0.0,
        1.0,
    ),
    Setting(
        "train.sequential_weight", 8.0, "", "Weight of the sequential loss; the loss of a text task has weight 1.", 0.01, 100.0
    ),
    Setting(
        "train.topn_weight",
        0.5,
        "",
        "Weight of the top-N loss; the loss of a text task has weight 1. It is low because the user's vector contains the "
        "target, see --hide-user.",
        0.01,
        100.0,
    ),
    Setting("train.dropout", 0.1, "", "Share of activations dropped in training (T5: 0.1).", 0.0, 0.9),
    Setting(
        "train.watch",
        "paper",
        "",
        "What chooses the best epoch and stops training. paper: the mean of four validation losses (RDRec, section 4.1). ids: "
        "the mean of the two recommendation losses. ndcg: NDCG@10 of the validation items by exact ranking. last: always the "
        "last epoch, without early stopping.",
        choices=("paper", "ids", "ndcg", "last"),
    ),
    Setting(
        "train.start",
        "data",
        "",
        "Initial weights of a student that is not pretrained. data: from the training purchases, and from the rationales if the"
        " variant uses them; the student then ranks like the rule bought together before any training. random: random "
        "weights, also used where IDs are split into several tokens.",
        choices=("data", "random"),
    ),
    Setting(
        "train.ids",
        "protocol",
        "",
        "Item IDs. protocol: as given by --protocol. clustered: learned from the training purchases, so that items bought by "
        "the same shoppers share leading digits. clustered-text: learned from the rationales that training may see.",
        choices=("protocol", "clustered", "clustered-text"),
    ),
    Setting(
        "train.id_digits",
        0,
        "digits",
        "Digits of an item ID in one token of a tokenizer trained here. 0: all of them, so that every item is one token, but 3 "
        "if there are more than train.own_tokens users and items or if --ids is learned. Fewer digits give clustered IDs more "
        "levels.",
        0,
        6,
    ),
    limit(
        "train.own_tokens",
        60_000,
        "users and items",
        "Most users and items that get a token each; Sports has 53,955. In a larger catalogue a token holds three digits of an "
        "ID, so what belongs to one user is spread over tokens that others share.",
    ),
    Setting(
        "train.accumulate",
        1,
        "parts",
        "Parts into which the rows of a task are divided in each step (gradient accumulation): the same step with less memory.",
        1,
        256,
    ),
    Setting(
        "train.precision",
        "fp32",
        "",
        "Precision of matrix products in training; weights, gradient sums and losses are always fp32.",
        choices=("fp32", "bf16"),
    ),
    Setting(
        "train.processes",
        1,
        "processes",
        "Processes on this machine that share every batch, each on its own GPU or on the CPU. The steps are the same as with "
        "one process, and faster if each has its own cores.",
        1,
        64,
    ),
    limit(
        "train.wait",
        48,
        "hours",
        "Time that processes wait for one another. Only the first one measures validation after an epoch, which takes long on a"
        " large set.",
    ),
    limit(
        "train.last_words",
        20,
        "seconds",
        "Time for the failed process to report its error after another process has lost the connection to it; a busy machine "
        "notices the end of a process late.",
    ),
    limit(
        "train.validation_rows",
        400,
        "rows",
        "Rows of each task used for validation after every epoch: a seeded sample of users. All rows of a large set would take "
        "longer than the epoch.",
    ),
    limit(
        "train.judged_users",
        1000,
        "users",
        "Users whose validation item is ranked after every epoch: a seeded sample, five seconds for a small student on a CPU.",
    ),
    limit("train.max_history", 20, "items", "Most recent items in the sequential prompt: 20 (RDRec, section 4.1)."),
    limit("train.max_target_tokens", 20, "tokens", "Explanations and rationales are cut to 20 tokens (RDRec, section 4.1)."),
    limit(
        "train.text_beams",
        8,
        "beams",
        "Beams with which a student writes a sentence; 1: greedy, which makes broken sentences more often.",
    ),
    Setting(
        "train.text_contrast",
        0.5,
        "",
        "How much it counts against a sentence that it also fits other users or items; 0: the likeliest sentence is taken, for "
        "many users the same one; near 1 more sentences are ungrammatical.",
        0,
        1,
        option=False,
    ),
    limit("train.text_others", 8, "inputs", "Other users or items with which a sentence is compared."),
    limit(
        "train.no_repeat",
        3,
        "tokens",
        "Token sequences of this length occur at most once in a sentence, since small students fall into loops.",
    ),
    limit("train.prompt_vectors", 3, "vectors", "Trainable vectors before the input of each task (RDRec)."),
    limit(
        "train.vocabulary",
        4000,
        "tokens",
        "Size of a tokenizer trained on the training text of the data set; small students need a small one.",
    ),
    limit(
        "train.max_input_tokens",
        1024,
        "tokens",
        "Longest input. 100 candidate IDs take about 700 tokens; longer input is refused.",
    ),
    # released checkpoints
    limit(
        "release.max_file_bytes",
        16 * 2**30,
        "bytes",
        "Largest released checkpoint. T5-3b, the largest likely one, takes 11.4 GB in fp32, T5-small 0.24 GB.",
    ),
    limit(
        "release.max_pickle_bytes",
        2**25,
        "bytes",
        "Largest pickle of a released checkpoint, which holds everything but the numbers: 22 kB for one layer, about 2 MB for "
        "T5-large.",
    ),
    limit(
        "release.max_operations",
        2_000_000,
        "operations",
        "Most pickle operations, about 5,000 per layer; a file with more is made to keep the reader busy.",
    ),
    limit("release.max_entries", 20_000, "entries", "Most entries of the archive, one per tensor; T5-small has 133."),
    limit("release.max_depth", 32, "modules", "Deepest nesting of modules; T5 nests 7."),
    # rivals
    Setting("rival.seed", 0, "", "Random seed for the weights, order, negatives and dropout of a trained rival.", 0, 2**31 - 1),
    Setting("rival.epochs", 200, "epochs", "Most epochs; early stopping usually ends training sooner.", 1, 100_000),
    Setting(
        "rival.patience",
        50,
        "epochs",
        "Stop after this many epochs without a better Recall@10 on the validation items.",
        1,
        10_000,
    ),
    Setting("rival.batch_users", 128, "users", "Users whose histories form one step.", 1, 65_536),
    Setting("rival.learning_rate", 1e-3, "", "Learning rate of Adam (eSASRec's recipe).", 1e-7, 1.0),
    Setting(
        "rival.negatives",
        256,
        "items",
        "Negatives drawn uniformly for each position of each user (eSASRec's recipe).",
        1,
        100_000,
    ),
    Setting("rival.width", 256, "", "Length of an item's vector.", 1, 4096),
    Setting("rival.blocks", 1, "blocks", "Blocks of attention and a feed-forward layer.", 1, 32),
    Setting("rival.heads", 1, "heads", "Attention heads.", 1, 64),
    Setting("rival.length", 50, "items", "Most recent purchases that are read.", 1, 4096),
    Setting("rival.dropout", 0.2, "", "Share of activations and attention weights dropped in training.", 0.0, 0.9),
    limit(
        "rival.validation_users",
        25_000,
        "users",
        "Users of a larger set who are ranked after every epoch: a seeded sample. A sample of 5,000 users of Beauty chose an "
        "epoch by luck (.062, where all users gave .055).",
    ),
    Setting("rival.ridge", 100.0, "", "Regularisation of EASE, added to the purchase count of every item.", 1e-3, 1e6),
    Setting(
        "rival.neighbours_weight",
        0.3,
        "",
        "Weight of the similarity of rationales in the rival neighbours, relative to EASE; both are scaled to standard "
        "deviation 1 over the catalogue.",
        0.0,
        100.0,
    ),
    limit(
        "rival.ease_items",
        20_000,
        "items",
        "Largest catalogue for EASE, which inverts an items-by-items matrix: 1.6 GB at this size, twice that while it is computed.",
    ),
)
