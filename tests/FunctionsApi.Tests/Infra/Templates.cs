using System.Text.Json.Nodes;

namespace FunctionsApi.Tests.Infra;

/// <summary>Bicep files by their path below <paramref name="Folder"/>.</summary>
internal sealed record Templates(string Folder, IReadOnlyDictionary<string, BicepFile> Files)
{
    public BicepFile Main => Files["main.bicep"];

    /// <summary>A resource by its name in a file.</summary>
    public BicepResource Resource(string file, string name) => Files[file].Resources.Single(resource => resource.Name == name);

    /// <summary>A variable's value.</summary>
    public JsonNode Variable(string file, string name) => Files[file].Variables.Single(variable => variable.Name == name).Value!;
}

internal sealed record BicepFile(
    string[] Errors,
    string TargetScope,
    BicepParameter[] Parameters,
    BicepVariable[] Variables,
    BicepResource[] Resources,
    BicepModule[] Modules,
    BicepOutput[] Outputs,
    string[] UsedNames,
    string[] LocalNames,
    UsedOutput[] UsedOutputs,
    string[] UsedFunctions,
    string[] LoadedFiles);

/// <param name="Name">Its name.</param>
/// <param name="Type">As <c>string</c>.</param>
/// <param name="HasDefault">It can be left out.</param>
/// <param name="Default">Null also where it has none.</param>
/// <param name="Decorators">The argument of each by its name.</param>
internal sealed record BicepParameter(string Name, string Type, bool HasDefault, JsonNode? Default, JsonObject Decorators);

internal sealed record BicepVariable(string Name, JsonNode? Value);

internal sealed record BicepResource(string Name, string Type, string ApiVersion, bool Existing, JsonNode Body);

internal sealed record BicepModule(string Name, string Path, JsonNode Body);

internal sealed record BicepOutput(string Name, string Type, JsonNode? Value);

internal sealed record UsedOutput(string Module, string Output);
