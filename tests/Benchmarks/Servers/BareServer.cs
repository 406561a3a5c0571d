// The least that an endpoint can do which answers POST /infer: parse the body where Kestrel received it, check it, write
// the answer in one piece. No authentication, no quota that anybody could reach, no usage.

using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
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
        app.MapPost(Work.Path, headers ? AnswerWithHeadersAsync : AnswerAsync);
        await app.StartAsync();
        await Console.Out.WriteLineAsync(ServerProcess.Announcement + app.Urls.First());
        await app.WaitForShutdownAsync();
    }

    private static void Limit(RateLimiterOptions options) => options.GlobalLimiter =
        PartitionedRateLimiter.Create<HttpContext, string>(http => RateLimitPartition.GetSlidingWindowLimiter(
            http.Request.Headers.Authorization.ToString(),
            _ => new() { PermitLimit = 1_000_000_000, Window = TimeSpan.FromSeconds(60), SegmentsPerWindow = 60 }));

    private static Task AnswerWithHeadersAsync(HttpContext http)
    {
        foreach (var (name, value) in Work.QuotaHeaders)
            http.Response.Headers[name] = value;
        return AnswerAsync(http);
    }

    private static async Task AnswerAsync(HttpContext http)
    {
        var reader = http.Request.BodyReader;
        var read = await reader.ReadAsync();
        while (!read.IsCompleted)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync();
        }

        using (var body = JsonDocument.Parse(read.Buffer))
            if (body.RootElement.TryGetProperty("deployment_id"u8, out var id) && id.ValueKind == JsonValueKind.String
                && body.RootElement.TryGetProperty("inputs"u8, out var inputs) && inputs.ValueKind == JsonValueKind.Object)
                Write(http.Response, JsonMarshal.GetRawUtf8Value(id), JsonMarshal.GetRawUtf8Value(inputs));
            else
                http.Response.StatusCode = 400;
        reader.AdvanceTo(read.Buffer.End);
    }

    private static void Write(HttpResponse response, ReadOnlySpan<byte> id, ReadOnlySpan<byte> inputs)
    {
        var beforeId = "{\"valid\":true,\"deployment_id\":"u8;
        var afterId = ",\"outputs\":"u8;
        var length = beforeId.Length + id.Length + afterId.Length + inputs.Length + 1;
        response.ContentType = "application/json";
        response.ContentLength = length;
        var rest = response.BodyWriter.GetSpan(length);
        beforeId.CopyTo(rest);
        rest = rest[beforeId.Length..];
        id.CopyTo(rest);
        rest = rest[id.Length..];
        afterId.CopyTo(rest);
        rest = rest[afterId.Length..];
        inputs.CopyTo(rest);
        rest[inputs.Length] = (byte)'}';
        response.BodyWriter.Advance(length);
    }
}
