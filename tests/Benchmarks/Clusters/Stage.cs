using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Clusters;

/// <summary>An empty Azurite with one tenant on it, and servers for it.</summary>
internal sealed class Stage(Product product, AzuriteServer azurite) : IAsyncDisposable
{
    public AzuriteServer Azurite => azurite;

    /// <param name="product">Published.</param>
    /// <param name="inference">The tenant's plan.</param>
    public static async Task<Stage> StartAsync(Product product, string inference)
    {
        var stage = new Stage(product, await AzuriteServer.StartAsync());
        await stage.RunAsync("tenants", "set", "--tenant", Credentials.Tenant, "--inference", inference);
        return stage;
    }

    /// <summary>Runs a command.</summary>
    public Task RunAsync(params IEnumerable<string> arguments) => product.RunAsync(Settings(azurite.Port), arguments);

    /// <param name="storePort">Its way to the store.</param>
    public Task<ServerProcess> StartServerAsync(int storePort) => product.StartAsync(Settings(storePort));

    public ValueTask DisposeAsync() => azurite.DisposeAsync();

    private static Dictionary<string, string?> Settings(int storePort) => new(Credentials.Settings)
    {
        ["Storage__Path"] = null,
        ["Storage__Provider"] = "tables",
        ["Storage__ConnectionString"] = AzuriteServer.ConnectionString(storePort),
    };
}
