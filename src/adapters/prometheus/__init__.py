"""Measurements for Prometheus. Every label is one of a bounded set: routes, names of ours, codes; never an id."""
