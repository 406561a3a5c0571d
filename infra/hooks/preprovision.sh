#!/bin/sh
# Says what is missing before anything is made in Azure. preprovision.ps1 is the same for Windows.
set -eu
cd "$(dirname "$0")/../.."

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

command -v dotnet >/dev/null ||
  fail "The .NET SDK is missing; it builds what is deployed. Install the version that global.json names: https://dotnet.microsoft.com/download"
dotnet --version >/dev/null 2>&1 ||
  fail "No .NET SDK here is the one that global.json names. Install it: https://dotnet.microsoft.com/download"

if [ -n "${SUPABASE_ISSUER:-}" ] && [ -z "${SUPABASE_JWKS_URI:-}" ]; then
  fail "SUPABASE_ISSUER is set, and SUPABASE_JWKS_URI is not: the program would not start. Run: azd env set SUPABASE_JWKS_URI https://<project>.supabase.co/auth/v1/.well-known/jwks.json"
fi
if [ -z "${SUPABASE_ISSUER:-}" ] && [ -n "${SUPABASE_JWKS_URI:-}" ]; then
  fail "SUPABASE_JWKS_URI is set, and SUPABASE_ISSUER is not: the program would not start. Run: azd env set SUPABASE_ISSUER https://<project>.supabase.co/auth/v1"
fi
