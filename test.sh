#!/usr/bin/env bash
# Builds everything, checks the formatting and runs the tests. The last line is the sum of what the projects reported.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: ./test.sh [--fast]

  --fast  Run the quick projects only: our server is not started as a process, nothing is installed, no formatting is checked.

Where CI=true, a tool that tests need and that cannot be installed fails them; elsewhere, and with --fast, they are skipped.
USAGE
}

projects=(Quotas Storage FunctionsApi Simulator EndToEnd) fast=0
for argument in "$@"; do
  case $argument in
    --fast) projects=(Quotas Storage FunctionsApi) fast=1 ;;
    -h | --help) usage; exit 0 ;;
    *) echo "Unknown argument: $argument" >&2; usage >&2; exit 2 ;;
  esac
done

cd "$(dirname "${BASH_SOURCE[0]}")"
exec </dev/null
# Nothing that outlives this script may be started: it would hold our output open, and its reader would wait.
export MSBUILDDISABLENODEREUSE=1 MSBUILDUSESERVER=0 UseSharedCompilation=false
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
results=artifacts/test-results
passed=0 failed=0 skipped=0

step() { printf '\n== %s\n' "$*"; }

fail() {
  failed=$((failed + 1))
  printf '!! %s\n' "$*"
}

finish() {
  printf '\n%d passed, %d failed' "$passed" "$failed"
  ((skipped == 0)) || printf ', %d skipped' "$skipped"
  printf '\n'
  ((failed == 0))
  exit
}

has_python() {
  local python
  for python in python3 /usr/bin/python3; do
    "$python" -c 'import requests' 2>/dev/null && return
  done
  return 1
}

has_node() { node -e fetch 2>/dev/null; }

has_curl() { curl --version >/dev/null 2>&1; }

has_chromium() { chromium --version >/dev/null 2>&1; }

# On Debian it is in a folder that not everybody's path has.
has_nginx() { nginx -v 2>/dev/null || /usr/sbin/nginx -v 2>/dev/null; }

has_npm() { npm --version >/dev/null 2>&1; }

lock_files() { find tests -name package-lock.json -not -path "*/node_modules/*" -not -path "tests/Benchmarks/*"; }

# What tests run besides .NET.
install_tools() {
  local packages=() apt=(apt-get)
  has_python || packages+=(python3 python3-requests)
  has_node || packages+=(nodejs)
  has_curl || packages+=(curl)
  has_chromium || packages+=(chromium)
  has_nginx || packages+=(nginx-light)
  [[ -z $(lock_files) ]] || has_npm || packages+=(npm)
  if ((${#packages[@]} > 0)) && command -v apt-get >/dev/null; then
    step "Install ${packages[*]}"
    ((EUID == 0)) || apt=(sudo -n apt-get)
    if ! { "${apt[@]}" update -qq && "${apt[@]}" install -qq -y --no-install-recommends "${packages[@]}"; }; then
      echo "They cannot be installed."
    fi
  fi

  local lock_file
  while read -r lock_file; do
    step "npm ci in $(dirname "$lock_file")"
    (cd "$(dirname "$lock_file")" && npm ci --no-audit --no-fund </dev/null) || fail "npm ci"
  done < <(lock_files)
}

# Adds up a project's report; one that is missing or empty, or does not explain a failed run, counts as a failure.
run_tests() {
  local project=$1.Tests report=$results/$1.Tests.trx status=0 counters
  step "Test $project"
  dotnet test "tests/$project" --no-build --configuration Debug \
    --logger "trx;LogFileName=$project.trx" --results-directory "$results" \
    --blame-hang-timeout 3m --blame-hang-dump-type none || status=$?

  counters=$(grep -o '<Counters [^>]*>' "$report" 2>/dev/null || true)
  local total executed succeeded
  total=$(count total) executed=$(count executed) succeeded=$(count passed)
  passed=$((passed + succeeded))
  skipped=$((skipped + total - executed))
  failed=$((failed + executed - succeeded))
  if ((total == 0)); then
    fail "$project reported nothing"
  elif ((status != 0 && executed == succeeded)); then
    fail "$project ended with exit code $status"
  fi
}

# The figure of that name in $counters; 0 where there is none.
count() {
  [[ $counters =~ \ $1=\"([0-9]+)\" ]] && echo "${BASH_REMATCH[1]}" || echo 0
}

rm -rf "$results"
if ! command -v dotnet >/dev/null; then
  fail "The .NET SDK is missing: install the version that global.json names."
  finish
fi
if ((fast)); then
  unset CI
else
  install_tools
fi

step "Restore"
dotnet restore FunctionsApi.sln || { fail "Restore"; finish; }
step "Build"
dotnet build FunctionsApi.sln --no-restore --configuration Debug || { fail "Build"; finish; }
if ((!fast)); then
  step "Check the formatting"
  dotnet format FunctionsApi.sln --verify-no-changes --no-restore || fail "Formatting: run dotnet format"
fi

for project in "${projects[@]}"; do
  run_tests "$project"
done
finish
