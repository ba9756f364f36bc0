"""PostgreSQL: asyncpg where a statement is the rule, Advanced Alchemy where rows are only created, read and changed."""
