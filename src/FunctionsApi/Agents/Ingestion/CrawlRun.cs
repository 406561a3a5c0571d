// A run goes through the pages of a job one by one. For each: read it, note the pages that it links to, store its text, note
// that it is done. Whoever is killed in between leaves a page that is not noted as done, and the next run does it again from
// the first step that is missing:
//
//   killed after            next run
//   reading                 reads again
//   noting the links        reads again, and finds its links known
//   storing the text        finds the text stored by this job, and does not read again
//   noting that it is done  goes on with the next page

using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>Runs a claimed job: the page that it starts with, and what that links to on the same host, nearest first.</summary>
internal sealed partial class CrawlRun(
    CrawlJobs jobs, CrawlPages pages, DocumentTable documents, PageReader reader, TimeProvider time, ILogger<CrawlRun> logger)
{
    /// <summary>
    /// After so long a run ends and the job goes back into the queue, behind those that have waited. The Functions host bears
    /// no run of more than 10 minutes.
    /// </summary>
    public static readonly TimeSpan Turn = TimeSpan.FromMinutes(5);

    /// <param name="claimed">The job.</param>
    /// <param name="stay">Asked before each page; false where the message is somebody else's by now.</param>
    /// <param name="cancellationToken">Breaks the run off.</param>
    /// <returns>Whether the job is finished; otherwise it is released.</returns>
    /// <exception cref="CrawlTakenOverException">Somebody else has the job by now.</exception>
    public async Task<bool> GoAsync(ClaimedJob claimed, Func<CancellationToken, Task<bool>> stay, CancellationToken cancellationToken)
    {
        var end = time.GetUtcNow() + Turn;
        var job = claimed.Job;
        var all = await pages.ReadAsync(job.Id, cancellationToken);
        var maybeStored = all.Count > 0;
        if (all.Count == 0)
            all = await pages.AddAsync(job.Id, [new(0, job.Url, Depth: 0)], cancellationToken);

        for (var number = all.FindIndex(page => page.State == PageState.Found); number >= 0 && number < all.Count; number++)
        {
            if (time.GetUtcNow() >= end)
            {
                await jobs.ReleaseAsync(claimed, cancellationToken);
                return false;
            }

            if (!await stay(cancellationToken))
                throw new CrawlTakenOverException();
            all[number] = await DoAsync(claimed, all, all[number], maybeStored, cancellationToken);
            await pages.NoteAsync(job.Id, all[number], cancellationToken);
            maybeStored = false;
            claimed = await jobs.NoteAsync(claimed with { Job = Count(job, all) }, cancellationToken);
        }

        // Where it was interrupted between the two notes on the last page, the job has not been told of it.
        claimed = claimed with { Job = Count(claimed.Job, all) };
        await jobs.FinishAsync(claimed, claimed.Job.Documents > 0 ? null : all[0].Error, cancellationToken);
        return true;
    }

    private async Task<CrawlPage> DoAsync(
        ClaimedJob claimed, List<CrawlPage> all, CrawlPage page, bool maybeStored, CancellationToken cancellationToken)
    {
        var id = Document.IdOf(page.Url);
        if (maybeStored && await documents.FindInfoAsync(claimed.Tenant, id, cancellationToken) is { } stored && stored.Job == claimed.Job.Id)
            return page with { State = PageState.Stored };
        try
        {
            var read = await reader.ReadAsync(new(page.Url), cancellationToken);
            await AddLinksAsync(claimed.Job, all, page, read, cancellationToken);
            if (read.Text.Length == 0)
                return page with { State = PageState.Empty, Error = "The page holds no text." };
            var document = Document.Of(page.Url, read.Title, read.Text, time.GetUtcNow());
            document = document with { Info = document.Info with { Job = claimed.Job.Id } };
            return await documents.PutAsync(claimed.Tenant, document, cancellationToken) switch
            {
                PutOutcome.TooManyDocuments => throw new PageException("You have stored as many documents as you may."),
                PutOutcome.TooManyBytes => throw new PageException("Your documents would hold more text than they may."),
                _ => page with { State = PageState.Stored },
            };
        }
        catch (PageException refused)
        {
            return page with { State = PageState.Unread, Error = refused.Message };
        }
        catch (Exception exception) when (exception is not (TableStoreException or OperationCanceledException or CrawlTakenOverException))
        {
            Log.PageFailed(logger, exception, claimed.Job.Id, page.Number);
            return page with { State = PageState.Unread, Error = "The page could not be read." };
        }
    }

    private async Task AddLinksAsync(CrawlJob job, List<CrawlPage> all, CrawlPage page, Page read, CancellationToken cancellationToken)
    {
        if (page.Depth >= job.Depth || all.Count >= job.MaxPages)
            return;
        var known = all.Select(other => Document.IdOf(other.Url)).ToHashSet();
        CrawlPage[] found =
        [
            .. read.Links.Where(link => known.Add(Document.IdOf(link)))
                .Take(job.MaxPages - all.Count)
                .Select((link, index) => new CrawlPage(all.Count + index, link, page.Depth + 1)),
        ];
        all.AddRange(await pages.AddAsync(job.Id, found, cancellationToken));
    }

    private static CrawlJob Count(CrawlJob job, List<CrawlPage> all) => job with
    {
        Pages = all.Count(page => page.State is PageState.Stored or PageState.Empty),
        Documents = all.Count(page => page.State == PageState.Stored),
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Page {Number} of crawl job {Id} failed in a way that nobody thought of")]
        public static partial void PageFailed(ILogger logger, Exception exception, string id, int number);
    }
}
