"""Settings of students, released checkpoints and rivals."""

from __future__ import annotations

from rdrec.core.settings.form import Setting, limit
from rdrec.core.vocabulary import PROTOCOLS, SHAPES, VARIANTS

TRAINING: tuple[Setting, ...] = (
    # train
    Setting("train.shape", "nano", choices=SHAPES).why(
        "Size of the student: nano about 1 M parameters in one layer, tiny about 2 M, mini about 8 M, small is T5-small."
    ),
    Setting("train.variant", "rdrec", choices=VARIANTS).why(
        "How rationales are used. rdrec: the student starts from rationales and learns to write them. baseline: neither. "
        "scrambled: both, with rationales shuffled between interactions (the control). start-only and tasks-only: one of the "
        "two."
    ),
    Setting("train.protocol", "clean", choices=PROTOCOLS).why(
        "Which item IDs and which review text training may see, and what is held out: the last purchases of each user or, with "
        "temporal, everything after one cut in time."
    ),
    Setting("train.after_cut", 0.1, "", 0.001, 0.9).why(
        "Share of all purchases after the cut in time (--protocol temporal); the cut is placed as close to it as possible."
    ),
    Setting("train.validation_stretch", 0.1, "", 0.001, 0.9).why(
        "Share of all purchases in the period just before the cut, which is used for validation; training ends where it begins."
    ),
    Setting("train.ablate", "", "").why(
        "Tasks to leave out, comma-separated, for the paper's ablations: user_preference, item_attribution, or both; also "
        "explanation, sequential, topn."
    ),
    Setting("train.claims", "canonical", choices=("all", "supported", "canonical")).why(
        "Which claims of the rationales to learn. all: rationales as they are. supported: without claims that the review does "
        "not support; a sentence without any claim left is dropped. canonical: the same, with one wording for each thing. "
        "Claims of the answer key are not checked; they are true by construction."
    ),
    Setting("train.seed", 0, "", 0, 2**31 - 1).why("Random seed for weights, sampling and shuffled IDs."),
    Setting("train.epochs", 6, "epochs", 1, 100_000).why(
        "Most epochs. One epoch covers all rows of the largest task, or train.least_steps steps if that is more."
    ),
    Setting("train.patience", 100, "epochs", 1, 10_000).why("Stop after this many epochs without a better validation loss."),
    Setting("train.batch_rows", 64, "rows", 1, 4096).why("Rows of the sequential task in a step."),
    Setting("train.topn_rows", 8, "rows", 0, 4096).why(
        "Rows of the top-N task in a step, which are 10 times as long as others; 0: as --batch-rows."
    ),
    Setting("train.text_rows", 64, "rows", 0, 4096).why("Rows of each text task in a step; 0: as --batch-rows."),
    Setting("train.least_steps", 400, "steps", 0, 1_000_000).why(
        "Fewest steps in an epoch; small sets are read several times in one epoch."
    ),
    Setting("train.id_rate", 0.05, "", 0.0, 1.0).why(
        "Learning rate of the user and item vectors, as a factor of --learning-rate, where they start from data."
    ),
    Setting("train.text_share", 0.67, "", 0.0, 0.9).why(
        "Share of the epochs, at the beginning, in which a student that starts from data learns only the text tasks; user and item "
        "vectors stay fixed, so its ranking does not change."
    ),
    Setting("train.learning_rate", 0.0, "", 0.0, 1.0).why(
        "Learning rate of AdamW for the vectors of words and prompts; 0: 0.006 for a student that starts from data, 0.003 for others."
    ),
    Setting("train.layer_rate", 0.3, "", 0.01, 1.0).why(
        "Learning rate of the layers, as a factor of --learning-rate, in a student that starts from random or pretrained weights. In one "
        "that starts from data, only the layers of --language-rate are trained."
    ),
    Setting("train.language_rate", 0.3, "", 0.01, 1.0).why(
        "Learning rate, as a factor of --learning-rate, of the decoder's feed-forward layers and first self-attention layer, in "
        "a student that starts from data: they affect only the words, not the next item."
    ),
    Setting("train.warm_up", 50, "steps", 0, 1_000_000).why("Steps in which the learning rate rises from 0."),
    Setting("train.schedule", "cosine", choices=("constant", "cosine")).why(
        "Learning rate after warm-up: constant, or cosine, which falls to 0 at the last of --epochs."
    ),
    Setting("train.dropout", 0.1, "", 0.0, 0.9).why("Share of activations dropped in training (T5: 0.1)."),
    Setting("train.watch", "paper", choices=("paper", "ids", "ndcg", "last")).why(
        "What chooses the best epoch and stops training. paper: the mean of four validation losses (RDRec, section 4.1). ids: "
        "the mean of the two recommendation losses. ndcg: NDCG@10 of the validation items by exact ranking. last: always the "
        "last epoch, without early stopping."
    ),
    Setting("train.start", "data", choices=("data", "random")).why(
        "Initial weights of a student that is not pretrained. data: from the training purchases, and from the rationales if the"
        " variant uses them; the student then ranks like the rule 'bought together' before any training. random: random "
        "weights, also used where IDs are split into several tokens."
    ),
    Setting("train.match", "chosen", choices=("chosen", "0.6", "0.3", "0.15", "0.03")).why(
        "How much rationales count beside purchases in the first ranking of a student that starts from both, as the spread of "
        "their scores over items relative to that of purchases. chosen: what ranks the validation items best before training."
    ),
    Setting("train.ids", "protocol", choices=("protocol", "clustered", "clustered-text")).why(
        "Item IDs. protocol: as given by --protocol. clustered: learned from the training purchases, so that items bought by "
        "the same shoppers share leading digits. clustered-text: learned from the rationales that training may see."
    ),
    Setting("train.id_digits", 0, "digits", 0, 6).why(
        "Digits of an item ID in one token of a tokenizer trained here. 0: all of them, so that every item is one token, but 3 "
        "if there are more than train.own_tokens users and items or if --ids is learned. Fewer digits give clustered IDs more "
        "levels."
    ),
    limit("train.own_tokens", 60_000, "users and items").why(
        "Most users and items that get a token each; Sports has 53,955. In a larger catalogue a token holds three digits of an "
        "ID, so what belongs to one user is spread over tokens that others share."
    ),
    limit("train.partial_items", 20_000, "items").why(
        "Largest catalogue whose students may start from EASE's partial correlations. Choosing the start takes a quarter of an "
        "hour for 12,000 items on one core (several times as long for wide shapes), and 3 GB of memory for 20,000. Above the limit, only "
        "cosines are tried, with which students of Beauty started a quarter worse."
    ),
    Setting("train.accumulate", 1, "parts", 1, 256).why(
        "Parts into which the rows of a task are divided in each step (gradient accumulation): the same step with less memory."
    ),
    Setting("train.precision", "fp32", choices=("fp32", "bf16")).why(
        "Precision of matrix products in training; weights, gradient sums and losses are always fp32."
    ),
    limit("train.wait", 48, "hours").why(
        "Time that processes wait for one another. Only the first one measures validation after an epoch, which takes long on a"
        " large set."
    ),
    limit("train.validation_rows", 400, "rows").why(
        "Rows of each task used for validation after every epoch: a seeded sample of users. All rows of a large set would take "
        "longer than the epoch."
    ),
    limit("train.judged_users", 1000, "users").why(
        "Users whose validation item is ranked after every epoch: a seeded sample, five seconds for a small student on a CPU."
    ),
    limit("train.max_history", 20, "items").why("Most recent items in the sequential prompt: 20 (RDRec, section 4.1)."),
    limit("train.max_target_tokens", 20, "tokens").why(
        "Explanations and rationales are cut to 20 tokens (RDRec, section 4.1)."
    ),
    limit("train.text_beams", 8, "beams").why(
        "Beams with which a student writes preferences and attributes; 1: greedy, which makes broken sentences more often."
    ),
    limit("train.text_samples", 16, "sentences").why(
        "Explanations that a student samples and chooses from. Beam search would give many users the same sentence with small "
        "changes."
    ),
    Setting("train.text_temperature", 0.7, "", 0.1, 2, option=False).why(
        "Temperature at which explanations are sampled: with a lower one they repeat more, with a higher one they fit the user and "
        "the item less."
    ),
    Setting("train.known_tokens", 4, "tokens", 2, 20, option=False).why(
        "A student writes only token sequences of this length that occur in its training texts. At 3, more sentences begin one way "
        "and end another."
    ),
    Setting("train.text_contrast", 0.5, "", 0, 1, option=False).why(
        "How much it counts against a sentence that it also fits other users or items; 0: the likeliest sentence is taken, for "
        "many users the same one; near 1 more sentences are ungrammatical."
    ),
    limit("train.text_others", 8, "inputs").why("Other users or items with which preferences and attributes are compared."),
    Setting("train.explanation_contrast", 0.8, "", 0, 1, option=False).why(
        "How much it counts against a sampled explanation that it also fits other items. The greater the weight, the more often "
        "what it names is true of the item, and the less often it is a motive of the user. Samples are made of known sequences, "
        "so a greater weight than for lists seldom breaks them."
    ),
    limit("train.explanation_others", 4, "items").why(
        "Other items with which an explanation for a user is compared. If it were compared with other users too, it would say less "
        "about the item."
    ),
    limit("train.no_repeat", 3, "tokens").why(
        "Token sequences of this length occur at most once in a sentence, since small students fall into loops."
    ),
    limit("train.prompt_vectors", 3, "vectors").why("Trainable vectors before the input of each task (RDRec)."),
    limit("train.vocabulary", 4000, "tokens").why(
        "Size of a tokenizer trained on the training text of the data set; small students need a small one."
    ),
    limit("train.max_input_tokens", 1024, "tokens").why(
        "Longest input. 100 candidate IDs take about 700 tokens; longer input is refused."
    ),
    # released checkpoints
    limit("release.max_file_bytes", 16 * 2**30, "bytes").why(
        "Largest released checkpoint. T5-3b, the largest likely one, takes 11.4 GB in fp32, T5-small 0.24 GB."
    ),
    limit("release.max_pickle_bytes", 2**25, "bytes").why(
        "Largest pickle of a released checkpoint, which holds everything but the numbers: 22 kB for one layer, about 2 MB for "
        "T5-large."
    ),
    limit("release.max_operations", 2_000_000, "operations").why(
        "Most pickle operations, about 5,000 per layer; a file with more is made to keep the reader busy."
    ),
    limit("release.max_entries", 20_000, "entries").why("Most entries of the archive, one per tensor; T5-small has 133."),
    limit("release.max_depth", 32, "modules").why("Deepest nesting of modules; T5 nests 7."),
    # rivals
    Setting("rival.seed", 0, "", 0, 2**31 - 1).why(
        "Random seed for the weights, order, negatives and dropout of a trained rival."
    ),
    Setting("rival.epochs", 200, "epochs", 1, 100_000).why("Most epochs; early stopping usually ends training sooner."),
    Setting("rival.patience", 50, "epochs", 1, 10_000).why(
        "Stop after this many epochs without a better Recall@10 on the validation items."
    ),
    Setting("rival.batch_users", 128, "users", 1, 65_536).why("Users whose histories form one step."),
    Setting("rival.learning_rate", 1e-3, "", 1e-7, 1.0).why("Learning rate of Adam (eSASRec's recipe)."),
    Setting("rival.negatives", 256, "items", 1, 100_000).why(
        "Negatives drawn uniformly for each position of each user (eSASRec's recipe)."
    ),
    Setting("rival.width", 256, "", 1, 4096).why("Length of an item's vector."),
    Setting("rival.blocks", 1, "blocks", 1, 32).why("Blocks of attention and a feed-forward layer."),
    Setting("rival.heads", 1, "heads", 1, 64).why("Attention heads."),
    Setting("rival.length", 50, "items", 1, 4096).why("Most recent purchases that are read."),
    Setting("rival.dropout", 0.2, "", 0.0, 0.9).why("Share of activations and attention weights dropped in training."),
    limit("rival.validation_users", 25_000, "users").why(
        "Users of a larger set who are ranked after every epoch: a seeded sample. A sample of 5,000 users of Beauty chose an "
        "epoch by luck (.062, where all users gave .055)."
    ),
    Setting("rival.ridge", 0.0, "", 0.0, 1e6).why(
        "Regularisation of EASE, added to the purchase count of every item. 0: what ranks the validation items best, from 10 to 2000."
    ),
    Setting("rival.neighbours_weight", 0.0, "", 0.0, 100.0).why(
        "Weight of the similarity of rationales in the rival neighbours, relative to EASE; both are scaled to standard "
        "deviation 1 over the catalogue. 0: what ranks the validation items best, from 0 (EASE alone) to 1; the control chooses for itself."
    ),
    limit("rival.ease_items", 20_000, "items").why(
        "Largest catalogue for EASE, which inverts an items-by-items matrix: 1.6 GB at this size, twice that while it is computed."
    ),
)
