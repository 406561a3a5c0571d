-- wrk, with one thread: POST the work once for each credential, and end when all are answered.

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds; long microseconds; } moment; int gettimeofday(moment *, void *);")

local credentials = {}
local sent, due, answered, notOk = 0, 0, 0, 0
local started

local function now()
  local moment = ffi.new("moment")
  ffi.C.gettimeofday(moment, nil)
  return tonumber(moment.seconds) * 1e6 + tonumber(moment.microseconds)
end

function init()
  wrk.method = "POST"
  wrk.body = os.getenv("WORK_BODY")
  wrk.headers["Content-Type"] = "application/json"
  for credential in io.lines(os.getenv("WORK_CREDENTIALS")) do
    credentials[#credentials + 1] = credential
  end
end

-- Asked before each request, in milliseconds: where none is left, the connection waits until all is over.
function delay()
  due = due + 1
  return due <= #credentials and 0 or 1e9
end

function request()
  -- wrk also asks for one that it does not send, before all others.
  if due > 0 then
    started = started or now()
    sent = sent + 1
  end
  wrk.headers["Authorization"] = credentials[math.max(sent, 1)]
  return wrk.format()
end

function response(status)
  answered = answered + 1
  if status ~= 200 then notOk = notOk + 1 end
  if answered == #credentials then
    print(string.format('RESULT {"requests":%d,"microseconds":%d,"notOk":%d}', answered, now() - started, notOk))
    os.exit(0)
  end
end
