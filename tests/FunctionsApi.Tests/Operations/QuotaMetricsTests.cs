using System.Diagnostics.Metrics;
using FunctionsApi.Operations;
using FunctionsApi.Quotas.Ledgers;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Operations;

public sealed class QuotaMetricsTests : IAsyncDisposable
{
    private readonly QuotaLimiter _limiter = new(new InMemoryLedger(), new(), new ManualTime());
    private readonly QuotaMetrics _metrics;
    private readonly MeterListener _listener = new();
    private readonly List<string> _heard = [];

    public QuotaMetricsTests()
    {
        _metrics = new(_limiter);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, _metrics.Meter))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) =>
            _heard.Add($"{instrument.Name} {string.Join(' ', tags.ToArray().Where(tag => tag.Value is not null).Select(tag => $"{tag.Key}={tag.Value}"))}"));
        _listener.Start();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _metrics.Dispose();
        await _limiter.DisposeAsync();
    }

    [Fact]
    public async Task Each_decision_is_counted_once_and_names_no_tenant_and_no_key()
    {
        var hourly = new Policy { Name = "requests-per-hour", Algorithm = Algorithm.FixedWindow, Limit = 1, Window = TimeSpan.FromHours(1) };
        var trial = hourly with { Name = "trial-per-hour", Limit = 5, Shadow = true };
        var charge = new Charge(new([hourly, trial]), [new(0, 1), new(1, 1)]);
        var costly = new Charge(new([hourly with { Limit = 100 }, trial]), [new(0, 1), new(1, 6)]);

        foreach (var asked in (Charge[])[charge, charge, charge.Times(3), costly])
            _metrics.Decided(Api.Agents, "free", await _limiter.AcquireAsync("key:k1", asked, TestContext.Current.CancellationToken));

        _heard.ShouldBe(
        [
            "functionsapi.decisions api=agents plan=free outcome=admitted",
            "functionsapi.decisions api=agents plan=free outcome=refused policy=requests-per-hour",
            "functionsapi.decisions api=agents plan=free outcome=exceeds_limit policy=requests-per-hour",
            "functionsapi.decisions api=agents plan=free outcome=admitted",
            "functionsapi.shadow_refusals api=agents plan=free policy=trial-per-hour",
        ]);
    }
}
