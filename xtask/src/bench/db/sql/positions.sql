SELECT s.id, s.symbol, s.name, s.kind, l.acquired_on, l.quantity_open, l.unit_cost, l.cost_basis,
       l.cost_currency, l.fx_rate, p.close, p.currency
FROM lots l
JOIN securities s ON s.id = l.security_id
LEFT JOIN prices p ON p.pack_id = $3 AND p.security_id = l.security_id
WHERE l.user_id = $1 AND l.portfolio_id = $2 AND l.closed_on IS NULL
