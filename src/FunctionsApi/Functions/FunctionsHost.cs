using FunctionsApi.Settings;

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

    /// <summary>
    /// Where the program itself reaches the host: as <c>Quotas__HostAddress</c> says; else the name that the host has given itself, where that is
    /// one of this machine, as under <c>func start</c>. In Azure it is that of the whole app, and any instance may answer there.
    /// </summary>
    /// <returns>Null where it is not known.</returns>
    public static Uri? LocalAddress(IConfiguration configuration, QuotasOptions quotas) =>
        quotas.HostAddress is { } told ? new(told)
        : Uri.TryCreate($"http://{configuration["WEBSITE_HOSTNAME"]}", UriKind.Absolute, out var address) && address.IsLoopback ? address
        : null;

    /// <returns>Where clients reach the program.</returns>
    public static string Address(IConfiguration configuration)
    {
        var name = configuration["WEBSITE_HOSTNAME"] is { Length: > 0 } set ? set : "localhost:7071";
        // In Azure the name has no port.
        return name.Contains(':', StringComparison.Ordinal) ? $"http://{name}" : $"https://{name}";
    }
}
