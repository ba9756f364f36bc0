"""What resale needs: policies, facts, verifications, history, and the rulebook."""
