-- wrk: asks for the targets of a file, one a line, round and round; prints one line that the benchmark reads.
local targets = {}
for line in io.lines(os.getenv("SOUK_TARGETS")) do
  targets[#targets + 1] = line
end
local at = 0

function request()
  at = at % #targets + 1
  return wrk.format("GET", targets[at])
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end
