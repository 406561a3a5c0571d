using System.Collections.Concurrent;
using FunctionsApi.Agents;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Storage;
using FunctionsApi.Tests.Agents.Reading;
using FunctionsApi.Tests.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FunctionsApi.Tests.Agents;

/// <summary>A site, a store that outlives everybody, and processes that work on its queue.</summary>
internal sealed class CrawlWorld : IAsyncDisposable
{
    public const string Tenant = "acme";

    private readonly FailingTableStore _rows;
    private readonly CancellationTokenSource _over = new();
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TestSite _site = null!;

    private CrawlWorld(ITableStore rows, WatchedQueue? queues)
    {
        Rows = _rows = new(rows);
        Watched = queues;
        Queues = queues is null ? new TableQueue(Rows, Time) : queues;
        Pages = new(Rows);
        Jobs = new(Rows, Pages, Time);
        Queue = new(Queues);
        _ = TellAsync(_rows.NextWriteAsync);
        if (queues is not null)
            _ = TellAsync(queues.NextChangeAsync);
    }

    public ManualTime Time { get; } = new();

    public ITableStore Rows { get; }

    public IQueueStore Queues { get; }

    /// <summary>The same, where it was given; null where it is in the store.</summary>
    public WatchedQueue? Watched { get; }

    public CrawlPages Pages { get; }

    public CrawlJobs Jobs { get; }

    public CrawlQueue Queue { get; }

    /// <summary>The paths that were read.</summary>
    public ConcurrentQueue<string> Read { get; } = new();

    /// <summary>What the site does before it answers.</summary>
    public Func<HttpContext, Task> Before { get; set; } = _ => Task.CompletedTask;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="pages">How many pages the site has: the first links to all others.</param>
    /// <param name="rows">Null is memory.</param>
    /// <param name="queues">Null is in the store.</param>
    public static async Task<CrawlWorld> StartAsync(int pages = 1, ITableStore? rows = null, WatchedQueue? queues = null)
    {
        var world = new CrawlWorld(rows ?? new InMemoryTableStore(), queues);
        var links = string.Concat(Enumerable.Range(1, pages - 1).Select(number => $"<a class=x href='/{number}#top'>{number}</a> "));
        world._site = await TestSite.StartAsync(async http =>
        {
            if (http.Request.Path.Value is "/robots.txt" or "/sitemap.xml")
            {
                http.Response.StatusCode = 404;
                return;
            }

            world.Read.Enqueue(http.Request.Path);
            await world.Before(http);
            http.Response.ContentType = "text/html";
            await http.Response.WriteAsync($"<p>Page {http.Request.Path}</p><a href=/>home</a> {links}");
        });
        return world;
    }

    public async Task<CrawlJob> AddAsync(int maxPages = 1, bool send = true)
    {
        var job = await Jobs.AddAsync(Tenant, _site.Address.OriginalString, maxPages, maxDepth: 1, Cancel);
        if (send)
            await Queue.SendAsync(Tenant, job.Id, Cancel);
        return job;
    }

    public async Task<CrawlJob> FindAsync(string id) => (await Jobs.FindAsync(Tenant, id, Cancel))!;

    public Task<int> CountAsync(string queue = CrawlQueue.QueueName) => Queues.CountAsync(queue, Cancel);

    /// <summary>Starts a process.</summary>
    /// <param name="rows">What it sees of the store; null is the store itself.</param>
    public async Task<CrawlProcess> WorkAsync(MortalStore? rows = null)
    {
        var seen = rows ?? new MortalStore(Rows);
        var process = new CrawlProcess(seen, Watched is null ? new TableQueue(seen, Time) : new MortalQueue(Watched, seen), Time);
        await process.Worker.StartAsync(Cancel);
        return process;
    }

    /// <summary>Waits until something holds that writes to the store or to the queue bring about.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (true)
        {
            var change = _change.Task;
            if (await condition())
                return;
            await change.WaitAsync(Cancel);
        }
    }

    /// <summary>Waits until nothing is left of any job but its result.</summary>
    public Task UntilDoneAsync() => UntilAsync(async () =>
        await CountAsync() == 0 && await Rows.QueryAsync("OpenJobs", new(), Cancel).CountAsync(Cancel) == 0);

    /// <summary>Lets seconds pass until something holds.</summary>
    public async Task PassUntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _site.DisposeAsync();
    }

    /// <summary>Wakes all who wait for a change.</summary>
    private async Task TellAsync(Func<CancellationToken, ValueTask<bool>> nextAsync)
    {
        while (true)
        {
            await nextAsync(_over.Token);
            Interlocked.Exchange(ref _change, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }
}

/// <summary>A process that takes jobs from the queue.</summary>
internal sealed class CrawlProcess : IAsyncDisposable
{
    private readonly Readers _readers;
    private readonly TenantTurns _turns = new();

    public CrawlProcess(ITableStore rows, IQueueStore queues, ManualTime time)
    {
        _readers = new(time);
        Queue = new(queues);
        var pages = new CrawlPages(rows);
        var jobs = new CrawlJobs(rows, pages, time);
        var run = new CrawlRun(
            jobs, pages, new DocumentTable(rows, _turns, new(), time), _readers.Pages, _readers.Sitemaps, time, NullLogger<CrawlRun>.Instance);
        var held = new HeldMessages(Queue, time);
        Worker = new(Queue, new(new(Queue, jobs, run, NullLogger<CrawlDelivery>.Instance), held), held, time, NullLogger<CrawlWorker>.Instance);
    }

    public CrawlQueue Queue { get; }

    public CrawlWorker Worker { get; }

    public async ValueTask DisposeAsync()
    {
        await Worker.StopAsync(CancellationToken.None);
        Worker.Dispose();
        _readers.Dispose();
        _turns.Dispose();
    }
}
