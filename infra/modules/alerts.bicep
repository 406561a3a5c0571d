// What wakes somebody up: answers that are our fault, and a store that refuses work.

@description('The beginning of every name.')
param prefix string

@description('Tags of every resource.')
param tags { *: string }

@description('The Application Insights component.')
param insightsId string

@description('The storage account.')
param storageId string

@description('Who gets an e-mail; empty for nobody.')
param email string

@description('Answers of one status of 500 and above within 5 minutes that are still no reason to wake anybody.')
@minValue(0)
param toleratedErrors int = 5

@description('Operations refused by storage within 5 minutes that are still normal: each was retried.')
@minValue(0)
param toleratedThrottling int = 20

var actions = empty(email) ? [] : [{ actionGroupId: mail.id }]

resource mail 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: '${prefix}-mail'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: take(prefix, 12)
    enabled: true
    emailReceivers: [
      {
        name: 'operator'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource serverErrors 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: '${prefix}-server-errors'
  location: 'global'
  tags: tags
  properties: {
    description: 'More than ${toleratedErrors} answers of one status of 500 and above within 5 minutes. Look at failed requests in Application Insights, then at /readyz.'
    severity: 1
    enabled: true
    scopes: [insightsId]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'answers'
          metricNamespace: 'microsoft.insights/components'
          metricName: 'requests/failed'
          dimensions: [
            {
              name: 'request/resultCode'
              operator: 'Include'
              values: ['500', '501', '502', '503', '504']
            }
          ]
          operator: 'GreaterThan'
          threshold: toleratedErrors
          timeAggregation: 'Count'
          // A status that was never answered is no metric yet.
          skipMetricValidation: true
        }
      ]
    }
    actions: actions
  }
}

// Tables hold the counters; queues carry the entities' messages and the crawl jobs.
resource throttledStorage 'Microsoft.Insights/metricAlerts@2026-01-01' = [for service in ['table', 'queue']: {
  name: '${prefix}-throttled-${service}s'
  location: 'global'
  tags: tags
  properties: {
    description: 'Storage refused more than ${toleratedThrottling} operations of the ${service} service within 5 minutes. While it goes on, instances spend their leases and then do what whenLedgerUnavailable says.'
    severity: 2
    enabled: true
    scopes: ['${storageId}/${service}Services/default']
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'refused'
          metricNamespace: 'Microsoft.Storage/storageAccounts/${service}Services'
          metricName: 'Transactions'
          dimensions: [
            {
              name: 'ResponseType'
              operator: 'Include'
              values: [
                'ServerBusyError'
                'ServerTimeoutError'
                'ClientThrottlingError'
                'ClientAccountRequestThrottlingError'
                'ClientAccountBandwidthThrottlingError'
              ]
            }
          ]
          operator: 'GreaterThan'
          threshold: toleratedThrottling
          timeAggregation: 'Total'
          // A response type that never occurred is no metric yet.
          skipMetricValidation: true
        }
      ]
    }
    actions: actions
  }
}]

output actionGroups string[] = empty(email) ? [] : [mail.id]
