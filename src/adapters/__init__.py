"""Translations between the ports and the world: HTTP, AMQP, PostgreSQL, MongoDB, Redis, Stripe, memory."""
