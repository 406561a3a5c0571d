using System.Text.Json.Nodes;

namespace FunctionsApi.Tests.Infra;

/// <summary>A compiled template, or that of a module in one.</summary>
internal sealed record Template(JsonNode Json)
{
    private const string Module = "Microsoft.Resources/deployments";

    public JsonObject Parameters => Json["parameters"]!.AsObject();

    public IEnumerable<string> Outputs => Json["outputs"]!.AsObject().Select(output => output.Key);

    /// <summary>The template of each module by its symbol in main.bicep.</summary>
    public IReadOnlyDictionary<string, Template> Modules => Json["resources"]!.AsObject()
        .Where(resource => resource.Value!["type"]!.GetValue<string>() == Module)
        .ToDictionary(module => module.Key, module => new Template(module.Value!["properties"]!["template"]!));

    /// <summary>A resource by its symbol in the module's file.</summary>
    public JsonNode Resource(string symbol) => Json["resources"]![symbol]!;

    /// <summary>A variable as the template has it: with expressions, and without what the compiler has inlined.</summary>
    public JsonNode Variable(string name) => Json["variables"]![name]!;
}
