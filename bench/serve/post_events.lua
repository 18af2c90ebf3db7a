-- wrk: posts one event a request, no two alike; prints one line that the benchmark reads. SOUK_BODY has three places for numbers: the
-- event's, the shopper's, the item's; SOUK_FIRST is the first event's.
local template, path = os.getenv("SOUK_BODY"), os.getenv("SOUK_PATH")
local at = tonumber(os.getenv("SOUK_FIRST"))
local headers = { ["Content-Type"] = "application/json" }

function request()
  at = at + 1
  return wrk.format("POST", path, headers, string.format(template, at, at % 2000, at * 7 % 10000))
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end
