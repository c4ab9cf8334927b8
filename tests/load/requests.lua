-- Sends the requests of a file in turn: method, path and body of each on a line, apart by tabs.
local requests = {}
for line in io.lines(os.getenv("REQUESTS")) do
  local method, path, media_type, body = line:match("^(%S+)\t(%S+)\t(%S*)\t(.*)$")
  local headers = {}
  if media_type ~= "" then headers["Content-Type"] = media_type end
  local key = os.getenv("KEY")
  if key then headers["X-API-Key"] = key end
  requests[#requests + 1] = {method, path, headers, (body:gsub("\\n", "\n"))}
end

local next_one, made = 0, {}

function request()
  next_one = next_one % #requests + 1
  local one = made[next_one]
  if not one then
    one = wrk.format(unpack(requests[next_one]))
    made[next_one] = one
  end
  return one
end

-- What is measured must have been answered, and nothing else.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("answered %d in %d us, refused %d, lost %d, p50 %d p99 %d\n", summary.requests, summary.duration,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
end
