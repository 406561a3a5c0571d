using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using FunctionsApi.Tests.Agents;
using Microsoft.AspNetCore.Http;
using Shouldly;
using StandardWebhooks;

namespace FunctionsApi.Tests.Alerts;

/// <summary>A tenant's server on this machine that takes webhooks, on a port of its own.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly Channel<Received> _received = Channel.CreateUnbounded<Received>();
    private TestSite _site = null!;

    public Uri Url => new(_site.Address, "hooks/quota");

    /// <summary>What it does with a message that has arrived; 204 by default.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = http =>
    {
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    };

    /// <summary>How many were received and not yet asked for.</summary>
    public int Waiting => _received.Reader.Count;

    public static async Task<Receiver> StartAsync()
    {
        var receiver = new Receiver();
        receiver._site = await TestSite.StartAsync(receiver.TakeAsync);
        return receiver;
    }

    public static RequestDelegate Status(int status) => http =>
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    /// <summary>Answers nothing, as long as anybody waits for it.</summary>
    public static async Task UntilGoneAsync(HttpContext http)
    {
        var gone = new TaskCompletionSource();
        await using var registration = http.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    public Task<Received> NextAsync() => _received.Reader.ReadAsync(TestHost.Cancelled).AsTask();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var headers = http.Request.Headers;
        await _received.Writer.WriteAsync(new(
            http.Request.Method, headers["webhook-id"]!, headers["webhook-timestamp"]!, headers["webhook-signature"]!, headers.ContentType!, await reader.ReadToEndAsync()));
        await Answer(http);
    }
}

/// <summary>A message as it was received.</summary>
internal sealed record Received(string Method, string Id, string Timestamp, string Signature, string ContentType, string Body)
{
    public JsonElement Json => JsonElement.Parse(Body);

    public JsonElement Data => Json.GetProperty("data");

    /// <summary>
    /// As the library would verify it, but for the age of the timestamp, which is by the clock of the test: a signature is the one that
    /// the library makes of the same id, time and body.
    /// </summary>
    public void ShouldBeSignedBy(string secret)
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(long.Parse(Timestamp));
        Signature.Split(' ').ShouldContain(new StandardWebhook(secret).Sign(Id, at, Body));
    }
}
