"""The options that say under which protocol a command works, alike in every command."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rdrec.records import InputError
from rdrec.settings import add_option, default, setting

if TYPE_CHECKING:
    from rdrec.data.time_cut import CutShares

_SHARES = ("train.after_cut", "train.validation_stretch")


def add_cut_options(parser: argparse._ActionsContainer) -> None:
    """`--after-cut` and `--validation-stretch`, for commands that also have `--protocol`."""
    for name in _SHARES:
        add_option(parser, name)


def cut_shares(args: argparse.Namespace) -> CutShares | None:
    """Where `--protocol temporal` cuts; None under another protocol, where giving the options is refused."""
    from rdrec.data.time_cut import CutShares

    if args.protocol == "temporal":
        return CutShares(args.after_cut, args.validation_stretch)
    changed = [setting(name).flag for name in _SHARES if getattr(args, name.split(".")[1]) != default(name)]
    if changed:
        raise InputError(
            f"{' and '.join(changed)} {'sets' if len(changed) == 1 else 'set'} where time is cut, which --protocol {args.protocol} does not do",
            todo="add --protocol temporal, or leave the option out",
        )
    return None
