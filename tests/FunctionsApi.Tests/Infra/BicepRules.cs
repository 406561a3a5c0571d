// What the Bicep compiler would refuse, as far as the syntax tree of the files alone tells it: there is no compiler that
// could be installed from a package registry.

using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsApi.Tests.Infra;

internal static class BicepRules
{
    private static readonly string[] Namespaces = ["az", "sys"];
    private static readonly string[] BoundingDecorators = ["allowed", "minValue", "maxValue"];

    // https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions
    private static readonly string[] Functions =
    [
        "any", "array", "bool", "concat", "contains", "empty", "endsWith", "environment", "filter", "first", "flatten", "format", "guid",
        "indexOf", "int", "intersection", "items", "join", "json", "last", "length", "loadFileAsBase64", "loadJsonContent",
        "loadTextContent", "loadYamlContent", "map", "max", "min", "objectKeys", "range", "reduce", "replace", "resourceGroup", "resourceId",
        "skip", "sort", "split", "startsWith", "string", "subscription", "subscriptionResourceId", "substring", "take", "tenant",
        "toLower", "toObject", "toUpper", "trim", "union", "uniqueString", "uri", "utcNow",
    ];

    /// <summary>Everything that is wrong, each as <c>file: what</c>.</summary>
    public static IEnumerable<string> Problems(Templates templates) =>
        from file in templates.Files
        from problem in (IEnumerable<string>)
        [
            .. file.Value.Errors,
            .. Names(file.Value),
            .. Loaded(templates, file.Key),
            .. file.Value.Modules.SelectMany(module => Module(templates, file.Key, module)),
        ]
        select $"{file.Key}: {problem}";

    private static IEnumerable<string> Names(BicepFile file)
    {
        string[] values = [.. file.Parameters.Select(parameter => parameter.Name), .. file.Variables.Select(variable => variable.Name)];
        string[] declared =
        [
            .. values, .. file.LocalNames, .. Namespaces,
            .. file.Resources.Select(resource => resource.Name), .. file.Modules.Select(module => module.Name),
        ];
        return
        [
            .. file.UsedNames.Except(declared).Select(name => $"'{name}' is not declared"),
            .. values.Except(file.UsedNames).Select(name => $"'{name}' is not used"),
            .. file.UsedFunctions.Except(Functions).Select(name => $"there is no function '{name}'"),
        ];
    }

    private static IEnumerable<string> Loaded(Templates templates, string file) =>
        from loaded in templates.Files[file].LoadedFiles
        where !File.Exists(Path.Combine(templates.Folder, Below(file, loaded)))
        select $"loads '{loaded}', which does not exist";

    private static IEnumerable<string> Module(Templates templates, string file, BicepModule module)
    {
        if (!templates.Files.TryGetValue(Below(file, module.Path), out var target))
            return [$"module '{module.Name}' is '{module.Path}', which does not exist"];

        var given = module.Body["params"]?.AsObject() ?? [];
        var required = target.Parameters.Where(parameter => !parameter.HasDefault).Select(parameter => parameter.Name);
        return
        [
            .. InGroup(templates.Files[file], module) ? [] : (string[])[$"module '{module.Name}' does not say which resource group is its scope"],
            .. required.Where(name => !given.ContainsKey(name)).Select(name => $"module '{module.Name}' lacks '{name}'"),
            .. given.SelectMany(pair => Given(templates.Files[file], target, pair.Key, pair.Value)
                .Select(problem => $"module '{module.Name}' {problem}")),
            .. templates.Files[file].UsedOutputs
                .Where(used => used.Module == module.Name && target.Outputs.All(output => output.Name != used.Output))
                .Select(used => $"module '{module.Name}' has no output '{used.Output}'"),
        ];
    }

    private static bool InGroup(BicepFile file, BicepModule module) => file.TargetScope == "resourceGroup" || module.Body["scope"] is not null;

    private static IEnumerable<string> Given(BicepFile from, BicepFile target, string name, JsonNode? value)
    {
        if (target.Parameters.SingleOrDefault(parameter => parameter.Name == name) is not { } parameter)
            yield return $"has no parameter '{name}'";
        else if (TypeOf(from, value) is { } type && type != parameter.Type)
            yield return $"takes {parameter.Type} as '{name}', not {type}";
        else if (Source(from, value) is { } source && Bounds(source) != Bounds(parameter))
            yield return $"bounds '{name}' by {Bounds(parameter)}, but what it gets is bound by {Bounds(source)}";
        else if (value is JsonValue literal && parameter.Decorators["allowed"] is JsonArray allowed && !allowed.Any(one => JsonNode.DeepEquals(one, literal)))
            yield return $"does not allow {literal.ToJsonString()} as '{name}'";
    }

    /// <returns>Null where only the compiler knows.</returns>
    private static string? TypeOf(BicepFile file, JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => "int",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Array => "array",
        JsonValueKind.Object when value["$for"] is not null => "array",
        JsonValueKind.Object when value["$expression"] is { } text => TypeOfName(file, text.GetValue<string>()),
        JsonValueKind.Object => "object",
        _ => null,
    };

    private static string? TypeOfName(BicepFile file, string expression) =>
        expression.StartsWith('\'') ? "string"
        : file.Parameters.SingleOrDefault(parameter => parameter.Name == expression) is { } parameter ? parameter.Type
        : file.Variables.SingleOrDefault(variable => variable.Name == expression) is { } named ? TypeOf(file, named.Value)
        : null;

    private static BicepParameter? Source(BicepFile file, JsonNode? value) =>
        value is JsonObject && value["$expression"]?.GetValue<string>() is { } name
            ? file.Parameters.SingleOrDefault(parameter => parameter.Name == name)
            : null;

    private static string Bounds(BicepParameter parameter)
    {
        var bounds = BoundingDecorators.Where(parameter.Decorators.ContainsKey)
            .Select(name => $"{name} {parameter.Decorators[name]!.ToJsonString()}");
        return string.Join(", ", bounds.DefaultIfEmpty("nothing"));
    }

    private static string Below(string file, string path) =>
        Path.GetRelativePath(".", Path.Combine(Path.GetDirectoryName(file)!, path)).Replace('\\', '/');
}
