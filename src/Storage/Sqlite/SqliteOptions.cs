namespace FunctionsApi.Storage.Sqlite;

/// <summary>How a file is used.</summary>
public sealed record SqliteOptions
{
    /// <summary>
    /// Tables whose writes go before those of all others: they never wait for more than one commit of others, which is bounded. Names
    /// ignore case. None by default.
    /// </summary>
    public IReadOnlyCollection<string> UrgentTables { get; init; } = [];

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long to wait for another process to finish its transaction.</summary>
    internal TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    internal Machine Machine { get; init; } = Machine.This;
}
