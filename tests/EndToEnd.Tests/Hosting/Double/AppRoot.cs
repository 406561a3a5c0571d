using System.Text.Json;

namespace FunctionsApi.EndToEnd.Tests.Hosting.Double;

/// <summary>What the Functions host reads before it starts anything: host.json, and a folder for each function.</summary>
/// <param name="Directory">Where they are.</param>
/// <param name="Executable">The custom handler.</param>
/// <param name="Mode">How requests reach it.</param>
/// <param name="Functions">By name.</param>
internal sealed record AppRoot(string Directory, string Executable, HostMode Mode, IReadOnlyList<Function> Functions)
{
    /// <summary>What host.json says about queues.</summary>
    public required QueueOptions Queues { get; init; }

    /// <summary>For one request.</summary>
    public required TimeSpan FunctionTimeout { get; init; }

    public static AppRoot Read(string directory)
    {
        using var host = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, "host.json")));
        var handler = host.RootElement.GetProperty("customHandler");
        return new(
            directory,
            Path.Combine(directory, handler.GetProperty("description").GetProperty("defaultExecutablePath").GetString()!),
            ModeOf(handler),
            [.. System.IO.Directory.EnumerateDirectories(directory).Order().Where(HoldsFunction).Select(folder => Function.Read(folder, PrefixIn(host.RootElement)))])
        {
            FunctionTimeout = TimeSpan.Parse(host.RootElement.GetProperty("functionTimeout").GetString()!),
            Queues = QueuesIn(host.RootElement.GetProperty("extensions").GetProperty("queues")),
        };
    }

    private static HostMode ModeOf(JsonElement handler) =>
        IsSet(handler, "enableProxyingHttpRequest") ? HostMode.Proxying
        : IsSet(handler, "enableForwardingHttpRequest") ? HostMode.Forwarding
        : throw new NotSupportedException("Without proxying or forwarding, HTTP functions get the JSON payload protocol.");

    private static QueueOptions QueuesIn(JsonElement queues) => new(
        TimeSpan.Parse(queues.GetProperty("visibilityTimeout").GetString()!),
        queues.GetProperty("maxDequeueCount").GetInt32());

    private static bool IsSet(JsonElement handler, string name) => handler.TryGetProperty(name, out var value) && value.GetBoolean();

    private static bool HoldsFunction(string folder) => File.Exists(Path.Combine(folder, "function.json"));

    // Unless host.json says otherwise, it is "api".
    private static string PrefixIn(JsonElement host) =>
        host.TryGetProperty("extensions", out var extensions)
        && extensions.TryGetProperty("http", out var http)
        && http.TryGetProperty("routePrefix", out var prefix)
            ? prefix.GetString()!
            : "api";
}

/// <param name="VisibilityTimeout">After which a message that failed comes again.</param>
/// <param name="MaxDequeueCount">How often a message comes.</param>
internal sealed record QueueOptions(TimeSpan VisibilityTimeout, int MaxDequeueCount);

/// <summary>How HTTP requests reach the handler.</summary>
internal enum HostMode
{
    /// <summary>As they are: <c>enableProxyingHttpRequest</c>.</summary>
    Proxying,

    /// <summary>Rebuilt: <c>enableForwardingHttpRequest</c>.</summary>
    Forwarding,
}
