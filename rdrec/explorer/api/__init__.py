"""The public API for programs: endpoints, parameter checks, and responses as plain data (docs/api.md)."""
