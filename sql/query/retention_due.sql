SELECT name, statement FROM retention_due($1)
