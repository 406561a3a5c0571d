using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Analytics.Journal;

/// <summary>The row that every append replaces.</summary>
internal sealed record JournalHead
{
    /// <summary>Of a journal that nobody has appended to.</summary>
    public static JournalHead None { get; } = new();

    /// <summary>The row's version; null where there is none.</summary>
    public string? ETag { get; init; }

    /// <summary>Names the append that wrote it.</summary>
    public string LastAppend { get; init; } = "";

    /// <summary>How the rows of the present generation of ids begin; empty before the first id.</summary>
    public string Generation { get; init; } = "";

    /// <summary>Those of the generation before; empty where there was none.</summary>
    public string GenerationBefore { get; init; } = "";

    /// <summary>When the present generation began.</summary>
    public DateTimeOffset GenerationSince { get; init; }

    /// <summary>The page of ids that is not full yet.</summary>
    public int IdPage { get; init; }

    /// <summary>How the rows of events of the day begin on which something was appended last.</summary>
    public string Day { get; init; } = "";

    /// <summary>That day's page of events that is not full yet.</summary>
    public int EventPage { get; init; }

    public static JournalHead From(TableRow row) => new()
    {
        ETag = row.ETag,
        LastAppend = (string)row.Values["lastAppend"],
        Generation = (string)row.Values["generation"],
        GenerationBefore = (string)row.Values["generationBefore"],
        GenerationSince = (DateTimeOffset)row.Values["generationSince"],
        IdPage = (int)(long)row.Values["idPage"],
        Day = (string)row.Values["day"],
        EventPage = (int)(long)row.Values["eventPage"],
    };

    public Dictionary<string, object> Columns() => new()
    {
        ["lastAppend"] = LastAppend,
        ["generation"] = Generation,
        ["generationBefore"] = GenerationBefore,
        ["generationSince"] = GenerationSince.ToUniversalTime() is { Year: >= 1601 } since ? since : DateTimeOffset.UnixEpoch,
        ["idPage"] = (long)IdPage,
        ["day"] = Day,
        ["eventPage"] = (long)EventPage,
    };
}
