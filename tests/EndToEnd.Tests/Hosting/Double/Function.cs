using System.Text.Json;
using Microsoft.AspNetCore.Routing.Template;

namespace FunctionsApi.EndToEnd.Tests.Hosting.Double;

/// <param name="Name">That of its folder.</param>
/// <param name="Trigger">The type of its trigger, as <c>httpTrigger</c>.</param>
/// <param name="Binding">The trigger's name.</param>
/// <param name="Methods">In capitals; none for other triggers than HTTP.</param>
/// <param name="Route">Null for other triggers than HTTP.</param>
internal sealed record Function(string Name, string Trigger, string Binding, IReadOnlyList<string> Methods, RouteTemplate? Route)
{
    /// <summary>Whose messages trigger it; null for other triggers than queues.</summary>
    public string? Queue { get; init; }

    /// <summary>The setting that names the account of its queue; null for other triggers than queues.</summary>
    public string? Connection { get; init; }

    public static Function Read(string folder, string routePrefix)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "function.json")));
        var bindings = file.RootElement.GetProperty("bindings").EnumerateArray().ToList();
        var trigger = bindings.Single(binding => Text(binding, "type").EndsWith("Trigger", StringComparison.Ordinal));
        var isHttp = Text(trigger, "type") == "httpTrigger";
        if (isHttp && !bindings.Exists(binding => Text(binding, "type") == "http" && Text(binding, "direction") == "out"))
            throw new NotSupportedException($"{folder}: without an http out binding the host speaks its JSON payload protocol.");
        return new(
            Path.GetFileName(folder),
            Text(trigger, "type"),
            Text(trigger, "name"),
            isHttp ? [.. trigger.GetProperty("methods").EnumerateArray().Select(method => method.GetString()!.ToUpperInvariant())] : [],
            isHttp ? TemplateParser.Parse($"{routePrefix}/{Text(trigger, "route")}".Trim('/')) : null)
        {
            Queue = Text(trigger, "type") == "queueTrigger" ? Text(trigger, "queueName") : null,
            Connection = Text(trigger, "type") == "queueTrigger" ? Text(trigger, "connection") : null,
        };
    }

    private static string Text(JsonElement binding, string name) => binding.GetProperty(name).GetString()!;
}
