"""MongoDB, through pymongo's own asyncio client, and Beanie where documents are things of the domain."""
