-- Script of wrk: posts the bodies of the file REQUESTS in turn. Its first line is the path, each other line a body.
local lines = io.lines(os.getenv("REQUESTS"))
local path, headers = lines(), {["Content-Type"] = "application/json"}
local bodies, formatted, number = {}, {}, 0
for body in lines do bodies[#bodies + 1] = body end

function request()
  number = number % #bodies + 1
  -- Formatting takes longer than sending, so each request is formatted once.
  if not formatted[number] then formatted[number] = wrk.format("POST", path, headers, bodies[number]) end
  return formatted[number]
end

function done(summary)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("answered %d in %d us, failed %d\n", summary.requests, summary.duration, failed))
end
