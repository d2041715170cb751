INSERT INTO securities (id, symbol, name, kind, currency, exchange, isin, figi, sector, country,
                        is_active, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
