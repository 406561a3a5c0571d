namespace FunctionsApi.Agents.Ingestion;

/// <summary>Another worker has the job by now: there is nothing left to do here.</summary>
internal sealed class CrawlTakenOverException() : Exception("Another worker has this crawl job by now.");
