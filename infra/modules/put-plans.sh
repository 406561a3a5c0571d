#!/bin/bash
# What the deployment script of plans.bicep runs, signed in as the app's identity: writes the row that the program
# reads its plans from. Writing the same again changes nothing.
set -euo pipefail

# The columns Json, Json2, Json3 and so on: together they are the plan file.
columns=("Json=$PLANS_JSON_1")
for ((number = 2; number <= PLANS_PIECES; number++)); do
  variable=PLANS_JSON_$number
  columns+=("Json$number=${!variable}")
done

put() {
  az storage entity insert --auth-mode login --account-name "$STORAGE_ACCOUNT_NAME" --table-name Plans \
    --if-exists replace --entity PartitionKey=plans RowKey=current "${columns[@]}" --only-show-errors --output none 2>&1
}

for attempt in {1..12}; do
  if said=$(put); then
    exit 0
  fi
  printf '%s\n' "$said" >&2
  # A new role takes a minute or two to be in force.
  [[ $said =~ 403|Forbidden|Authorization|permission ]] || exit 1
  ((attempt == 12)) || sleep 10
done
exit 1
