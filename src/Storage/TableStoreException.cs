namespace FunctionsApi.Storage;

/// <summary>
/// The store could not be read or written. The message names the store, the problem and the remedy and holds no secret;
/// it is for operators and never for callers of the API.
/// </summary>
public class TableStoreException : IOException
{
    public TableStoreException(string message) : base(message)
    {
    }

    public TableStoreException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Whether it may be over by itself in a while: a store that is starting, a permission that was just given.</summary>
    public bool MayPass { get; init; }
}
