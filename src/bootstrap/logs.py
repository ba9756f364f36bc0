"""What the processes log, and where."""

import logging


def configure_logging(level: str) -> None:
    """Log to standard error, a line an event; libraries only when something is wrong."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING, force=True)
    logging.getLogger("fairseat").setLevel(level.upper())
    for noisy in ("aio_pika", "aiormq", "asyncpg.pool"):  # they tell every try to reconnect; ours tell what is away
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    for layer in ("adapters", "usecases", "bootstrap"):
        logging.getLogger(layer).setLevel(level.upper())
