"""What people say of themselves: profiles, preferences, billing addresses. A person belongs to no organisation."""
