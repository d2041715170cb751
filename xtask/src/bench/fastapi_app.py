"""What the product's paths do, on FastAPI and asyncpg: the other side of `cargo xtask bench db`.

Answers are built as bytes by orjson and sent as they are; FastAPI validates what comes in.
"""

import json
import os
import time
import uuid
from contextlib import asynccontextmanager
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import asyncpg
import orjson
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, Field

OWNER = uuid.UUID(os.environ["BENCH_OWNER"])
POLICY = os.environ["BENCH_POLICY"]
SQL = {file.stem: file.read_text() for file in Path(__file__).with_name("db").glob("sql/*.sql")}


@asynccontextmanager
async def lifespan(app: FastAPI):
    dsn = os.environ["BENCH_DATABASE"]
    async with asyncpg.create_pool(dsn, min_size=5, max_size=20) as pool:
        app.state.pool = pool
        print(json.dumps({"url": os.environ["BENCH_URL"]}), flush=True)
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


def answer(content, status=200):
    return Response(orjson.dumps(content), status, media_type="application/json")


def text(number):
    return None if number is None else str(number)


def pack_answer(row):
    if row is None:
        raise HTTPException(404)
    pack = dict(row)
    pack["sources"] = orjson.Fragment(pack.pop("sources_json"))
    pack["reconciliation_error_bps"] = text(pack["reconciliation_error_bps"])
    return answer(pack)


@app.get("/v1/packs/latest")
async def latest_pack():
    return pack_answer(await app.state.pool.fetchrow(SQL["latest_pack"], POLICY))


@app.get("/v1/packs/{id}")
async def pack_by_id(id: str):
    return pack_answer(await app.state.pool.fetchrow(SQL["pack_by_id"], id))


class SecurityIn(BaseModel):
    symbol: str = Field(pattern=r"^[A-Z0-9._'/-]{1,40}$")
    name: str = Field(min_length=1, max_length=200)
    kind: str
    currency: str = Field(pattern="^[A-Z]{3}$")
    exchange: str | None = None
    isin: str | None = None
    figi: str | None = None
    sector: str | None = None
    country: str | None = None


def ordered_id():
    """By the time of its making, as the product's ids are (UUIDv7)."""
    milliseconds = time.time_ns() // 1_000_000
    rest = int.from_bytes(os.urandom(10), "big")
    number = milliseconds << 80 | rest
    number = number & ~(0xF << 76) | 7 << 76
    return uuid.UUID(int=number & ~(0x3 << 62) | 0x2 << 62)


@app.post("/v1/securities")
async def create_security(new: SecurityIn):
    now = datetime.now(timezone.utc)
    made = {"id": ordered_id(), **new.__dict__, "is_active": True, "created_at": now, "updated_at": now}
    async with app.state.pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute(SQL["insert"], *made.values())
    return answer(made, 201)


@app.get("/v1/portfolios/{id}/positions")
async def positions(id: uuid.UUID, asof: date | None = None):
    async with app.state.pool.acquire() as connection:
        ground = await connection.fetchrow(SQL["ground"], OWNER, id, POLICY, asof or date.today())
        if ground is None:
            raise HTTPException(404)
        asof = asof or ground["asof_date"]
        lots = await connection.fetch(SQL["positions"], OWNER, id, ground["id"])
        balances = await connection.fetch(SQL["cash"], OWNER, id, asof)
    return answer(valued(ground, asof, lots, balances))


def valued(ground, asof, lots, balances):
    held = {}
    for lot in lots:
        if lot["acquired_on"] <= asof:
            held.setdefault(lot["symbol"], []).append(lot)
    sums = [(symbol, *summed(held[symbol])) for symbol in sorted(held)]
    cash = sum((row["amount"] for row in balances), Decimal(0))
    market_value = sum((value for _, _, _, value, _ in sums), Decimal(0))
    cost_basis = sum((cost for _, _, _, _, cost in sums), Decimal(0))
    items = [position(first, *rest, market_value + cash, len(held[symbol])) for symbol, first, *rest in sums]
    currency = ground["base_currency"]
    return {
        "items": items,
        "base_currency": currency,
        "asof_date": asof,
        "totals": {
            "market_value": str(market_value),
            "cash": str(cash),
            "cost_basis": str(cost_basis),
            "unrealized_gain": str(market_value - cost_basis),
        },
        "cash": [{"currency": r["currency"], "amount": str(r["amount"]), "value": str(r["amount"])} for r in balances],
        "warnings": [],
        "provenance": {
            "pricing_pack_id": ground["id"],
            "pack_hash": ground["hash"],
            "ledger_commit_hash": None,
            "books_revision": ground["books_revision"],
            "engine_version": "1",
        },
    }


def summed(lots):
    quantity = sum((lot["quantity_open"] for lot in lots), Decimal(0))
    cost = sum((lot["quantity_open"] * lot["unit_cost"] for lot in lots), Decimal(0))
    return lots[0], quantity, quantity * lots[0]["close"], cost


def position(first, quantity, value, cost, total, open_lots):
    return {
        "security": {
            "id": str(first["id"]),
            "symbol": first["symbol"],
            "name": first["name"],
            "kind": first["kind"],
        },
        "quantity": str(quantity),
        "price": str(first["close"]),
        "price_currency": first["currency"],
        "fx_rate": "1",
        "market_value": str(value),
        "cost_basis": str(cost),
        "unrealized_gain": str(value - cost),
        "unrealized_gain_ratio": str((value - cost) / cost),
        "weight": str(value / total),
        "open_lots": open_lots,
    }
