// Where logs, traces and metrics go. Writing to it takes an Entra sign-in: knowing the connection string is not enough.

@description('The Log Analytics workspace.')
param workspaceName string

@description('The Application Insights component on it.')
param insightsName string

@description('The Azure region.')
param location string

@description('Tags of every resource.')
param tags { *: string }

@description('Days that data is kept.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('GB taken in a day at most.')
@minValue(1)
@maxValue(100)
param dailyCapGB int

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    workspaceCapping: { dailyQuotaGb: dailyCapGB }
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

output workspaceId string = workspace.id
output insightsId string = insights.id
output insightsName string = insights.name
output connectionString string = insights.properties.ConnectionString
