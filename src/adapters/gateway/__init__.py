"""The gateway: one address in front of services that run as processes of their own."""
