using FunctionsApi.Functions;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Telemetry;
using FunctionsApi.Tenants;

namespace FunctionsApi;

/// <summary>
/// Answers a request of a demo tenant in memory, while another core reads the settings and opens the store. What the first real
/// answer needs is loaded and compiled by then. Nothing of it stays: docs/adr/0020-rehearsal.md.
/// </summary>
internal static class Rehearsal
{
    private static readonly AppSettings Settings = new(new(), new(), new(), new(), new(), new());

    /// <summary>Begins it where there is a core for it. Nobody waits for it.</summary>
    public static void Begin()
    {
        if (Environment.ProcessorCount > 1)
            _ = Task.Run(RunAsync);
    }

    /// <returns>The status of the answer.</returns>
    public static async Task<int> RunAsync()
    {
        var (store, time) = (new InMemoryTableStore(), TimeProvider.System);
        using var metrics = new QuotaMetrics(nameof(Rehearsal));
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(metrics)
            .AddFunctionsApi(Settings, store, time)
            .BuildServiceProvider();
        var key = (await DemoTenant.CreateAsync(store, time, CancellationToken.None))[0].Key;
        await services.GetRequiredService<TenantDirectory>().RefreshAsync(CancellationToken.None);

        var http = new DefaultHttpContext { RequestServices = services };
        http.Request.Path = "/infer";
        http.Request.ContentType = "application/json";
        http.Request.Headers.Authorization = $"Bearer {key}";
        http.Request.Body = new MemoryStream("""{"deployment_id":"echo","inputs":{}}"""u8.ToArray());
        await HttpFunction.All.Single(function => function.Name == "infer").CreateDelegate(services)(http);
        return http.Response.StatusCode;
    }
}
