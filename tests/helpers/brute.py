"""Scores of items the naive way: one decoder run over each whole path, legal tokens found by looking at all paths."""

import torch

from rdrec.student.model import Encoding


def brute_force(student, encoding, paths, score, legal=None):
    """Teacher-force every path; softmax over the vocabulary or over the legal next tokens: (B, I)."""
    result = torch.full((encoding.states.shape[0], len(paths)), -torch.inf)
    for user in range(encoding.states.shape[0]):
        one = Encoding(encoding.states[user : user + 1], encoding.mask[user : user + 1])
        kept = [path for column, path in enumerate(paths) if legal is None or legal[user, column]]
        for column, path in enumerate(paths):
            if path not in kept:
                continue
            start = student.t5.config.decoder_start_token_id
            with torch.inference_mode():
                logits = student.logits(one, torch.tensor([[start, *path[:-1]]]))[0].float()
            total = 0.0
            for step, token in enumerate(path):
                if score == "constrained":
                    after = sorted({other[step] for other in kept if other[:step] == path[:step]})
                    total += float(logits[step, token] - logits[step, after].logsumexp(0))
                else:
                    total += float(logits[step].log_softmax(0)[token])
            result[user, column] = total / len(path) if score == "compat" else total
    return result
