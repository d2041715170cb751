"""Lots as a short script keeps them: a CSV of purchases and sales, exact decimals, no database.

usage: replay.py FILE METHOD, with METHOD one of fifo, lifo, hifo, average
Prints one line of JSON: the seconds for reading and for the lots, and how many lots are open.
"""

import csv
import heapq
import json
import sys
import time
from collections import defaultdict, deque
from decimal import Decimal


def in_order(rows, newest_first):
    lots = defaultdict(deque)
    gains = defaultdict(Decimal)
    for kind, symbol, units, price, fee in rows:
        if kind == "buy":
            lots[symbol].append([units, (units * price + fee) / units])
            continue
        gain = units * price - fee
        while units:
            lot = lots[symbol][-1 if newest_first else 0]
            taken = min(units, lot[0])
            gain -= taken * lot[1]
            units -= taken
            lot[0] -= taken
            if not lot[0]:
                lots[symbol].pop() if newest_first else lots[symbol].popleft()
        gains[symbol] += gain
    return sum(len(of_one) for of_one in lots.values())


def dearest_first(rows):
    lots = defaultdict(list)
    gains = defaultdict(Decimal)
    for number, (kind, symbol, units, price, fee) in enumerate(rows):
        if kind == "buy":
            heapq.heappush(lots[symbol], (-(units * price + fee) / units, number, [units]))
            continue
        gain = units * price - fee
        while units:
            cost, _, left = lots[symbol][0]
            taken = min(units, left[0])
            gain += taken * cost
            units -= taken
            left[0] -= taken
            if not left[0]:
                heapq.heappop(lots[symbol])
        gains[symbol] += gain
    return sum(len(of_one) for of_one in lots.values())


def pooled(rows):
    pools = defaultdict(lambda: [Decimal(0), Decimal(0)])
    gains = defaultdict(Decimal)
    for kind, symbol, units, price, fee in rows:
        pool = pools[symbol]
        if kind == "buy":
            pool[0] += units
            pool[1] += units * price + fee
            continue
        cost = pool[1] * units / pool[0]
        gains[symbol] += units * price - fee - cost
        pool[0] -= units
        pool[1] -= cost
    return sum(1 for pool in pools.values() if pool[0])


def read(path):
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            yield (
                row["type"],
                row["symbol"],
                Decimal(row["quantity"]),
                Decimal(row["price"]),
                Decimal(row["fee"]),
            )


path, method = sys.argv[1:]
start = time.perf_counter()
rows = list(read(path))
was_read = time.perf_counter()
if method == "hifo":
    lots = dearest_first(rows)
elif method == "average":
    lots = pooled(rows)
else:
    lots = in_order(rows, method == "lifo")
end = time.perf_counter()
print(json.dumps({"read": was_read - start, "book": end - was_read, "lots": lots}))
