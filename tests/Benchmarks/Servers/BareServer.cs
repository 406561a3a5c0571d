using System.CommandLine;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.Benchmarks.Servers;

/// <summary>Kestrel alone, or with ASP.NET Core's rate limiter middleware; runs in a process of its own.</summary>
internal static class BareServer
{
    private const string Verb = "bare";

    private static readonly Option<bool> WithHeaders = new("--headers");
    private static readonly Option<bool> WithLimiter = new("--limiter");

    /// <summary>The hidden verb that runs it.</summary>
    public static Command Create()
    {
        var command = new Command(Verb) { WithHeaders, WithLimiter };
        command.Hidden = true;
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(WithHeaders), arguments.GetValue(WithLimiter)));
        return command;
    }

    /// <param name="product">Whose runtime settings it shares.</param>
    /// <param name="options"><c>--headers</c> sends <see cref="Work.QuotaHeaders"/>, <c>--limiter</c> asks the middleware.</param>
    public static Task<ServerProcess> StartAsync(Product product, params IEnumerable<string> options) =>
        ServerProcess.StartAsync(Tool.Command(
            "dotnet", ["exec", "--runtimeconfig", product.RuntimeConfig, typeof(BareServer).Assembly.Location, Verb, .. options]));

    private static async Task RunAsync(bool headers, bool limiter)
    {
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        if (limiter)
            builder.Services.AddRateLimiter(Limit);
        await using var app = builder.Build();
        if (limiter)
            app.UseRateLimiter();
        app.MapPost(Work.Path, headers ? BareEndpoint.AnswerWithHeadersAsync : BareEndpoint.AnswerAsync);
        await app.StartAsync();
        await Console.Out.WriteLineAsync(ServerProcess.Announcement + app.Urls.First());
        await app.WaitForShutdownAsync();
    }

    private static void Limit(RateLimiterOptions options) => options.GlobalLimiter =
        PartitionedRateLimiter.Create<HttpContext, string>(http => RateLimitPartition.GetSlidingWindowLimiter(
            http.Request.Headers.Authorization.ToString(),
            _ => new() { PermitLimit = 1_000_000_000, Window = TimeSpan.FromSeconds(60), SegmentsPerWindow = 60 }));
}
