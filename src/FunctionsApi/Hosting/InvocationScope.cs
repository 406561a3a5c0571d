using System.Diagnostics;

namespace FunctionsApi.Hosting;

/// <summary>
/// Puts the host's id of a request into everything that is logged and traced during it, so that it can be found beside what
/// the host itself has logged. It is used for nothing else: a client can send such a header as well.
/// </summary>
internal sealed class InvocationScope(ILogger<InvocationScope> logger)
{
    /// <summary>On requests that the host has rebuilt, and on those for queue and timer triggers.</summary>
    public const string RebuiltHeader = "X-Azure-Functions-InvocationId";

    /// <summary>On requests that it passes on as they are.</summary>
    private const string ProxiedHeader = "x-ms-invocation-id";

    // The name that OpenTelemetry has for it.
    private const string TraceAttribute = "faas.invocation_id";

    private static readonly Func<ILogger, Guid, IDisposable?> Begin = LoggerMessage.DefineScope<Guid>("InvocationId:{InvocationId}");

    public Task InvokeAsync(HttpContext http, RequestDelegate next) =>
        IdOf(http.Request.Headers) is { } id ? InvokeAsync(http, next, id) : next(http);

    private async Task InvokeAsync(HttpContext http, RequestDelegate next, Guid id)
    {
        Activity.Current?.SetTag(TraceAttribute, id);
        using (Begin(logger, id))
            await next(http);
    }

    private static Guid? IdOf(IHeaderDictionary headers) =>
        Guid.TryParse(headers[ProxiedHeader] is [.., var proxied] ? proxied : headers[RebuiltHeader] is [.., var rebuilt] ? rebuilt : null, out var id)
            ? id
            : null;
}
