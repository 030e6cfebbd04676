-- Orders of one unit, with the fields of BENCH_HEADERS; or the paths of the file BENCH_PATHS in turn, as their buyers.
-- With BENCH_STATUS and BENCH_TEXT, every answer is checked to have that status and to contain that text: this costs
-- wrk much, so it is for a run that is not timed.
local file, status, text = os.getenv("BENCH_PATHS"), tonumber(os.getenv("BENCH_STATUS")), os.getenv("BENCH_TEXT")
local threads = {}

function setup(thread) threads[#threads + 1] = thread end

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
  for name, value in (os.getenv("BENCH_HEADERS") or ""):gmatch("([^\n:]+): ([^\n]+)") do wrk.headers[name] = value end
  wrk.body = '{"sku":"phone","quantity":1}'
end

-- Globals, because wrk reads them from outside.
checked, wrong, example = 0, 0, ""

if status then
  function response(code, _, body)
    checked = checked + 1
    if code ~= status or not body:find(text, 1, true) then
      wrong, example = wrong + 1, code .. " " .. body
    end
  end
end

function done(summary)
  local errors, all, bad = summary.errors, 0, 0
  for _, thread in ipairs(threads) do
    all, bad = all + thread:get("checked"), bad + thread:get("wrong")
    if thread:get("example") ~= "" then io.write("wrong answer: ", thread:get("example"), "\n") end
  end
  io.write(string.format('{"requests":%d,"microseconds":%d,"refused":%d,"errors":%d,"checked":%d,"wrong":%d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    all, bad))
end
