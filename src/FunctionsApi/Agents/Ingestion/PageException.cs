namespace FunctionsApi.Agents.Ingestion;

/// <summary>A page cannot be read.</summary>
/// <param name="reason">A sentence for the tenant whose crawl it is.</param>
internal sealed class PageException(string reason) : Exception(reason);
