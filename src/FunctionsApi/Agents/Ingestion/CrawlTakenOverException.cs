namespace FunctionsApi.Agents.Ingestion;

/// <summary>Somebody else works on the job by now: there is nothing left to do here.</summary>
internal sealed class CrawlTakenOverException() : Exception("Somebody else works on this crawl job by now.");
