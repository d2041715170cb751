-- One new security with each request; what is unique to this run comes from the environment.
local unique = os.getenv("BENCH_UNIQUE")
local body = '{"symbol":"W%s.%d","name":"Made under load","kind":"equity","currency":"USD"}'
local headers = { ["Content-Type"] = "application/json" }
local made = 0

function request()
  made = made + 1
  return wrk.format("POST", nil, headers, body:format(unique, made))
end
