"""Protocol options shared by several commands."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rdrec.core.records import InputError
from rdrec.core.settings import add_options, default, setting

if TYPE_CHECKING:
    from rdrec.data.time_cut import CutShares

_SHARES = ("train.after_cut", "train.validation_stretch")


def add_cut_options(parser: argparse._ActionsContainer) -> None:
    """Add `--after-cut` and `--validation-stretch` to a command that also has `--protocol`."""
    add_options(parser, *_SHARES)


def cut_shares(args: argparse.Namespace) -> CutShares | None:
    """The shares that define the cut of `--protocol temporal`.  None for other protocols, for which the options raise an InputError."""
    from rdrec.data.time_cut import CutShares

    if args.protocol == "temporal":
        return CutShares(args.after_cut, args.validation_stretch)
    changed = [setting(name).flag for name in _SHARES if getattr(args, name.split(".")[1]) != default(name)]
    if changed:
        raise InputError(
            f"{' and '.join(changed)} {'has' if len(changed) == 1 else 'have'} no effect with --protocol {args.protocol}, which does not cut by time",
            todo="add --protocol temporal or leave the option out",
        )
    return None
