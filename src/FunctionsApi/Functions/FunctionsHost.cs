namespace FunctionsApi.Functions;

/// <summary>The Azure Functions host, as seen by the worker that it has started.</summary>
internal static class FunctionsHost
{
    // What the host gives every worker besides. Its environment decides nothing: a command that an operator gives on a machine
    // of a function app has the same.
    private const string Argument = "--functions-uri";

    // Azure keeps processes ready in which the worker is loaded without arguments.
    private const string LoadedByHost = "AZURE_FUNCTIONS_NATIVE_HOST";

    public static bool HasStarted(string[] args) => args.Contains(Argument) || AppContext.GetData(LoadedByHost) is not null;

    /// <returns>Where clients reach the program.</returns>
    public static string Address(IConfiguration configuration)
    {
        var name = configuration["WEBSITE_HOSTNAME"] is { Length: > 0 } set ? set : "localhost:7071";
        // In Azure the name has no port.
        return name.Contains(':', StringComparison.Ordinal) ? $"http://{name}" : $"https://{name}";
    }
}
