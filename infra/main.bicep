// Everything that FunctionsApi needs in Azure, in one resource group: `azd up` deploys it, README.md explains it.

targetScope = 'subscription'

@description('The azd environment; every name is made from it.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('The Azure region of everything; one where Flex Consumption is offered.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Who deploys (azd fills it in): may read and write the tables, to seed the plans and to use the command line. Empty: nobody may.')
param operatorPrincipalId string = ''

@description('What operatorPrincipalId is.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string = 'User'

@description('Memory of an instance in MB; its share of CPU grows with it. While it has requests it costs some 0.000026 US dollars per GB-second: 2048 MB busy around the clock some 135 a month, 512 MB a quarter of that, 4096 MB twice that.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Instances at most. Quota holds however many there are; this bounds the bill: 100 of 2048 MB, all of them busy around the clock, are some 13,500 US dollars a month.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 100

@description('Instances for HTTP that are kept warm and paid for around the clock: some 21 US dollars a month each at 2048 MB (5 at 512 MB, 42 at 4096 MB). 0: the first request after a quiet time waits for a cold start.')
@minValue(0)
@maxValue(20)
param httpAlwaysReadyInstances int = 0

@description('Instances for durable entities that are kept warm and paid for around the clock: some 21 US dollars a month each at 2048 MB (5 at 512 MB, 42 at 4096 MB). 0: the first request of a key after a quiet time waits for the cold start of a second instance, since none that serves HTTP runs entities. More than the task hub has partitions find no work.')
@minValue(0)
@maxValue(16)
param durableAlwaysReadyInstances int = 1

@description('HTTP requests that an instance takes at a time before another one is started. Most of a request is waiting for a backend, hence far more than the platform\'s 16.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 100

@description('How storage is replicated: in one datacenter, or over three zones. Not to another region: that copy lags, and to fall back on it would sell permits twice.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param storageSku string = 'Standard_LRS'

@description('Origins whose web pages may call the API, separated by commas, as https://app.example.com. Empty: none.')
param allowedOrigins string = ''

@description('What an instance does when the ledger cannot be reached and its leases are spent: enforce whole limits by itself, or answer 503.')
@allowed(['admit', 'deny'])
param whenLedgerUnavailable string = 'admit'

@description('Whose JWTs are believed, as https://<project>.supabase.co/auth/v1; the keys that verify them are published below it. Empty: JWTs are refused. There is no parameter for an HS256 secret: no setting shall hold one.')
param supabaseIssuer string = ''

@description('The anon or publishable key of the Supabase project: people sign in on the usage page with it. Empty: they paste a key or token.')
param supabasePublicKey string = ''

@description('Where the usage page leads who wants a larger plan, as https://app.example.com/billing. Empty: nowhere.')
param upgradeUrl string = ''

@description('An OpenAI-compatible API whose model answers questions, as https://api.openai.com/v1. Empty: answers are the documents\' own sentences.')
param llmEndpoint string = ''

@description('The name that it knows the model by.')
param llmModel string = ''

@description('Where its key is in a key vault, as https://<vault>.vault.azure.net/secrets/<name>, which the app\'s identity may read. Empty: it asks for none.')
param llmKeyUri string = ''

@description('Where the program sends metrics, traces and logs by OTLP besides, as https://collector.example.com:4317. Empty: nowhere.')
param otlpEndpoint string = ''

@description('How the receiver at otlpEndpoint is spoken to.')
@allowed(['grpc', 'http/protobuf'])
param otlpProtocol string = 'grpc'

@description('Who gets an e-mail when an alert fires. Empty: alerts show in the portal only.')
param alertEmail string = ''

@description('Days that logs and traces are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('GB of logs a day at most; what comes after that is lost until the next day. Metrics and alerts are not affected.')
@minValue(1)
@maxValue(100)
param logDailyCapGB int = 5

@description('Seed the plans by a deployment script instead of the postprovision hook. It fails where policy forbids shared keys: docs/adr/0010-plans-in-azure.md.')
param seedWithDeploymentScript bool = false

var token = uniqueString(subscription().id, environmentName, location)
var serviceName = 'functionsapi'
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    name: 'id-${serviceName}-${token}'
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    sku: storageSku
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-${serviceName}-${token}'
    insightsName: 'appi-${serviceName}-${token}'
    location: location
    tags: tags
    retentionDays: logRetentionDays
    dailyCapGB: logDailyCapGB
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    storageName: storage.outputs.name
    insightsName: monitoring.outputs.insightsName
    appPrincipalId: identity.outputs.principalId
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
  }
}

module app 'modules/app.bicep' = {
  scope: group
  // The host reads its storage as soon as it starts.
  dependsOn: [roles]
  params: {
    name: 'func-${serviceName}-${token}'
    planName: 'plan-${serviceName}-${token}'
    location: location
    tags: tags
    serviceName: serviceName
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    deploymentContainerUri: storage.outputs.deploymentContainerUri
    blobServiceUri: storage.outputs.blobServiceUri
    queueServiceUri: storage.outputs.queueServiceUri
    tableServiceUri: storage.outputs.tableServiceUri
    insightsConnectionString: monitoring.outputs.connectionString
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpAlwaysReadyInstances: httpAlwaysReadyInstances
    durableAlwaysReadyInstances: durableAlwaysReadyInstances
    httpConcurrency: httpConcurrency
    allowedOrigins: allowedOrigins
    whenLedgerUnavailable: whenLedgerUnavailable
    supabaseIssuer: supabaseIssuer
    supabasePublicKey: supabasePublicKey
    upgradeUrl: upgradeUrl
    llmEndpoint: llmEndpoint
    llmModel: llmModel
    llmKeyUri: llmKeyUri
    otlpEndpoint: otlpEndpoint
    otlpProtocol: otlpProtocol
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    prefix: serviceName
    tags: tags
    insightsId: monitoring.outputs.insightsId
    storageId: storage.outputs.id
    email: alertEmail
  }
}

module ledgerAlerts 'modules/ledger-alerts.bicep' = {
  scope: group
  params: {
    prefix: serviceName
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    actionGroups: alerts.outputs.actionGroups
  }
}

module plans 'modules/plans.bicep' = if (seedWithDeploymentScript) {
  scope: group
  dependsOn: [roles]
  params: {
    location: location
    tags: tags
    identityId: identity.outputs.id
    storageName: storage.outputs.name
    plansJson: string(loadJsonContent('plans.json'))
  }
}

// azd keeps these in the environment and hands them to the hooks.
output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output SERVICE_FUNCTIONSAPI_NAME string = app.outputs.name
output SERVICE_FUNCTIONSAPI_URI string = app.outputs.uri
output STORAGE_ACCOUNT_NAME string = storage.outputs.name
output STORAGE_TABLE_SERVICE_URI string = storage.outputs.tableServiceUri
output APPLICATION_INSIGHTS_NAME string = monitoring.outputs.insightsName
output PLANS_SEEDED_BY_TEMPLATE bool = seedWithDeploymentScript
