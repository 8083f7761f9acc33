"""The tab in which a visitor is the shopper."""
