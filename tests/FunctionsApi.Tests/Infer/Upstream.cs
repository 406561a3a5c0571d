using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.Tests.Infer;

/// <summary>A model server on a real socket.</summary>
internal sealed class Upstream : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private Upstream(WebApplication app, RequestDelegate answer)
    {
        _app = app;
        app.Run(http =>
        {
            Interlocked.Increment(ref _requests);
            return answer(http);
        });
    }

    public Uri Url => new(new Uri(_app.Urls.Single()), "/predict");

    public int Requests => Volatile.Read(ref _requests);

    public static async Task<Upstream> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var upstream = new Upstream(builder.Build(), answer);
        await upstream._app.StartAsync(TestHost.Cancelled);
        return upstream;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
