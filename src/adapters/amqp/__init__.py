"""RabbitMQ: events between services, with confirms, retries and a dead queue for each consumer."""
