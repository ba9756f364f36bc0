"""What the parts of Fairseat say of one another, compared: where they disagree, why, and what mends it."""
