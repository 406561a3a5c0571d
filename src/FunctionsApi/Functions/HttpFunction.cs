using System.Reflection;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Functions;

/// <summary>A function that HTTP triggers, as its attributes say: the one table of routes.</summary>
/// <param name="Name">That of the function.</param>
/// <param name="Route">A route template without a leading slash.</param>
/// <param name="Methods">In capitals; none is all of them.</param>
/// <param name="Method">Takes the request alone, and has answered it when it returns.</param>
internal sealed record HttpFunction(string Name, string Route, IReadOnlyList<string> Methods, MethodInfo Method)
{
    // Looking for attributes on every type would delay the start; a test holds the classes to this name.
    private const string Suffix = "Functions";

    /// <summary>Those of the program.</summary>
    public static IReadOnlyList<HttpFunction> All { get; } =
        [.. typeof(HttpFunction).Assembly.GetTypes().Where(type => type.Name.EndsWith(Suffix, StringComparison.Ordinal)).SelectMany(In)];

    /// <summary>Those of a class.</summary>
    public static IEnumerable<HttpFunction> In(Type type) =>
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        let function = method.GetCustomAttribute<FunctionAttribute>()
        where function is not null
        from parameter in method.GetParameters()
        let trigger = parameter.GetCustomAttribute<HttpTriggerAttribute>()
        where trigger is not null
        select new HttpFunction(function.Name, trigger.Route!, [.. (trigger.Methods ?? []).Select(word => word.ToUpperInvariant())], method);

    /// <summary>The function as ASP.NET Core calls it, on one instance of its class for the whole process.</summary>
    public RequestDelegate CreateDelegate(IServiceProvider services)
    {
        var instance = Method.IsStatic ? null : ActivatorUtilities.CreateInstance(services, Method.DeclaringType!);
        var call = Method.CreateDelegate<Func<HttpRequest, Task>>(instance);
        return http => call(http.Request);
    }
}
