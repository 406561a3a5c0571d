using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsApi.Telemetry;

/// <summary>Passes log lines and their scopes to the export; which lines is for the server's filters to say.</summary>
[ProviderAlias("Otlp")]
internal sealed class ExportedLogs(Export export) : ILoggerProvider
{
    // Its lines hold the query that a caller sent. The request's span says the rest.
    private const string Requests = "Microsoft.AspNetCore.Hosting.Diagnostics";

    public ILogger CreateLogger(string categoryName) =>
        categoryName == Requests ? NullLogger.Instance : export.Logs.CreateLogger(categoryName);

    public void Dispose()
    {
        // The loggers are the export's.
    }
}
