// A run goes through the pages of a job one by one. For each: read it, note the pages that it links to, store its text, note
// that it is done. A worker that is killed in between leaves a page that is not noted as done, and the next run does it again from
// the first step that is missing:
//
//   killed after            next run
//   reading                 reads again
//   noting the links        reads again, and finds its links known
//   storing the text        finds the text stored by this job, and does not read again
//   noting that it is done  goes on with the next page

using FunctionsApi.Agents.Ingestion.Reading;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>Runs a claimed job: the page that it starts with, and what that and the site's sitemaps lead to, nearest first.</summary>
internal sealed partial class CrawlRun(
    CrawlJobs jobs, CrawlPages pages, DocumentTable documents, PageReader reader, Sitemaps sitemaps, TimeProvider time, ILogger<CrawlRun> logger)
{
    /// <summary>
    /// After so long a run ends and the job goes back into the queue, behind those that have waited. The Functions host bears
    /// no run of more than 10 minutes.
    /// </summary>
    public static readonly TimeSpan Turn = TimeSpan.FromMinutes(5);

    /// <param name="claimed">The job.</param>
    /// <param name="stay">Asked before each page and while one waits; false where another worker has the message by now.</param>
    /// <param name="cancellationToken">Breaks the run off.</param>
    /// <returns>Whether the job is finished; otherwise it is released.</returns>
    /// <exception cref="CrawlTakenOverException">Another worker has the job by now, or it is cancelled.</exception>
    public async Task<bool> GoAsync(ClaimedJob claimed, Func<CancellationToken, Task<bool>> stay, CancellationToken cancellationToken)
    {
        var hold = new Hold(jobs, claimed, stay, time);
        var end = time.GetUtcNow() + Turn;
        var all = new CrawlFrontier(claimed.Job, await pages.ReadAsync(claimed.Job.Id, cancellationToken));
        var maybeStored = all.Count > 0;
        if (all.Count == 0)
            all.Add(await pages.AddAsync(claimed.Job.Id, [new(0, claimed.Job.Url, Depth: 0)], cancellationToken));

        for (var number = all.First; number < all.Count; number++)
        {
            if (time.GetUtcNow() >= end)
            {
                await jobs.ReleaseAsync(hold.Claimed, cancellationToken);
                return false;
            }

            await hold.KeepAsync(cancellationToken);
            all.Set(await DoAsync(hold, all, all[number], maybeStored, cancellationToken));
            await pages.NoteAsync(claimed.Job.Id, all[number], cancellationToken);
            maybeStored = false;
            await hold.NoteAsync(all.Counted, cancellationToken);
        }

        // Where it was interrupted between the two notes on the last page, the job has not been told of it.
        await jobs.FinishAsync(hold.Claimed with { Job = all.Counted }, all.Error, cancellationToken);
        return true;
    }

    private async Task<CrawlPage> DoAsync(Hold hold, CrawlFrontier all, CrawlPage page, bool maybeStored, CancellationToken cancellationToken)
    {
        var (tenant, job) = (hold.Claimed.Tenant, hold.Claimed.Job);
        var id = Document.IdOf(page.Url);
        if (maybeStored && await documents.FindInfoAsync(tenant, id, cancellationToken) is { } stored && stored.Job == job.Id)
            return page with { State = PageState.Stored };
        try
        {
            return await ReadAsync(hold, all, page, cancellationToken);
        }
        catch (PageException refused)
        {
            if (refused.Fault == PageFault.Gone)
                await documents.DeleteAsync(tenant, id, cancellationToken);
            return page with { State = refused.Fault == PageFault.Skipped ? PageState.Skipped : PageState.Failed, Error = refused.Message };
        }
        catch (Exception exception) when (exception is not (TableStoreException or OperationCanceledException or CrawlTakenOverException))
        {
            Log.PageFailed(logger, exception, job.Id, page.Number);
            return page with { State = PageState.Failed, Error = "The page could not be read." };
        }
    }

    private async Task<CrawlPage> ReadAsync(Hold hold, CrawlFrontier all, CrawlPage page, CancellationToken cancellationToken)
    {
        var (tenant, job) = (hold.Claimed.Tenant, hold.Claimed.Job);
        // Where the page began, and where redirects led in the end.
        Document? first = null, stored = null;
        var answer = await reader.ReadAsync(new(page.Url), VersionAsync, hold.KeepAsync, cancellationToken);
        await AddLinksAsync(hold, all, page, answer.Url, answer.Page?.Links ?? stored!.Links, cancellationToken);

        if (answer.Url != new Uri(page.Url))
            page = page with { FinalUrl = answer.Url.AbsoluteUri };
        if (all.InPlaceOf(page, answer.Url, answer.Page?.Canonical) is { } other)
        {
            if (other.Number == all.Count)
                all.Add(await pages.AddAsync(job.Id, [other], cancellationToken));
            await ForgetMovedAsync(tenant, first, other.FinalUrl ?? other.Url, cancellationToken);
            return page with { State = PageState.Duplicate, Error = "It is another page of this crawl under a second URL." };
        }

        await ForgetMovedAsync(tenant, first, answer.Url.AbsoluteUri, cancellationToken);
        if (answer.Page is { } read)
            return await StoreAsync(tenant, job.Id, page, answer, read, cancellationToken);
        // Where it was deleted meanwhile, that is what its tenant wanted.
        return await documents.TouchAsync(tenant, stored!.Info.Id, time.GetUtcNow(), job.Id, cancellationToken)
            ? page with { State = PageState.Unchanged }
            : page with { State = PageState.Skipped, Error = "It was deleted while it was read." };

        async Task<PageVersion?> VersionAsync(Uri at, CancellationToken cancelled)
        {
            stored = await documents.FindAsync(tenant, Document.IdOf(at.AbsoluteUri), cancelled);
            if (at == new Uri(page.Url))
                first = stored;
            return VersionOf(stored?.Info);
        }
    }

    // A page that had a text of its own, and is another one now, is not to be found twice.
    private async Task ForgetMovedAsync(string tenant, Document? stored, string url, CancellationToken cancellationToken)
    {
        if (stored is not null && stored.Info.Id != Document.IdOf(url))
            await documents.DeleteAsync(tenant, stored.Info.Id, cancellationToken);
    }

    private async Task<CrawlPage> StoreAsync(
        string tenant, string job, CrawlPage page, PageAnswer answer, Page read, CancellationToken cancellationToken)
    {
        var document = Document.Of(answer.Url.AbsoluteUri, read.Title, read.Text, time.GetUtcNow());
        if (read.Tags.NoIndex)
        {
            await documents.DeleteAsync(tenant, document.Info.Id, cancellationToken);
            return page with { State = PageState.Skipped, Error = "It asks not to be indexed." };
        }

        if (read.Text.Length == 0)
            return page with { State = PageState.Skipped, Error = "It holds no text." };
        document = document with
        {
            Info = document.Info with { Job = job, SourceETag = answer.Version.ETag, SourceLastModified = answer.Version.LastModified },
            Links = read.Links,
        };
        return await documents.PutAsync(tenant, document, cancellationToken) switch
        {
            PutOutcome.Stored => page with { State = PageState.Stored },
            PutOutcome.Unchanged => page with { State = PageState.Unchanged },
            PutOutcome.TooManyDocuments => page with { State = PageState.Skipped, Error = "You have stored as many documents as you may. Delete some, and crawl again." },
            _ => page with { State = PageState.Skipped, Error = "Your documents would hold more text than they may. Delete some, and crawl again." },
        };
    }

    private async Task AddLinksAsync(
        Hold hold, CrawlFrontier all, CrawlPage page, Uri at, IReadOnlyList<string> links, CancellationToken cancellationToken)
    {
        var job = hold.Claimed.Job;
        all.Add(await pages.AddAsync(job.Id, all.New(page, at, links), cancellationToken));
        if (page.Number == 0 && job.MaxDepth > 0 && all.Count < job.MaxPages)
        {
            var listed = await sitemaps.ReadAsync(at, job.MaxPages, hold.KeepAsync, cancellationToken);
            all.Add(await pages.AddAsync(job.Id, all.New(page, at, listed), cancellationToken));
        }
    }

    private static PageVersion? VersionOf(DocumentInfo? stored) =>
        stored is { SourceETag: null, SourceLastModified: null } or null ? null : new(stored.SourceETag, stored.SourceLastModified);

    /// <summary>A job that is held while a run works on it.</summary>
    private sealed class Hold(CrawlJobs jobs, ClaimedJob claimed, Func<CancellationToken, Task<bool>> stay, TimeProvider time)
    {
        private DateTimeOffset _renewedAt = time.GetUtcNow();

        public ClaimedJob Claimed { get; private set; } = claimed;

        /// <summary>Keeps the message and the job, once a third of the time is over for which the job is held.</summary>
        /// <exception cref="CrawlTakenOverException">Another worker has one of them, or the job is cancelled.</exception>
        public async Task KeepAsync(CancellationToken cancellationToken)
        {
            if (!await stay(cancellationToken))
                throw new CrawlTakenOverException();
            if (time.GetUtcNow() - _renewedAt < CrawlJobs.ClaimLength / 3)
                return;
            Claimed = await jobs.RenewAsync(Claimed, cancellationToken);
            _renewedAt = time.GetUtcNow();
        }

        /// <summary>Notes that a page more is done.</summary>
        /// <exception cref="CrawlTakenOverException">Another worker has the job, or it is cancelled.</exception>
        public async Task NoteAsync(CrawlJob job, CancellationToken cancellationToken)
        {
            Claimed = await jobs.NoteAsync(Claimed with { Job = job }, cancellationToken);
            _renewedAt = time.GetUtcNow();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Page {Number} of crawl job {Id} failed in a way that nobody thought of")]
        public static partial void PageFailed(ILogger logger, Exception exception, string id, int number);
    }
}
