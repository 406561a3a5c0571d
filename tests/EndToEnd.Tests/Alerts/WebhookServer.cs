using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using StandardWebhooks;
using StandardWebhooks.Diagnostics;

namespace FunctionsApi.EndToEnd.Tests.Alerts;

/// <summary>What a customer writes to take webhooks: verifies each by the library, and refuses what it cannot verify.</summary>
internal sealed class WebhookServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<(string Id, string Body)> _verified = Channel.CreateUnbounded<(string, string)>();

    private WebhookServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/hooks/quota", TakeAsync);
    }

    public string Url => $"{_app.Urls.Single()}/hooks/quota";

    /// <summary>What signatures are verified with.</summary>
    public string Secret { get; set; } = "";

    /// <summary>How many messages it answers 500 after it has verified them.</summary>
    public int Failures { get; set; }

    public static async Task<WebhookServer> StartAsync()
    {
        var server = new WebhookServer();
        await server._app.StartAsync();
        return server;
    }

    /// <summary>The next message whose signature and date were good.</summary>
    public Task<(string Id, string Body)> NextAsync() => Patience.WaitAsync(_verified.Reader.ReadAsync().AsTask(), "a webhook");

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> TakeAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync();
        try
        {
            new StandardWebhook(Secret).Verify(body, request.Headers);
        }
        catch (WebhookVerificationException)
        {
            return Results.Unauthorized();
        }

        await _verified.Writer.WriteAsync((request.Headers["webhook-id"]!, body));
        return Failures-- > 0 ? Results.StatusCode(StatusCodes.Status500InternalServerError) : Results.NoContent();
    }
}
