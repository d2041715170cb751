SELECT f.base_currency, f.books_revision, k.id, k.hash, k.asof_date
FROM portfolios f
CROSS JOIN LATERAL (
    SELECT id, hash, asof_date
    FROM pricing_packs
    WHERE policy = $3 AND superseded_by IS NULL AND status = 'fresh' AND asof_date <= $4
    ORDER BY asof_date DESC
    LIMIT 1
) k
WHERE f.user_id = $1 AND f.id = $2
