"""The panel on which a small student is trained while one watches."""
