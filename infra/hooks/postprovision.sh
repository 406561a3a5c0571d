#!/bin/sh
# Puts infra/plans.json in force, signed in as whoever runs azd, by the program's own command: it checks the file, refuses
# plans that a tenant would lose, and writes one row of the table Plans. postprovision.ps1 is the same for Windows.
set -eu
cd "$(dirname "$0")/../.."

if [ "${PLANS_SEEDED_BY_TEMPLATE:-false}" = true ]; then
  echo "The plans were seeded by the deployment script."
  exit 0
fi

export Storage__Provider=tables
export Storage__TableServiceUri="${STORAGE_TABLE_SERVICE_URI:?azd sets it: run azd provision}"
# Who is signed in to azd has the role; who is signed in elsewhere on this machine may be somebody else.
export AZURE_TOKEN_CREDENTIALS=AzureDeveloperCliCredential

dotnet build src/FunctionsApi --configuration Release --verbosity quiet --nologo

attempts=12
until said=$(dotnet run --project src/FunctionsApi --configuration Release --no-build -- plans apply infra/plans.json 2>&1); do
  case $said in
    *AuthorizationPermissionMismatch* | *AuthorizationFailure*) ;;
    *)
      printf '%s\n' "$said" >&2
      exit 1
      ;;
  esac
  attempts=$((attempts - 1))
  if [ "$attempts" -eq 0 ]; then
    printf '%s\n' "$said" "The role Storage Table Data Contributor is not in force after two minutes. Run: azd hooks run postprovision" >&2
    exit 1
  fi
  echo "A new role takes a minute or two to be in force; trying again in 10 s."
  sleep 10
done
printf '%s\n' "$said"
