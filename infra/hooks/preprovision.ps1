# Says what is missing before anything is made in Azure. preprovision.sh is the same for Linux and macOS.
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '../..')

function Stop-With([string] $Message) {
    [Console]::Error.WriteLine($Message)
    exit 1
}

if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
    Stop-With 'The .NET SDK is missing; it builds what is deployed. Install the version that global.json names: https://dotnet.microsoft.com/download'
}
dotnet --version *> $null
if ($LASTEXITCODE -ne 0) {
    Stop-With 'No .NET SDK here is the one that global.json names. Install it: https://dotnet.microsoft.com/download'
}

if ($env:SUPABASE_ISSUER -and -not $env:SUPABASE_JWKS_URI) {
    Stop-With 'SUPABASE_ISSUER is set, and SUPABASE_JWKS_URI is not: the program would not start. Run: azd env set SUPABASE_JWKS_URI https://<project>.supabase.co/auth/v1/.well-known/jwks.json'
}
if ($env:SUPABASE_JWKS_URI -and -not $env:SUPABASE_ISSUER) {
    Stop-With 'SUPABASE_JWKS_URI is set, and SUPABASE_ISSUER is not: the program would not start. Run: azd env set SUPABASE_ISSUER https://<project>.supabase.co/auth/v1'
}
