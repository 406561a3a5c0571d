// The store of everything durable: tables for the program, queues for crawl jobs, a container for the deployed package.
// Nobody gets in with a key: there are only Entra identities with roles (roles.bicep).

@description('Globally unique, 3 to 24 small letters and digits.')
@minLength(3)
@maxLength(24)
param name string

@description('The Azure region.')
param location string

@description('Tags of every resource.')
param tags { *: string }

@description('How it is replicated.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param sku string

// Every table that the program uses.
var tables = [
  'AlertMessages'
  'Alerts'
  'AlertsOpen'
  'CrawlPages'
  'Deployments'
  'DocumentTexts'
  'Documents'
  'Events'
  'Instances'
  'Jobs'
  'Keys'
  'KeysById'
  'Meta'
  'OpenJobs'
  'Plans'
  'Quotas'
  'Sweeps'
  'Tenants'
  'Usage'
  'WebhookStates'
]

// What cannot be worked off moves to the queue of that name with -poison.
var queues = [
  'crawl-jobs'
  'crawl-jobs-poison'
  'quota-resets'
  'quota-resets-poison'
]

resource account 'Microsoft.Storage/storageAccounts@2026-09-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    accessTier: 'Hot'
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2026-09-01' = {
  parent: account
  name: 'default'
}

resource deploymentContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-09-01' = {
  parent: blobService
  name: 'app-package'
  properties: { publicAccess: 'None' }
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2026-09-01' = {
  parent: account
  name: 'default'
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2026-09-01' = [for tableName in tables: {
  parent: tableService
  name: tableName
}]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2026-09-01' = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2026-09-01' = [for queueName in queues: {
  parent: queueService
  name: queueName
}]

output id string = account.id
output name string = account.name
output blobServiceUri string = account.properties.primaryEndpoints.blob
output queueServiceUri string = account.properties.primaryEndpoints.queue
output tableServiceUri string = account.properties.primaryEndpoints.table
output deploymentContainerUri string = '${account.properties.primaryEndpoints.blob}${deploymentContainer.name}'
