namespace FunctionsApi.Agents.Ingestion;

/// <summary>A page of a job.</summary>
/// <param name="Number">Its place in the order in which pages were found, from 0.</param>
/// <param name="Url">As it is fetched; the first page's is as it was given.</param>
/// <param name="Depth">How many links away from the first.</param>
/// <param name="State">What became of it.</param>
internal sealed record CrawlPage(int Number, string Url, int Depth, PageState State = PageState.Found)
{
    /// <summary>Where redirects led; null where there were none, or it was not read yet.</summary>
    public string? FinalUrl { get; init; }

    /// <summary>Whether another page named it as the URL under which that is to be known.</summary>
    public bool IsCanonical { get; init; }

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
    Failed,

    /// <summary>It is left out, by its site's wish or because it holds nothing that could be stored.</summary>
    Skipped,

    /// <summary>It is another page of the job under another URL, and left to that.</summary>
    Duplicate,

    /// <summary>It says what is stored.</summary>
    Unchanged,

    /// <summary>Its text is a document.</summary>
    Stored,
}
