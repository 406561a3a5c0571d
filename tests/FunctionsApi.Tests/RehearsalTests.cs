using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests;

public sealed class RehearsalTests
{
    [Fact]
    public async Task Its_request_is_answered() => (await Rehearsal.RunAsync()).ShouldBe(200);

    [Fact]
    public async Task Its_figures_have_a_meter_of_another_name()
    {
        var decisions = new ConcurrentBag<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument is { Name: "functionsapi.decisions", Meter.Name: nameof(Rehearsal) })
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => decisions.Add(instrument.Meter.Name));
        listener.Start();

        await Rehearsal.RunAsync();

        decisions.ShouldNotBeEmpty();
    }
}
