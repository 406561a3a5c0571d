using System.Buffers;
using System.Reflection;
using System.Text;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Health;

/// <summary>What operators and tools are answered.</summary>
internal static class HealthAnswers
{
    /// <summary>Where everything is.</summary>
    public static Task LandingAsync(HttpContext http) => WriteAsync(http, 200, Landing());

    public static Task AliveAsync(HttpContext http) => WriteAsync(http, 200, """{"status":"alive"}""");

    public static async Task ReadyAsync(HttpContext http, Readiness readiness) => await WriteAsync(http, await readiness.AskAsync());

    private static string Landing() =>
        $$"""
        {"name":"FunctionsApi","version":"{{Version}}","openapi":"/openapi/v1.json","usage":"/dashboard/settings/usage","health":"/healthz","ready":"/readyz"}
        """;

    /// <summary>The program's, for example <c>0.1.0</c>.</summary>
    public static string Version { get; } =
        typeof(HealthAnswers).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static Task WriteAsync(HttpContext http, ReadinessReport report)
    {
        var checks = $"""
            "storage":"{Word(report.Storage, "unreachable")}","plans":"{Word(report.Plans, "not in force")}","ledger":"{Word(report.Ledger == LedgerState.Well, report.Ledger.Name())}"
            """;
        if (HubWord(report) is { } hub)
            checks += $",\"hub\":\"{hub}\"";
        var status = report.IsReady ? "ready" : "not ready";
        return WriteAsync(http, report.IsReady ? 200 : 503, $$$"""{"status":"{{{status}}}","checks":{{{{checks}}}}}""");
    }

    private static string? HubWord(ReadinessReport report) => report switch
    {
        { HubHasAnswered: false, Hub: HubState.Unknown or HubState.Well } => "starting",
        { Hub: HubState.Unknown } => null,
        { Hub: var hub } => Word(hub == HubState.Well, hub.ToString().ToLowerInvariant()),
    };

    private static string Word(bool good, string otherwise) => good ? "ok" : otherwise;

    private static Task WriteAsync(HttpContext http, int status, string json)
    {
        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        // A probe must see this moment's answer.
        response.Headers.CacheControl = "no-store";
        response.ContentLength = Encoding.UTF8.GetByteCount(json);
        response.BodyWriter.Write(Encoding.UTF8.GetBytes(json));
        return Task.CompletedTask;
    }
}
