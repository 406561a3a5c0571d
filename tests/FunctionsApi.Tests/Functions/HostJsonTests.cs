using System.Text.Json;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Functions;
using FunctionsApi.Tests.Docs;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Functions;

/// <summary>host.json says what docs/hosting.md explains, in members and types that the host knows.</summary>
public sealed class HostJsonTests
{
    /// <summary>From the host's documentation of host.json, version 2: what we set of it.</summary>
    private static readonly Dictionary<string, JsonValueKind> Members = new()
    {
        ["version"] = JsonValueKind.String,
        ["telemetryMode"] = JsonValueKind.String,
        ["functionTimeout"] = JsonValueKind.String,
        ["extensions.durableTask.hubName"] = JsonValueKind.String,
        ["extensions.durableTask.maxConcurrentEntityFunctions"] = JsonValueKind.Number,
        ["extensions.durableTask.maxEntityOperationBatchSize"] = JsonValueKind.Number,
        ["extensions.durableTask.extendedSessionsEnabled"] = JsonValueKind.False,
        ["extensions.durableTask.storageProvider.type"] = JsonValueKind.String,
        ["extensions.durableTask.storageProvider.partitionCount"] = JsonValueKind.Number,
        ["extensions.durableTask.storageProvider.maxQueuePollingInterval"] = JsonValueKind.String,
        ["extensions.durableTask.storageProvider.controlQueueVisibilityTimeout"] = JsonValueKind.String,
        ["extensions.durableTask.tracing.traceInputsAndOutputs"] = JsonValueKind.False,
        ["extensions.durableTask.tracing.distributedTracingEnabled"] = JsonValueKind.False,
        ["extensions.http.routePrefix"] = JsonValueKind.String,
        ["extensions.http.maxConcurrentRequests"] = JsonValueKind.Number,
        ["extensions.http.maxOutstandingRequests"] = JsonValueKind.Number,
        ["extensions.http.dynamicThrottlesEnabled"] = JsonValueKind.False,
        ["extensions.queues.batchSize"] = JsonValueKind.Number,
        ["extensions.queues.newBatchThreshold"] = JsonValueKind.Number,
        ["extensions.queues.maxPollingInterval"] = JsonValueKind.String,
        ["extensions.queues.visibilityTimeout"] = JsonValueKind.String,
        ["extensions.queues.maxDequeueCount"] = JsonValueKind.Number,
        ["extensions.queues.messageEncoding"] = JsonValueKind.String,
        ["concurrency.dynamicConcurrencyEnabled"] = JsonValueKind.False,
        ["logging.fileLoggingMode"] = JsonValueKind.String,
        ["logging.logLevel.default"] = JsonValueKind.String,
        ["logging.logLevel.Azure.Core"] = JsonValueKind.String,
        ["logging.logLevel.FunctionsApi"] = JsonValueKind.String,
        ["logging.logLevel.Host.Function.Console"] = JsonValueKind.String,
        ["logging.logLevel.Host.Results"] = JsonValueKind.String,
        ["logging.logLevel.Host.Aggregator"] = JsonValueKind.String,
    };

    private static readonly IReadOnlyDictionary<string, JsonElement> Set =
        Leaves("", JsonElement.Parse(File.ReadAllText(Path.Combine(Document.Repository, "host.json")))).ToDictionary();

    [Fact]
    public void Every_member_is_one_that_the_host_knows_and_of_its_type() =>
        Set.Select(member => (member.Key, member.Value.ValueKind)).ShouldBe(Members.Select(member => (member.Key, member.Value)), ignoreOrder: true);

    [Fact]
    public void Paths_are_what_clients_send() => Set["extensions.http.routePrefix"].GetString().ShouldBeEmpty();

    [Fact]
    public void The_program_ends_a_request_before_the_host_kills_the_program_for_it() =>
        TimeSpan.Parse(Set["functionTimeout"].GetString()!).ShouldBeGreaterThan(RequestDeadline.Limit);

    [Fact]
    public void A_crawl_jobs_turn_ends_by_itself_before_that() =>
        (CrawlRun.Turn + CrawlJobs.ClaimLength).ShouldBeLessThan(RequestDeadline.Limit);

    [Fact]
    public void The_host_refuses_nobody_itself()
    {
        Set["extensions.http.maxConcurrentRequests"].GetInt32().ShouldBe(-1);
        Set["extensions.http.maxOutstandingRequests"].GetInt32().ShouldBe(-1);
    }

    [Fact]
    public void Every_choice_is_explained()
    {
        var explained = File.ReadAllText(Path.Combine(Document.Repository, "docs", "hosting.md"));
        foreach (var member in Set.Keys.Where(member => member != "version").Select(member => member.Split('.')[^1]))
            explained.ShouldContain($"{member}`", Case.Sensitive);
    }

    private static IEnumerable<KeyValuePair<string, JsonElement>> Leaves(string path, JsonElement element) =>
        element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject().SelectMany(member => Leaves(path.Length == 0 ? member.Name : $"{path}.{member.Name}", member.Value))
            : [new(path, element)];
}
