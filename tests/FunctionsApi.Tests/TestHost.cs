using System.Net.Http.Headers;
using FunctionsApi.Alone;
using FunctionsApi.Auth;
using FunctionsApi.Functions;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.Tests;

/// <summary>The whole server in this process, on a real socket of its own, with a store in memory and a clock by hand.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestHost(WebApplication app, ITableStore store, ManualTime time)
    {
        (_app, Store, Time) = (app, store, time);
        Address = AddressOf(app);
        Client = new() { BaseAddress = Address };
    }

    public ITableStore Store { get; }

    public ManualTime Time { get; }

    public Uri Address { get; }

    /// <summary>Without a credential.</summary>
    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public static CancellationToken Cancelled => Xunit.TestContext.Current.CancellationToken;

    /// <param name="settings">As environment variables would be, with <c>:</c> for <c>__</c>.</param>
    /// <param name="store">Empty and in memory by default.</param>
    /// <param name="map">Routes for this test alone.</param>
    /// <param name="ledger">Empty and in memory by default.</param>
    /// <param name="functions">Functions for this test alone, besides those of the program.</param>
    /// <param name="time">Its clock; one that begins as <see cref="ManualTime"/> does by default.</param>
    public static async Task<TestHost> StartAsync(
        Dictionary<string, string?>? settings = null,
        ITableStore? store = null,
        Action<WebApplication>? map = null,
        ILedger? ledger = null,
        IReadOnlyList<HttpFunction>? functions = null,
        ManualTime? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        if (ledger is not null)
            builder.Services.AddSingleton(ledger);
        store ??= new InMemoryTableStore();
        time ??= new ManualTime();
        var app = Server.Build(builder, AppSettings.Read(builder.Configuration), store, time, [.. HttpFunction.All, .. functions ?? []], map);
        await app.StartAsync(Cancelled);
        return new(app, store, time);
    }

    /// <summary>Gives a tenant subscriptions, in force at once; null leaves one as it is.</summary>
    public async Task SubscribeAsync(string tenant, string? inference = null, string? agents = null)
    {
        await Services.GetRequiredService<TenantTable>().ChangeAsync(
            tenant,
            before => before with
            {
                Inference = before.Inference with { Plan = inference ?? before.Inference.Plan },
                Agents = before.Agents with { Plan = agents ?? before.Agents.Plan },
            },
            Cancelled);
        await Services.GetRequiredService<TenantDirectory>().RefreshAsync(Cancelled);
    }

    public async Task<string> KeyAsync(string tenant, string user, string? inference = null, string? agents = null) =>
        (await Services.GetRequiredService<KeyTable>().CreateAsync(new(tenant, user, inference, agents), null, Cancelled)).Key;

    /// <summary>A client that presents a new key of its own.</summary>
    public async Task<HttpClient> ClientAsync(string tenant, string user, string? inference = null, string? agents = null) =>
        ClientWith(await KeyAsync(tenant, user, inference, agents));

    /// <summary>Waits for something that takes time by this host's clock, such as finding out that the ledger is away.</summary>
    public async Task<T> WhileTimePassesAsync<T>(Task<T> awaited)
    {
        while (true)
        {
            try
            {
                // Leaves the server time of its own to do what it does, or hours would pass until it has.
                return await awaited.WaitAsync(TimeSpan.FromMilliseconds(5), Cancelled);
            }
            catch (TimeoutException)
            {
                Time.Advance(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    public HttpClient ClientWith(string credential)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        var stopping = _app.DisposeAsync().AsTask();
        // Where leases are given back to a ledger that another host has written to, trying again waits by this clock.
        while (!stopping.IsCompleted)
        {
            Time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }

        await stopping;
    }

    private static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
}
