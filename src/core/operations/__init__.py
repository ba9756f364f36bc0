"""Long operations on a venue: named steps with checkpoints, a lease, and what undoes them."""
