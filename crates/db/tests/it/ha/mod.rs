//! What the database layer promises while servers fail, follow, fall behind and fill up.

mod faults_disk_full;
mod faults_failover;
mod faults_kill;
mod faults_pgbouncer;
mod faults_read_only;
mod faults_read_your_writes;
mod faults_replicas;
mod load;
mod pooler;
mod support;
