using Xunit;

namespace FunctionsApi.Tests.Agents;

/// <summary>Tests of the agents API by a client of a tenant with the plan free, each on a server of its own.</summary>
public abstract class AgentsTests : IAsyncLifetime
{
    private protected TestHost Host { get; private set; } = null!;

    protected HttpClient Client { get; private set; } = null!;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Host = await StartAsync();
        Client = await Host.ClientAsync("acme", "alice", agents: "free");
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Client.Dispose();
        await Host.DisposeAsync();
    }

    private protected virtual Task<TestHost> StartAsync() => TestHost.StartAsync();
}
