-- The books at a date of 20,000: hardly any is asked for twice.
local first, day = os.time({ year = 2026, month = 1, day = 1, hour = 12 }), 24 * 60 * 60

function init()
  math.randomseed(tonumber(os.getenv("BENCH_UNIQUE"), 16) % 2147483647)
end

function request()
  local asof = os.date("!%Y-%m-%d", first + math.random(0, 19999) * day)
  return wrk.format("GET", wrk.path .. "?asof=" .. asof)
end
