-- wrk, with a thread for each connection: POST the work whatever the answer, and write down when each request that was
-- admitted was sent and answered, in microseconds of Unix time.

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds; long microseconds; } moment; int gettimeofday(moment *, void *);")

wrk.method = "POST"
wrk.body = os.getenv("WORK_BODY")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = os.getenv("WORK_AUTHORIZATION")

local threads = {}
local file, whole, sentAt

-- A global, because that is what wrk reads of a thread.
notOk = 0

local function now()
  local moment = ffi.new("moment")
  ffi.C.gettimeofday(moment, nil)
  return tonumber(moment.seconds) * 1e6 + tonumber(moment.microseconds)
end

function setup(thread)
  threads[#threads + 1] = thread
end

function init()
  file = io.open(os.getenv("WORK_ADMISSIONS"), "a")
  file:setvbuf("line")
  whole = wrk.format()
end

function request()
  sentAt = now()
  return whole
end

function response(status)
  if status == 200 then
    file:write(string.format("%.0f %.0f\n", sentAt, now()))
  elseif status ~= 429 then
    notOk = notOk + 1
  end
end

function done(summary)
  local errors, failed = summary.errors, 0
  for _, thread in ipairs(threads) do
    failed = failed + thread:get("notOk")
  end
  print(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"bytes":%d,"notOk":%d,"broken":%d}',
    summary.requests, summary.duration, summary.bytes, failed, errors.connect + errors.read + errors.write + errors.timeout))
end
