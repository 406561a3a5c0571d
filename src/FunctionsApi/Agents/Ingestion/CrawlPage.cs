namespace FunctionsApi.Agents.Ingestion;

/// <summary>A page of a job.</summary>
/// <param name="Number">Its place in the order in which pages were found, from 0.</param>
/// <param name="Url">Absolute, without a fragment but for the first page's, which is as it was given.</param>
/// <param name="Depth">How many links away from the first.</param>
/// <param name="State">What became of it.</param>
internal sealed record CrawlPage(int Number, string Url, int Depth, PageState State = PageState.Found)
{
    /// <summary>Why nothing was stored; null where something was.</summary>
    public string? Error { get; init; }

    /// <summary>Its version; null where it is not stored yet.</summary>
    public string? ETag { get; init; }
}

internal enum PageState
{
    /// <summary>Not done yet.</summary>
    Found,

    /// <summary>It could not be read.</summary>
    Unread,

    /// <summary>It was read, and holds no text.</summary>
    Empty,

    /// <summary>Its text is a document.</summary>
    Stored,
}
