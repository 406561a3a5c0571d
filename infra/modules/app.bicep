// The function app on Flex Consumption: the Functions host starts the published program as its isolated worker.

@description('Globally unique; the first part of its address.')
param name string

@description('The hosting plan.')
param planName string

@description('The Azure region.')
param location string

@description('Tags of every resource.')
param tags { *: string }

@description('The service in azure.yaml that is deployed to it.')
param serviceName string

@description('The resource id of its identity.')
param identityId string

@description('The client id of its identity.')
param identityClientId string

@description('The container of the deployed package.')
param deploymentContainerUri string

@description('The blob endpoint of the storage account.')
param blobServiceUri string

@description('The queue endpoint of the storage account.')
param queueServiceUri string

@description('The table endpoint of the storage account.')
param tableServiceUri string

@description('Of Application Insights. Not a secret: writing takes the identity.')
param insightsConnectionString string

@description('Memory of an instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Instances at most.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Instances for HTTP that are kept warm.')
@minValue(0)
@maxValue(20)
param httpAlwaysReadyInstances int

@description('Instances for durable entities that are kept warm.')
@minValue(0)
@maxValue(16)
param durableAlwaysReadyInstances int

@description('HTTP requests that an instance takes at a time.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int

@description('As the program\'s setting; empty leaves it unset.')
param allowedOrigins string

@description('As the program\'s setting.')
@allowed(['admit', 'deny'])
param whenLedgerUnavailable string

@description('As the program\'s setting; empty leaves it unset.')
param supabaseIssuer string

@description('As the program\'s setting; empty leaves it unset.')
param supabasePublicKey string

@description('As the program\'s setting; empty leaves it unset.')
param upgradeUrl string

@description('As the program\'s setting; empty leaves it unset.')
param llmEndpoint string

@description('As the program\'s setting; empty leaves it unset.')
param llmModel string

@description('The address of the program\'s setting Llm__Key in a key vault; empty leaves it unset.')
param llmKeyUri string

@description('As the program\'s setting; empty leaves it unset.')
param otlpEndpoint string

@description('As the program\'s setting.')
@allowed(['grpc', 'http/protobuf'])
param otlpProtocol string

// What the Functions host reads, and the library by which the program signs in.
var platformSettings = {
  AZURE_CLIENT_ID: identityClientId
  AzureWebJobsStorage__blobServiceUri: blobServiceUri
  AzureWebJobsStorage__queueServiceUri: queueServiceUri
  AzureWebJobsStorage__tableServiceUri: tableServiceUri
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsDisableHomepage: 'true'
}

// The host reads those of Application Insights as well.
var programSettings = {
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identityClientId}'
  Storage__Provider: 'tables'
  Storage__TableServiceUri: tableServiceUri
  Storage__QueueServiceUri: queueServiceUri
  Quotas__WhenLedgerUnavailable: whenLedgerUnavailable
  Cors__AllowedOrigins: allowedOrigins
  Auth__Supabase__Issuer: supabaseIssuer
  Auth__Supabase__JwksUri: empty(supabaseIssuer) ? '' : '${supabaseIssuer}/.well-known/jwks.json'
  Auth__Supabase__PublicKey: supabasePublicKey
  Dashboard__UpgradeUrl: upgradeUrl
  Llm__Endpoint: llmEndpoint
  Llm__Model: llmModel
  Llm__Key: empty(llmKeyUri) ? '' : '@Microsoft.KeyVault(SecretUri=${llmKeyUri})'
  OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint
  OTEL_EXPORTER_OTLP_PROTOCOL: otlpProtocol
}

// An instance that serves HTTP runs no entities: the platform scales the two groups apart.
var alwaysReady = filter(
  [
    { name: 'http', instanceCount: httpAlwaysReadyInstances }
    { name: 'durable', instanceCount: durableAlwaysReadyInstances }
  ],
  scaleGroup => scaleGroup.instanceCount > 0
)

// What is empty stays unset.
var settings = filter(items(union(platformSettings, programSettings)), setting => !empty(setting.value))

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': serviceName })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      // No cors: where it is set, the platform answers preflights by rules of its own, and the program's setting for them would be the second.
      appSettings: [for setting in settings: {
        name: setting.key
        value: setting.value
      }]
    }
  }

  // The package goes in by Entra sign-in; a password for publishing would be one more secret.
  resource noFtpPassword 'basicPublishingCredentialsPolicies@2025-03-01' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource noScmPassword 'basicPublishingCredentialsPolicies@2025-03-01' = {
    name: 'scm'
    properties: { allow: false }
  }
}

output name string = app.name
output uri string = 'https://${app.properties.defaultHostName}'
