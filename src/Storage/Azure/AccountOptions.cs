using Azure.Core;

namespace FunctionsApi.Storage.Azure;

/// <summary>How a store reaches its account; tests have their own ways.</summary>
internal sealed record AccountOptions
{
    /// <summary>For one attempt at a single row or message.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>For one attempt at a page of rows or a batch: the service itself allows 5 s for a page.</summary>
    public TimeSpan LongTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For one token: a managed identity answers in milliseconds, a developer's command line in seconds.</summary>
    public TimeSpan TokenTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public DelayStrategy Delay { get; init; } =
        DelayStrategy.CreateExponentialDelayStrategy(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));

    /// <summary>What sends requests in place of the network.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>Gives the timestamps between which the service said its time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public TimeSpan TimeoutOf(RequestTraits traits) => traits.HasFlag(RequestTraits.Long) ? LongTimeout : Timeout;
}
