using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>What a deployment stands for: takes its time with every request, and knows how many it had at once.</summary>
internal sealed class SlowModel : IAsyncDisposable
{
    private static readonly TimeSpan Time = TimeSpan.FromMilliseconds(100);

    private readonly WebApplication _app;
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _lock = new();

    private SlowModel()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public string Address => _app.Urls.Single();

    /// <summary>Take them and answer none.</summary>
    public bool Holds { get; set; }

    public int InFlight { get; private set; }

    public int MostInFlight { get; private set; }

    public static async Task<SlowModel> StartAsync()
    {
        var model = new SlowModel();
        await model._app.StartAsync();
        return model;
    }

    /// <summary>Forgets how many there were; now there must be none.</summary>
    public void StartCounting() => MostInFlight = InFlight;

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _app.DisposeAsync();
        _over.Dispose();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        Count(+1);
        try
        {
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _over.Token);
            using var timer = new PeriodicTimer(Time);
            do
                await timer.WaitForNextTickAsync(gone.Token);
            while (Holds);
        }
        catch (OperationCanceledException)
        {
            // Nobody waits for it any more.
        }
        finally
        {
            Count(-1);
        }
        await http.Response.WriteAsync("{}", CancellationToken.None);
    }

    private void Count(int change)
    {
        lock (_lock)
        {
            InFlight += change;
            MostInFlight = Math.Max(MostInFlight, InFlight);
        }
    }
}
