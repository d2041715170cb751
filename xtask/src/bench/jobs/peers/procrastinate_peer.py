"""A worker of procrastinate, and what fills its queue: one side of `cargo xtask bench jobs`.

    procrastinate_peer.py enqueue URL JOBS THREADS ordered|free
    procrastinate_peer.py work    URL CONCURRENCY ordered|free
    procrastinate_peer.py latency URL JOBS

`work` prints {"ready": true}, waits for a line on its standard input, and then prints how many jobs
it has done whenever that changed, until its input ends. `latency` prints the milliseconds from before
each job is enqueued until it starts in a worker that waits.
"""

import asyncio
import json
import logging
import sys
import time

import procrastinate
from procrastinate.jobs import Job

# That the application is made in the main module matters to programs of several.
logging.disable(logging.WARNING)

BATCH = 1000
TELL_EVERY = 0.02
PAUSE = 0.02

done = 0
started: dict[int, float] = {}


def make_app(url: str, connections: int) -> procrastinate.App:
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=connections)
    app = procrastinate.App(connector=connector)

    @app.task(name="trivial")
    async def trivial(n: int) -> None:
        global done
        done += 1
        started[n] = time.monotonic()

    return app


async def enqueue(url: str, jobs: int, threads: int, order: str) -> None:
    app = make_app(url, 2)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for first in range(0, jobs, BATCH):
            batch = [new_job(app, n, threads, order) for n in range(first, min(first + BATCH, jobs))]
            await app.job_manager.batch_defer_jobs_async(batch)


def new_job(app: procrastinate.App, n: int, threads: int, order: str) -> Job:
    lock = f"thread {n % threads}" if order == "ordered" else None
    return app.tasks["trivial"].configure(lock=lock, task_kwargs={"n": n}).job


async def work(url: str, concurrency: int, _order: str) -> None:
    app = make_app(url, concurrency + 4)
    async with app.open_async():
        print(json.dumps({"ready": True}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        worker = asyncio.create_task(
            app.run_worker_async(concurrency=concurrency, install_signal_handlers=False)
        )
        end = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
        told = 0
        while not end.done():
            await asyncio.sleep(TELL_EVERY)
            if done != told:
                told = done
                print(json.dumps({"done": told}), flush=True)
        await stop(worker)


async def latency(url: str, jobs: int) -> None:
    app = make_app(url, 8)
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(concurrency=1, install_signal_handlers=False)
        )
        await asyncio.sleep(1)
        asked = []
        for n in range(jobs):
            asked.append(time.monotonic())
            await app.tasks["trivial"].defer_async(n=n)
            await asyncio.sleep(PAUSE)
        while len(started) < jobs:
            await asyncio.sleep(PAUSE)
        print(json.dumps({"milliseconds": [1e3 * (started[n] - asked[n]) for n in range(jobs)]}))
        await stop(worker)


async def stop(worker: asyncio.Task) -> None:
    worker.cancel()
    await asyncio.wait([worker])


COMMANDS = {"enqueue": enqueue, "work": work, "latency": latency}

if __name__ == "__main__":
    what, url, *arguments = sys.argv[1:]
    numbers = [int(word) if word.isdigit() else word for word in arguments]
    asyncio.run(COMMANDS[what](url, *numbers))
