"""Orders: what is bought, until when it may be paid, and how it ends."""
