"""What every test may ask for. The servers start only when a test needs one: unit tests open no socket."""

pytest_plugins = ["tests.servers", "tests.rabbitmq"]
