using System.CommandLine;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Load;

/// <summary><c>peers</c>: the same work in Node. Every server is one process; Node's runs its JavaScript on one thread.</summary>
internal static class PeersBenchmark
{
    public static Command Create() => LoadCommand.Create(
        "peers",
        "POST /infer by wrk: FunctionsApi, and fastify with two rate limiters. Installs the peers with npm ci.",
        async () =>
        {
            await NodePeer.InstallAsync();
            return await Product.PublishAsync();
        },
        product => async () => await product.StartAsync(),
        _ =>
        [
            new("fastify with @fastify/rate-limit", async () => await NodePeer.StartAsync("fastify-rate-limit")),
            new("fastify with rate-limiter-flexible", async () => await NodePeer.StartAsync("rate-limiter-flexible")),
        ]);
}
