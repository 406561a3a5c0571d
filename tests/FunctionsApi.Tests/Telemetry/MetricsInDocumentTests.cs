using System.Diagnostics.Metrics;
using FunctionsApi.Telemetry;
using FunctionsApi.Tests.Docs;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Telemetry;

public sealed class MetricsInDocumentTests
{
    [Fact]
    public async Task The_table_has_every_metric_with_its_unit_and_no_other()
    {
        await using var host = await TestHost.StartAsync();
        var metrics = host.Services.GetRequiredService<QuotaMetrics>();
        var published = new List<string>();
        using (var listener = new MeterListener())
        {
            listener.InstrumentPublished = (instrument, _) =>
            {
                if (ReferenceEquals(instrument.Meter, metrics.Meter))
                    published.Add($"{instrument.Name} {instrument.Unit}");
            };
            listener.Start();
        }

        new Document("docs/operations.md").RowsAbout(code => code.StartsWith("functionsapi.", StringComparison.Ordinal))
            .Select(row => $"{row[0]} {row[1]}")
            .ShouldBe(published, ignoreOrder: true);
    }
}
