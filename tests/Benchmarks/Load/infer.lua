-- wrk: send the work, or a GET that has no body, and report in one line that a program can read.

wrk.method = os.getenv("WORK_METHOD") or "POST"
if wrk.method ~= "GET" then
  wrk.body = os.getenv("WORK_BODY")
  wrk.headers["Content-Type"] = "application/json"
end
wrk.headers["Authorization"] = os.getenv("WORK_AUTHORIZATION")

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"bytes":%d,"notOk":%d,"broken":%d,"p99Microseconds":%d}',
    summary.requests, summary.duration, summary.bytes,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(99)))
end
