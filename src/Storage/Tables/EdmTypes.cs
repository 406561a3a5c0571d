namespace FunctionsApi.Storage.Tables;

/// <summary>What Azure Tables calls the types of values.</summary>
internal static class EdmTypes
{
    /// <summary>Follows a column's name in the member that says its type, and stands right before the column.</summary>
    public const string Annotation = "@odata.type";

    public const string Int64 = "Edm.Int64";
    public const string Double = "Edm.Double";
    public const string DateTime = "Edm.DateTime";
    public const string Binary = "Edm.Binary";

    /// <summary>UTC, to 100 ns.</summary>
    public const string DateTimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";
}
