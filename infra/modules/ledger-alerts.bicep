// What wakes somebody up because counters are not kept: searches of what the program measures and of what the host logs.

@description('The beginning of every name.')
param prefix string

@description('The Azure region.')
param location string

@description('Tags of every resource.')
param tags { *: string }

@description('The Log Analytics workspace.')
param workspaceId string

@description('Who is told.')
param actionGroups string[]

@description('Ledger operations that time out within 5 minutes and are still no reason to wake anybody.')
@minValue(0)
param toleratedTimeouts int = 2

@description('Seconds that an instance may do without the ledger.')
@minValue(0)
param toleratedAwaySeconds int = 30

var alerts = [
  {
    name: 'stuck-control-queue'
    severity: 1
    description: 'For 15 minutes more than ${toleratedTimeouts} ledger operations in each 5 did not stand in time: a control queue of the task hub is not worked off, or nobody works off any.'
    // Each row is what an instance measured in a minute, and ItemCount the operations in it.
    query: '''
      AppMetrics
      | where Name == 'functionsapi.ledger.operation.duration'
      | where tostring(Properties['functionsapi.outcome']) in ('slow', 'timed_out')
    '''
    column: 'ItemCount'
    aggregation: 'Total'
    threshold: toleratedTimeouts
    // A partition that moves to another instance after a crash is away for 40 s, and nobody's sleep is worth that.
    periods: 3
  }
  {
    name: 'poison-control-message'
    severity: 2
    description: 'A message to an entity could not be worked off for a quarter of an hour, again and again: what it asks for is not done until the cause is gone, and then up to 10 minutes later.'
    // By the text of the host's warning: where it keeps the category differs between its two ways to send telemetry.
    query: '''
      AppTraces
      | where Message has 'is now considered poison'
    '''
    column: 'ItemCount'
    aggregation: 'Total'
    threshold: 0
    periods: 1
  }
  {
    name: 'ledger-away'
    severity: 1
    description: 'An instance has been without the ledger for more than ${toleratedAwaySeconds} s, and does what whenLedgerUnavailable says.'
    query: '''
      AppMetrics
      | where Name == 'functionsapi.ledger.away'
    '''
    column: 'Max'
    aggregation: 'Maximum'
    threshold: toleratedAwaySeconds
    periods: 1
  }
]

resource rule 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [for alert in alerts: {
  name: '${prefix}-${alert.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: '${prefix}-${alert.name}'
    description: alert.description
    severity: alert.severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: alert.query
          metricMeasureColumn: alert.column
          timeAggregation: alert.aggregation
          operator: 'GreaterThan'
          threshold: alert.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: alert.periods
            minFailingPeriodsToAlert: alert.periods
          }
        }
      ]
    }
    // A new workspace has no table of these yet.
    skipQueryValidation: true
    actions: { actionGroups: actionGroups }
  }
}]
