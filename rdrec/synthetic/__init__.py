"""Invented shops: users, interactions and reviews drawn from a stated model, with the ground truth stored beside them."""
