"""The only modules of another context that a context may import: calls, messages and events, in plain values."""
