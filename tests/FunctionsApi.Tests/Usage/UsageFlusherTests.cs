using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Telemetry;
using FunctionsApi.Usage;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Usage;

public sealed class UsageFlusherTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly FailingTableStore _store = new(new InMemoryTableStore());
    private readonly UsageRecorder _recorder;
    private readonly QuotaMetrics _metrics = new();
    private readonly UsageFlusher _flusher;

    public UsageFlusherTests()
    {
        _recorder = new(new(_store), _time.GetUtcNow);
        _flusher = new(_recorder, _metrics, _time, NullLogger<UsageFlusher>.Instance);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _flusher.Dispose();
        _recorder.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task Usage_is_written_within_five_seconds()
    {
        await _flusher.StartAsync(Cancel);
        Admit();

        _time.Advance(TimeSpan.FromSeconds(5));

        (await _store.NextWriteAsync(Cancel)).ShouldBeTrue();
        await _flusher.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_failed_flush_does_not_end_the_flushing()
    {
        await _flusher.StartAsync(Cancel);
        Admit();
        _store.Fails = true;
        _time.Advance(UsageFlusher.Interval);
        (await _store.NextWriteAsync(Cancel)).ShouldBeFalse();

        _store.Fails = false;
        _time.Advance(UsageFlusher.Interval);

        (await _store.NextWriteAsync(Cancel)).ShouldBeTrue();
        await _flusher.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_clean_stop_writes_the_rest()
    {
        await _flusher.StartAsync(Cancel);
        Admit();

        await _flusher.StopAsync(Cancel);

        (await _store.NextWriteAsync(Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_stop_that_cannot_write_tries_again()
    {
        await _flusher.StartAsync(Cancel);
        Admit();
        _store.Fails = true;
        var stopping = _flusher.StopAsync(Cancel);
        (await _store.NextWriteAsync(Cancel)).ShouldBeFalse();

        _store.Fails = false;
        while (!stopping.IsCompleted)
            _time.Advance(UsageFlusher.Interval);

        (await _store.NextWriteAsync(Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_stop_gives_up_when_it_must()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await _flusher.StartAsync(Cancel);
        Admit();
        _store.Fails = true;
        var stopping = _flusher.StopAsync(patience.Token);
        (await _store.NextWriteAsync(Cancel)).ShouldBeFalse();

        await patience.CancelAsync();

        await stopping;
        _store.Writes.ShouldBe(1);
    }

    private void Admit() => _recorder.Counter("acme", "k1", ApiKind.Agents, "search")
        .Decided(new(new Charge(new([]), []), Instant.FromUnixSeconds(0)) { Outcome = Outcome.Admitted });
}
