using FunctionsApi.EndToEnd.Tests.Hosting;
using FunctionsApi.TestKit.Hosting;
using FunctionsApi.TestKit.TaskHubs;

namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>Several Functions hosts on one Azurite, each with a worker and its share of one task hub.</summary>
internal sealed class EntityCluster : IAsyncDisposable
{
    private readonly List<Task<Member>> _members = [];

    private EntityCluster(Azurite azurite) => (Azurite, Installation) = (azurite, new(azurite.ConnectionString));

    public Azurite Azurite { get; }

    public Installation Installation { get; }

    public static async Task<EntityCluster> StartAsync(int hosts, string plans)
    {
        var cluster = new EntityCluster(await Azurite.StartAsync());
        try
        {
            await cluster.Installation.ApplyPlansAsync(plans);
            for (var i = 0; i < hosts; i++)
                cluster._members.Add(cluster.StartHostAsync());
            await Task.WhenAll(cluster._members);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Clients of each host; they follow it when it is replaced.</summary>
    public IEnumerable<Func<Task<HttpClient>>> Clients(ApiKey key, int ofEach) => Enumerable.Range(0, _members.Count)
        .SelectMany(i => Enumerable.Repeat(async () => (await _members[i]).Host.Client(key), ofEach));

    /// <summary>SIGKILL for host and worker, and others in their place, which nobody waits for here.</summary>
    public async Task KillAndReplaceAsync(int host)
    {
        var killed = await _members[host];
        _members[host] = StartHostAsync();
        await killed.Host.AbandonAsync();
        await killed.DisposeAsync();
    }

    /// <summary>SIGKILL for a host's worker; the host starts another.</summary>
    public async Task KillWorkerAsync(int host) => await (await _members[host]).Host.Worker.KillAsync();

    public Task ReadyAsync() => Task.WhenAll(_members);

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members.Where(member => !member.IsFaulted))
            await (await member).DisposeAsync();
        await Installation.DisposeAsync();
        await Azurite.DisposeAsync();
    }

    private async Task<Member> StartHostAsync()
    {
        var hub = new HostedTaskHub(new(Azurite.ConnectionString) { Name = "FunctionsApi", PartitionCount = 4 });
        return new(await Installation.ServeBehindHostAsync(hub, ("AzureWebJobsStorage", Azurite.ConnectionString), ("Quotas__WhenLedgerUnavailable", "deny")), hub);
    }

    private sealed record Member(FunctionsHost Host, HostedTaskHub Hub) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Host.DisposeAsync();
            await Hub.DisposeAsync();
        }
    }
}
