"""What the processes log, and where."""

import logging
import sys

from bootstrap.setting_sight import LogSettings


def configure_logging(settings: LogSettings) -> None:
    """Log to standard error, a line an event; libraries only when something is wrong."""
    from adapters.system.log_lines import log_formatter  # a tenth of a second of loading, which `--help` does not need

    for_people = sys.stderr.isatty() if settings.format == "auto" else settings.format == "console"
    handler = logging.StreamHandler()
    handler.setFormatter(log_formatter(for_people=for_people))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    level = settings.level.upper()
    logging.getLogger("fairseat").setLevel(level)
    for noisy in ("aio_pika", "aiormq", "asyncpg.pool"):  # they tell every try to reconnect; ours tell what is away
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    for layer in ("adapters", "usecases", "bootstrap"):
        logging.getLogger(layer).setLevel(level)
