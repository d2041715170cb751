SELECT id, asof_date, policy, revision, hash, superseded_by, sources_json, status, is_fresh,
       prewarm_done, reconciliation_passed, reconciliation_failed, reconciliation_error_bps,
       error_message, created_at, updated_at, restates,
       restatement_reason, reconciled_hash
FROM pricing_packs
WHERE id = $1
LIMIT 1
