"""Rulebooks as files: one TOML file for the law of each country, and whoever reads them."""
