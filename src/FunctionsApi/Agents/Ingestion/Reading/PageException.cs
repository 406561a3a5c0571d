namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>A page has no text to store.</summary>
/// <param name="reason">A sentence for the tenant whose crawl it is.</param>
/// <param name="fault">Whose decision that is.</param>
internal sealed class PageException(string reason, PageFault fault = PageFault.Failed) : Exception(reason)
{
    public PageFault Fault { get; } = fault;
}

internal enum PageFault
{
    /// <summary>It could not be read.</summary>
    Failed,

    /// <summary>Its site says that there is no such page any more.</summary>
    Gone,

    /// <summary>It is left out, by the site's wish or because it is nothing that we read.</summary>
    Skipped,
}
