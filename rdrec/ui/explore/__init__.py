"""The shopper: profile, purchases with their rationales, rankings, guessing."""
