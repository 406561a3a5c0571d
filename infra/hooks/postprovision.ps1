# Puts infra/plans.json in force, signed in as whoever runs azd, by the program's own command: it checks the file, refuses
# plans that a tenant would lose, and writes one row of the table Plans. postprovision.sh is the same for Linux and macOS.
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '../..')

function Stop-With([string[]] $Messages) {
    $Messages | ForEach-Object { [Console]::Error.WriteLine($_) }
    exit 1
}

if ($env:PLANS_SEEDED_BY_TEMPLATE -eq 'true') {
    Write-Output 'The plans were seeded by the deployment script.'
    exit 0
}
if (-not $env:STORAGE_TABLE_SERVICE_URI) {
    Stop-With 'STORAGE_TABLE_SERVICE_URI is not set; azd sets it: run azd provision'
}

$env:Storage__Provider = 'tables'
$env:Storage__TableServiceUri = $env:STORAGE_TABLE_SERVICE_URI
# Who is signed in to azd has the role; who is signed in elsewhere on this machine may be somebody else.
$env:AZURE_TOKEN_CREDENTIALS = 'AzureDeveloperCliCredential'

dotnet build src/FunctionsApi --configuration Release --verbosity quiet --nologo
if ($LASTEXITCODE -ne 0) { exit 1 }

# The program's error output is text to look at here, not an error of this script.
$ErrorActionPreference = 'Continue'
for ($attempts = 12; ; ) {
    $said = dotnet run --project src/FunctionsApi --configuration Release --no-build '--' plans apply infra/plans.json 2>&1 | Out-String
    if ($LASTEXITCODE -eq 0) { break }
    if ($said -notmatch 'AuthorizationPermissionMismatch|AuthorizationFailure') { Stop-With $said }
    $attempts--
    if ($attempts -eq 0) {
        Stop-With $said, 'The role Storage Table Data Contributor is not in force after two minutes. Run: azd hooks run postprovision'
    }
    Write-Output 'A new role takes a minute or two to be in force; trying again in 10 s.'
    Start-Sleep -Seconds 10
}
Write-Output $said
