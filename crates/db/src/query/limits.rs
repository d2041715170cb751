use sea_orm::DbBackend;

/// The fewest bind parameters that both engines take in one statement (SQLite's default since
/// 3.32 is 32 766; PostgreSQL's protocol allows 65 535).
const MAX_PARAMETERS: usize = 32_766;

/// How many rows of so many columns one statement writes. SQLite reads a short statement once and
/// then finds it prepared; PostgreSQL wants few round trips.
pub fn rows_per_statement(backend: DbBackend, columns: usize) -> usize {
    let most = match backend {
        DbBackend::Sqlite => 64,
        _ => 500,
    };
    (MAX_PARAMETERS / columns.max(1)).clamp(1, most)
}
