using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsApi.Tests.Docs;

namespace FunctionsApi.Tests.Infra;

/// <summary>
/// What is deployed to Azure, as <c>tests/Infra/read.mjs</c> understands it. Where Node or its packages are missing, tests are
/// skipped, but not where <c>CI=true</c>: there nobody would notice.
/// </summary>
internal static class InfraFiles
{
    private static readonly JsonSerializerOptions Names = new(JsonSerializerDefaults.Web);
    private static readonly string Reader = Path.Combine(Document.Repository, "tests", "Infra");

    public static string Folder { get; } = Path.Combine(Document.Repository, "infra");

    public static string Hooks { get; } = Path.Combine(Folder, "hooks");

    public static Document Readme { get; } = new(Path.Combine("infra", "README.md"));

    private static readonly Lazy<Task<Templates>> Ours = new(() => ReadTemplatesAsync(Folder));

    /// <summary>The templates that this repository deploys.</summary>
    public static async Task<Templates> TemplatesAsync()
    {
        RequireReader();
        return await Ours.Value;
    }

    /// <summary>Every Bicep file below a folder.</summary>
    public static async Task<Templates> ReadTemplatesAsync(string folder)
    {
        var paths = Directory.EnumerateFiles(folder, "*.bicep", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        var read = (await ReadAsync(paths)).Deserialize<Dictionary<string, BicepFile>>(Names)!;
        return new(folder, read.ToDictionary(file => Path.GetRelativePath(folder, file.Key).Replace('\\', '/'), file => file.Value));
    }

    /// <summary>What makes no sense in a PowerShell script.</summary>
    public static async Task<string[]> PowerShellErrorsAsync(string path) =>
        (await ReadAsync([path])).AsObject().Single().Value!["errors"].Deserialize<string[]>()!;

    public static async Task<JsonNode> AzureYamlAsync() =>
        (await ReadAsync([Path.Combine(Document.Repository, "azure.yaml")])).AsObject().Single().Value!;

    public static JsonObject ParametersFile() =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "main.parameters.json")))!["parameters"]!.AsObject();

    private static async Task<JsonNode> ReadAsync(string[] paths)
    {
        RequireReader();
        var ended = await Command.RunAsync("node", [Path.Combine(Reader, "read.mjs"), .. paths]);
        return ended.ExitCode == 0 ? JsonNode.Parse(ended.Output)! : throw new InvalidOperationException(ended.Errors);
    }

    private static void RequireReader() => Command.Require(
        Directory.Exists(Path.Combine(Reader, "node_modules")) && Command.Exists("node"), "Node with its packages (run npm ci in tests/Infra)");
}
