"""One Dishka container a service, each with its own pool, role and database."""
