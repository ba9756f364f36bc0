"""The webhook inbox: store first, answer, then process with retries."""
