-- Orders of one unit, or, with BENCH_PATHS, the paths of that file in turn, each as its buyer.
local file = os.getenv("BENCH_PATHS")

if file then
  local requests, at = {}, 0

  function init()
    for line in io.lines(file) do
      local path, buyer = line:match("^(%S+)\t(%S+)$")
      requests[#requests + 1] = wrk.format("GET", path, { ["X-Buyer-Id"] = buyer })
    end
  end

  function request()
    at = at % #requests + 1
    return requests[at]
  end
else
  -- Without a function to call, wrk sends the same bytes each time, and costs least itself.
  wrk.method = "POST"
  wrk.path = os.getenv("BENCH_PATH")
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["X-Buyer-Id"] = "buyer-1"
  wrk.body = '{"sku":"phone","quantity":1}'
end

function done(summary)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"microseconds":%d,"refused":%d,"errors":%d}\n', summary.requests,
    summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
