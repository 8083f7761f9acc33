"""The sentences of "Train for a minute", some with {fields}."""

from __future__ import annotations

TITLE = "Train for a minute"
INTRO = (
    "Watch a student learn to write about the shopper chosen in Explore. It starts like the students here, able to rank from purchases "
    "and rationales but not yet to write, or from random weights. It trains for at most {seconds} seconds of processor time. One training runs at a time, "
    "nothing is kept, and the same seed gives the same training."
)
OFF = "Whoever serves this page can let visitors train a small student here and watch it learn:"
SEED = "Seed"
START = "It starts from"
STARTS = {"data": "Purchases and rationales", "random": "Random weights"}
STARTED = {"data": "started from purchases and rationales", "random": "started from random weights"}
TRAIN, STOP = "Train", "Stop"
NO_SEED = "The seed must be a whole number from 0 to {most}."

# How far it is
READY = "Getting ready: loading PyTorch and drawing shoppers …"
RUNNING = "Training"
STOPPED = "Stopped."
TIME = "Done: the processor time is used up."
SLOW = "Stopped early: this machine was too busy to provide the processor time."
ABOUT = "{shoppers} shoppers, {items} products, {sentences} sentences to learn from; {parameters} parameters; {started}; seed {seed}."
FAILED = "The training did not work: {what}. {todo}."
BUSY = "Someone else is training a student right now. Their turn ends in at most {seconds} seconds; then press Train again."

# What it says
AT = "step {step}"
TRUTH = "The truth about shopper {user}"
WITHHELD = "Shown after the reveal: what is true of shopper {user}, and where the held-out purchase ranks."

# The two plots
LOSS = "How well it predicts sentences it has not seen"
LOSS_AXIS = "Loss in nats per token, lower is better"
OWN, OTHER, GAP = "For the right shopper", "For another shopper", "Difference"
GAP_WORDS = (
    "While the lines coincide, it writes the same about everybody. Once they part, it has learned something about the shoppers."
)
RANKS = "How well it ranks"
RANKS_AXIS = "NDCG@10 (of 100) over {judged} shoppers, higher is better"
RULE = {"popularity": "Best sellers", "EASE": "EASE"}
STUDENT = "This student"
RANK_OF = "Rank of shopper {user}’s held-out purchase among {among} products: {ranks}."
