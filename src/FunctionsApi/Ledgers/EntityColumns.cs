using FunctionsApi.Storage;

namespace FunctionsApi.Ledgers;

/// <summary>
/// An entity's bytes as columns of its row: <c>state</c>, and where one of 64 KiB cannot hold them <c>state2</c> and so on.
/// </summary>
internal static class EntityColumns
{
    private const int MaxColumnBytes = 64 * 1024;

    // A row holds 1 MiB, its keys and the names of its columns included.
    private const int MaxColumns = 15;

    /// <returns>Null where no row can hold so much.</returns>
    public static IReadOnlyDictionary<string, object>? Write(byte[] state)
    {
        if (state.Length > MaxColumns * MaxColumnBytes)
            return null;
        if (state.Length <= MaxColumnBytes)
            return new Dictionary<string, object>(1) { [Name(0)] = state };
        var columns = new Dictionary<string, object>();
        for (var start = 0; start < state.Length; start += MaxColumnBytes)
            columns[Name(columns.Count)] = state[start..Math.Min(start + MaxColumnBytes, state.Length)];
        return columns;
    }

    /// <exception cref="InvalidDataException">The row is no entity's.</exception>
    public static byte[] Read(TableRow row)
    {
        if (row.Values.GetValueOrDefault(Name(0)) is not byte[] first)
            throw new InvalidDataException($"The row has no column '{Name(0)}'.");
        if (first.Length < MaxColumnBytes)
            return first;
        using var state = new MemoryStream();
        for (var place = 0; row.Values.GetValueOrDefault(Name(place)) is byte[] part; place++)
            state.Write(part);
        return state.ToArray();
    }

    private static string Name(int place) => place == 0 ? "state" : $"state{place + 1}";
}
