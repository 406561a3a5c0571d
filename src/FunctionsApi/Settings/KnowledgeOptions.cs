using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace FunctionsApi.Settings;

/// <summary>The settings <c>Knowledge__…</c>.</summary>
internal sealed record KnowledgeOptions
{
    public const string Section = "Knowledge";

    /// <summary>How many documents a tenant may store.</summary>
    [Description("a number of documents"), Range(1, 1_000_000)]
    public int MaxDocuments { get; set; } = 20_000;

    /// <summary>How much text a tenant may store, in MiB of UTF-8.</summary>
    [Description("a number of MiB"), Range(1, 1_000_000)]
    public int MaxMebibytes { get; set; } = 256;

    /// <summary>The same in bytes.</summary>
    public long MaxBytes => MaxMebibytes * 1024L * 1024;

    /// <summary>How large the search indexes of an instance may be together, in MiB.</summary>
    [Description("a number of MiB"), Range(16, 1_000_000)]
    public int MaxIndexMebibytes { get; set; } = 512;

    /// <summary>The same in bytes.</summary>
    public long MaxIndexBytes => MaxIndexMebibytes * 1024L * 1024;
}
