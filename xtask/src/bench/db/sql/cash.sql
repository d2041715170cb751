SELECT currency, sum(amount) AS amount
FROM transactions
WHERE user_id = $1 AND portfolio_id = $2 AND trade_date <= $3 AND voided_at IS NULL
GROUP BY currency
ORDER BY currency
