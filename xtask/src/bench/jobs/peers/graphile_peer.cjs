// A worker of graphile-worker, and what fills its queue: one side of `cargo xtask bench jobs`.
//
//     graphile_peer.cjs enqueue URL JOBS THREADS ordered|free
//     graphile_peer.cjs work    URL CONCURRENCY ordered|free
//     graphile_peer.cjs latency URL JOBS
//
// `work` prints {"ready": true}, waits for a line on its standard input, and then prints how many jobs
// it has done whenever that changed, until its input ends. `latency` prints the milliseconds from before
// each job is enqueued until it starts in a worker that waits.
"use strict";

// The package lies outside of the tree: NODE_PATH names the folder.
const { Logger, makeWorkerUtils, run } = require("graphile-worker");
const { Pool } = require("pg");

const TELL_EVERY_MS = 20;
const PAUSE_MS = 20;

let done = 0;
const started = new Map();

const taskList = {
  trivial: ({ n }) => {
    done += 1;
    started.set(n, performance.now());
  },
};
const logger = new Logger(() => () => {});
const openPool = (url, max) => {
  const pool = new Pool({ connectionString: url, max });
  // What goes wrong is seen where it is asked for.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const tell = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

// In one statement: the package's own function, called for each row.
const ENQUEUE = `SELECT count(graphile_worker.add_job('trivial', json_build_object('n', n), $2::text || (n % $3)))
  FROM generate_series(0, $1::integer - 1) AS numbers (n)`;

async function enqueue(url, jobs, threads, order) {
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  await utils.migrate();
  const prefix = order === "ordered" ? "thread " : null;
  await utils.withPgClient((client) =>
    client.query(ENQUEUE, [Number(jobs), prefix, Number(threads)]),
  );
  await utils.release();
}

// Without names of queues the package may take and give back jobs in batches, its fastest way.
const BATCHES = {
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};

async function work(url, concurrency, order) {
  const concurrentJobs = Number(concurrency);
  const pgPool = openPool(url, concurrentJobs + 4);
  await pgPool.query("SELECT 1");
  tell({ ready: true });
  await new Promise((resolve) => process.stdin.once("data", resolve));
  const worker = order === "free" ? { concurrentJobs, ...BATCHES } : { concurrentJobs };
  const runner = await run({ pgPool, taskList, logger, noHandleSignals: true, preset: { worker } });
  let told = 0;
  const timer = setInterval(() => {
    if (done !== told) {
      told = done;
      tell({ done });
    }
  }, TELL_EVERY_MS);
  await new Promise((resolve) => process.stdin.once("end", resolve));
  clearInterval(timer);
  await runner.stop();
  await pgPool.end();
}

async function latency(url, jobs) {
  const pgPool = openPool(url, 8);
  const runner = await run({ pgPool, taskList, logger, noHandleSignals: true, concurrency: 1 });
  await pause(1000);
  const asked = [];
  for (let n = 0; n < Number(jobs); n += 1) {
    asked.push(performance.now());
    await runner.addJob("trivial", { n });
    await pause(PAUSE_MS);
  }
  while (started.size < Number(jobs)) {
    await pause(PAUSE_MS);
  }
  tell({ milliseconds: asked.map((at, n) => started.get(n) - at) });
  await runner.stop();
  await pgPool.end();
}

const [what, ...rest] = process.argv.slice(2);
({ enqueue, work, latency })[what](...rest).catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
