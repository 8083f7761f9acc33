"""What programs may ask: the endpoints, the checks of their parameters, and their answers as plain data (docs/api.md)."""
