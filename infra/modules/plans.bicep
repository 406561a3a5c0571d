// The second way to seed the plans (docs/adr/0010-plans-in-azure.md): a script that runs in Azure, with the app's
// identity. The service that runs it mounts a storage account of its own by shared key, so it fails where policy forbids these.

@description('The Azure region.')
param location string

@description('Tags of every resource.')
param tags { *: string }

@description('The identity that writes the row.')
param identityId string

@description('The storage account.')
param storageName string

@description('The plan file, as it is to stand in the table.')
param plansJson string

// Of a length that one column of the row holds: the program puts the pieces together. There is always one, and 262,144 characters at most.
var pieceLength = 32000
var pieces = [
  for index in range(0, (length(plansJson) + pieceLength - 1) / pieceLength): substring(
    plansJson,
    index * pieceLength,
    min(pieceLength, length(plansJson) - index * pieceLength)
  )
]
var pieceVariables = [for (piece, index) in pieces: { name: 'PLANS_JSON_${index + 1}', value: piece }]

resource seed 'Microsoft.Resources/deploymentScripts@2023-08-01' = {
  name: 'seed-plans'
  location: location
  tags: tags
  kind: 'AzureCLI'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    azCliVersion: '2.64.0'
    // Runs again only when the plans have changed.
    forceUpdateTag: uniqueString(plansJson)
    scriptContent: loadTextContent('put-plans.sh')
    environmentVariables: concat(
      [
        { name: 'STORAGE_ACCOUNT_NAME', value: storageName }
        { name: 'PLANS_PIECES', value: string(length(pieces)) }
      ],
      pieceVariables
    )
    timeout: 'PT10M'
    cleanupPreference: 'OnSuccess'
    retentionInterval: 'PT1H'
  }
}
