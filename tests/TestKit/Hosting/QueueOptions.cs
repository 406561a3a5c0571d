using System.Text.Json;
using Azure.Storage.Queues;

namespace FunctionsApi.TestKit.Hosting;

/// <summary>What <c>host.json</c> says about queues.</summary>
internal sealed record QueueOptions
{
    /// <summary>After which a message that failed comes again.</summary>
    public TimeSpan VisibilityTimeout { get; init; } = TimeSpan.Zero;

    /// <summary>How often a message comes before it goes to the poison queue.</summary>
    public int MaxDequeueCount { get; init; } = 5;

    /// <summary>How many messages are taken at once.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>More are taken once no more than this many are worked on.</summary>
    public int NewBatchThreshold { get; init; } = 8;

    public QueueMessageEncoding Encoding { get; init; } = QueueMessageEncoding.Base64;

    public static QueueOptions Read(JsonElement queues)
    {
        var options = new QueueOptions();
        var batchSize = Number("batchSize") ?? options.BatchSize;
        return new()
        {
            VisibilityTimeout = AppFiles.Span(Property("visibilityTimeout")) ?? options.VisibilityTimeout,
            MaxDequeueCount = Number("maxDequeueCount") ?? options.MaxDequeueCount,
            BatchSize = batchSize,
            NewBatchThreshold = Number("newBatchThreshold") ?? batchSize / 2,
            Encoding = Property("messageEncoding")?.GetString() is { } encoding ? Enum.Parse<QueueMessageEncoding>(encoding, ignoreCase: true) : options.Encoding,
        };

        JsonElement? Property(string name) => queues.TryGetProperty(name, out var value) ? value : null;
        int? Number(string name) => Property(name)?.GetInt32();
    }
}
