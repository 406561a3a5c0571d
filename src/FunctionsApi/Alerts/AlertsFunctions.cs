using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Api;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Alerts;

/// <summary>A tenant's alerts, as it sets them and looks at them.</summary>
internal sealed class AlertsFunctions(ApiPipeline pipeline, GetAlerts get, PutAlerts put, TestAlerts test, AlertRound round, Delivery delivery)
{
    private const string Route = "api/v1/alerts";

    [Function("get-alerts")]
    public Task GetAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Route)] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, get);

    [Function("put-alerts")]
    public Task PutAsync([HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = Route)] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, put);

    [Function("test-alerts")]
    public Task TestAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Route + "/test")] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, test);

    // An instance that serves looks every few seconds. Where none does, what is to be sent again must wake one.
    [Function("alerts")]
    public async Task RunAsync([TimerTrigger("0 */5 * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        await round.RunOnceAsync(cancellationToken);
        await delivery.RunOnceAsync(cancellationToken);
    }
}
