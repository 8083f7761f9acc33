"""A shopper's tastes come from supported claims about training purchases only."""

from rdrec.explorer.profile import profile


def test_the_profile_is_gathered_from_training_purchases_only(store):
    for user in range(1, 13):
        bought, said = store.history(user), store.rationales(user)
        found = profile(bought, said)
        train = [said[p.position] for p in bought if p.split == "train" and p.position in said and said[p.position].claims]
        assert found.reviews == len(train)
        claims = [claim for distilled in train for claim in distilled.claims if claim.spans]  # others are unsupported
        assert sum(count for _, count in found.likes) == sum(
            c.kind == "user_preference" and c.polarity == "like" for c in claims
        )
        assert sum(count for _, count in found.attributes) == sum(c.kind == "item_attribution" for c in claims)
