using System.Reflection;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;

namespace FunctionsApi.Functions;

/// <summary>A function that HTTP triggers, as its attributes say: the one table of routes.</summary>
/// <param name="Name">That of the function.</param>
/// <param name="Route">A route template without a leading slash.</param>
/// <param name="Methods">In capitals; none is all of them.</param>
/// <param name="Method">Takes the request alone, and has answered it when it returns.</param>
internal sealed record HttpFunction(string Name, string Route, IReadOnlyList<string> Methods, MethodInfo Method)
{
    /// <summary>
    /// Those of the program, by the index that the build makes of the attributes. The host is told the same; and to look for attributes
    /// on every type would delay the start.
    /// </summary>
    public static IReadOnlyList<HttpFunction> All { get; } =
        [.. new GeneratedFunctionMetadataProvider().GetFunctionMetadataAsync("").GetAwaiter().GetResult().Select(Read).OfType<HttpFunction>()];

    /// <summary>
    /// The function as ASP.NET Core calls it, on one instance of its class for the whole process. The first request makes it: the start
    /// does not wait for what only some requests need. Where that fails, the next request tries again.
    /// </summary>
    public RequestDelegate CreateDelegate(IServiceProvider services)
    {
        var call = new Lazy<Func<HttpRequest, Task>>(() => Method.CreateDelegate<Func<HttpRequest, Task>>(
            Method.IsStatic ? null : ActivatorUtilities.CreateInstance(services, Method.DeclaringType!)), LazyThreadSafetyMode.PublicationOnly);
        return http => call.Value(http.Request);
    }

    /// <returns>Null where something else triggers it.</returns>
    private static HttpFunction? Read(IFunctionMetadata function)
    {
        foreach (var text in function.RawBindings!)
        {
            var binding = JsonElement.Parse(text);
            if (binding.GetProperty("type").GetString() == "httpTrigger")
                return new(function.Name!, binding.GetProperty("route").GetString()!, MethodsOf(binding), MethodOf(function.EntryPoint!));
        }

        return null;
    }

    private static string[] MethodsOf(JsonElement trigger)
    {
        if (!trigger.TryGetProperty("methods", out var listed))
            return [];
        var methods = new string[listed.GetArrayLength()];
        for (var i = 0; i < methods.Length; i++)
            methods[i] = listed[i].GetString()!.ToUpperInvariant();
        return methods;
    }

    /// <param name="entryPoint">Its class's whole name, and its own.</param>
    private static MethodInfo MethodOf(string entryPoint)
    {
        var end = entryPoint.LastIndexOf('.');
        return typeof(HttpFunction).Assembly.GetType(entryPoint[..end], throwOnError: true)!.GetMethod(entryPoint[(end + 1)..])!;
    }
}
