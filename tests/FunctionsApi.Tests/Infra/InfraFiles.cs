using System.Text.Json.Nodes;
using FunctionsApi.Tests.Docs;
using YamlDotNet.Serialization;

namespace FunctionsApi.Tests.Infra;

/// <summary>What is deployed to Azure.</summary>
internal static class InfraFiles
{
    private static readonly Lazy<Task<Template>> Compiled = new(async () =>
    {
        var (template, diagnostics) = await BicepCompiler.CompileAsync(Main!);
        return new(template ?? throw new InvalidOperationException(diagnostics));
    });

    public static string Folder { get; } = Path.Combine(Document.Repository, "infra");

    public static string Main { get; } = Path.Combine(Folder, "main.bicep");

    public static Document Readme { get; } = new(Path.Combine("infra", "README.md"));

    /// <summary>What Bicep makes of main.bicep.</summary>
    public static Task<Template> TemplateAsync() => Compiled.Value;

    /// <summary>The template of the module that main.bicep calls so.</summary>
    public static async Task<Template> ModuleAsync(string symbol) => (await TemplateAsync()).Modules[symbol];

    public static JsonNode AzureYaml()
    {
        var yaml = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build()
            .Deserialize(File.ReadAllText(Path.Combine(Document.Repository, "azure.yaml")));
        return JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(yaml))!;
    }

    public static JsonObject ParametersFile() =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "main.parameters.json")))!["parameters"]!.AsObject();
}
