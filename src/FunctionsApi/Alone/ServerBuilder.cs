namespace FunctionsApi.Alone;

/// <summary>What the server has in common wherever it is hosted: configuration, addresses, logging.</summary>
internal static class ServerBuilder
{
    // dotnet run builds for debugging. A launchSettings.json would say the same, and make dotnet run print a line of its own
    // before each command's output.
#if DEBUG
    private static string DefaultEnvironment => Environments.Development;
#else
    private static string DefaultEnvironment => Environments.Production;
#endif

    public static WebApplicationBuilder Create()
    {
        // No watching of files: settings are read once, at start.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
            EnvironmentName = Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT")
                ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT")
                ?? DefaultEnvironment,
        });
        builder.Logging
            .AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning)
            // It warns, with a stack trace, of connections that their clients break off: anybody could fill the log.
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error)
            // It logs with a stack trace, as an error, what Server says in a sentence.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical)
            // Kestrel starts an activity for every request as long as anybody could log it.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        return builder;
    }

    public static void Listen(this WebApplicationBuilder builder)
    {
        var urls = Urls(builder.Configuration);
        builder.WebHost.UseUrls(urls);
        // It costs time at start, and few listen so.
        if (urls.Contains("https:", StringComparison.OrdinalIgnoreCase))
            builder.WebHost.UseKestrelHttpsConfiguration();
    }

    /// <summary>Where to listen, separated by semicolons.</summary>
    public static string Urls(IConfiguration configuration) => configuration["URLS"] is { Length: > 0 } urls ? urls : "http://127.0.0.1:7071";
}
