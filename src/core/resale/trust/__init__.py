"""What is known of sellers: evidence, blocks, and who looks like a scalper."""
