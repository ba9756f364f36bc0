"""The tables of each database as SQLAlchemy metadata: what the migrations must arrive at, held by a drift test."""
