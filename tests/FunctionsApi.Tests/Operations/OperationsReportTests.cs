using System.Text.Json;
using FunctionsApi.Operations;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Operations;

public sealed class OperationsReportTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 27, 9, 30, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Consumers_of_all_instances_are_added_up_and_the_largest_come_first()
    {
        var report = OperationsReport.Of(
            [
                Instance("a") with { Consumers = [new("acme", "k1", "agents", 5, 2, 1, 7), new("other", "k2", "inference", 6, 0, 0, 0)] },
                Instance("b") with { Consumers = [new("acme", "k1", "agents", 1, 1, 0, 3)] },
                Instance("c") with { Consumers = [new("acme", "k1", "agents", 1000, 0, 0, 0)], Hour = Now.AddMinutes(-90) },
            ],
            Now);

        report.Consumers.ShouldBe([new("acme", "k1", "agents", 6, 3, 1, 10), new("other", "k2", "inference", 6, 0, 0, 0)]);
        report.Consumers[0].Requests.ShouldBe(10);
    }

    [Fact]
    public void What_shadow_policies_would_have_refused_is_added_up()
    {
        var report = OperationsReport.Of(
            [Instance("a") with { Shadows = [new("acme", "agents", "crawl-per-hour", 2)] }, Instance("b") with { Shadows = [new("acme", "agents", "crawl-per-hour", 3), new("acme", "agents", "requests-per-day", 9)] }],
            Now);

        report.Shadows.ShouldBe([new("acme", "agents", "requests-per-day", 9), new("acme", "agents", "crawl-per-hour", 5)]);
    }

    [Fact]
    public void An_instance_that_says_nothing_for_30_s_is_silent_and_one_that_said_so_has_stopped()
    {
        var report = OperationsReport.Of(
            [
                Instance("a") with { At = Now.AddSeconds(-31) },
                Instance("b") with { At = Now.AddSeconds(-30) },
                Instance("c") with { Stopped = true },
            ],
            Now);

        report.Instances.Select(one => $"{one.Instance.Name} {one.State}").ShouldBe(["b running", "a silent", "c stopped"]);
    }

    [Fact]
    public void There_are_at_most_20_of_each()
    {
        var report = OperationsReport.Of([Instance("a") with { Consumers = [.. Enumerable.Range(0, 30).Select(n => new Consumer($"t{n}", "k", "agents", n, 0, 0, 0))] }], Now);

        report.Consumers.Count.ShouldBe(OperationsReport.Most);
        report.Consumers[0].Tenant.ShouldBe("t29");
    }

    [Fact]
    public async Task A_report_is_stored_whole_and_one_that_makes_no_sense_is_left_out()
    {
        var store = new InMemoryTableStore();
        var table = new InstanceTable(store);
        var written = Instance("a") with { Consumers = [new("acme", "k1", "agents", 5, 2, 1, 7)], Shadows = [new("acme", "agents", "p", 1)], Stopped = true };
        await table.WriteAsync(written, Cancel);
        await store.PutAsync(InstanceTable.Name, new(new("instances", "x"), new Dictionary<string, object> { ["at"] = Now, ["report"] = """{"id":"x"}""" }, default), Cancel);
        await store.PutAsync(InstanceTable.Name, new(new("instances", "y"), new Dictionary<string, object> { ["at"] = Now }, default), Cancel);

        var read = (await table.ListAsync(Cancel)).ShouldHaveSingleItem();

        JsonSerializer.Serialize(read, OperationsJson.Default.InstanceReport).ShouldBe(JsonSerializer.Serialize(written, OperationsJson.Default.InstanceReport));
        (read.At, read.Ledger.Last, read.Stopped).ShouldBe((written.At, written.Ledger.Last, true));
        read.Consumers.ShouldBe(written.Consumers);
    }

    private static InstanceReport Instance(string name) => new(
        name, name, "0.1.0", Now.AddHours(-1), Now, new("well", new(10, 0, 1.5, 4), 0, [new("slow", Now.AddMinutes(-5), null)]), 3, 0, Now.AddMinutes(-30), [], []);
}
