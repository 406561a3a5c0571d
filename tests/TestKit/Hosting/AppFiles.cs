using System.Text.Json;

namespace FunctionsApi.TestKit.Hosting;

/// <summary>What the host reads in a published function app: <c>host.json</c> and <c>worker.config.json</c>.</summary>
internal sealed class AppFiles
{
    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    private AppFiles(string directory, JsonElement host, JsonElement worker)
    {
        Directory = directory;
        RoutePrefix = Find(host, "extensions", "http", "routePrefix")?.GetString() ?? "api";
        FunctionTimeout = Span(Find(host, "functionTimeout")) ?? TimeSpan.FromMinutes(30);
        Queues = Find(host, "extensions", "queues") is { } queues ? QueueOptions.Read(queues) : new();
        var description = worker.GetProperty("description");
        Executable = description.GetProperty("defaultExecutablePath").GetString()!.Replace("{WorkerRoot}", directory + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        Program = Path.Combine(directory, description.GetProperty("defaultWorkerPath").GetString()!);
    }

    public string Directory { get; }

    /// <summary>As <c>dotnet</c>.</summary>
    public string Executable { get; }

    /// <summary>Its first argument.</summary>
    public string Program { get; }

    /// <summary>What every route begins with; may be empty.</summary>
    public string RoutePrefix { get; }

    /// <summary>After which an invocation costs the worker its life; infinite where host.json says -1.</summary>
    public TimeSpan FunctionTimeout { get; }

    public QueueOptions Queues { get; }

    public static AppFiles Read(string directory) => new(directory, Parse(directory, "host.json"), Parse(directory, "worker.config.json"));

    /// <returns>Null where it is missing.</returns>
    public static TimeSpan? Span(JsonElement? value) => value?.GetString() switch
    {
        null => null,
        "-1" => Timeout.InfiniteTimeSpan,
        var text => TimeSpan.Parse(text),
    };

    private static JsonElement Parse(string directory, string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, name)), Lenient);
        return document.RootElement.Clone();
    }

    private static JsonElement? Find(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (!element.TryGetProperty(name, out element))
                return null;
        }

        return element;
    }
}
