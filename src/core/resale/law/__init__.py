"""The law as data: facts, rules and rulebooks, when they are in use, and the rights that they give."""
