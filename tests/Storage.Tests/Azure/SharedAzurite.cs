using FunctionsApi.Storage.Azure;
using FunctionsApi.Storage.Tests.Azure;
using FunctionsApi.TestKit;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedAzurite))]

namespace FunctionsApi.Storage.Tests.Azure;

/// <summary>One Azurite for all tests, started by the first that needs it: each test has tables of its own.</summary>
public sealed class SharedAzurite : IAsyncDisposable
{
    // A machine that is busy with other tests may be slower than any service.
    internal static readonly AccountOptions Options = new() { Timeout = TimeSpan.FromSeconds(30), LongTimeout = TimeSpan.FromSeconds(30) };

    private readonly Lazy<Task<Azurite>> _azurite = new(Azurite.StartAsync);

    internal Task<Azurite> StartedAsync() => _azurite.Value;

    public async ValueTask DisposeAsync()
    {
        if (_azurite.IsValueCreated && await Task.WhenAny(_azurite.Value) is { IsCompletedSuccessfully: true, Result: var azurite })
            await azurite.DisposeAsync();
    }
}
