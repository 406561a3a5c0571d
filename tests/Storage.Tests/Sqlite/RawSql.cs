using Microsoft.Data.Sqlite;

namespace FunctionsApi.Storage.Tests.Sqlite;

/// <summary>What another program does to the file.</summary>
internal static class RawSql
{
    public static SqliteConnection Connect(string database)
    {
        var connection = new SqliteConnection($"Data Source={database};Pooling=false");
        connection.Open();
        return connection;
    }

    public static void Execute(string database, string sql) => Read(database, sql);

    public static void Execute(SqliteConnection connection, string sql) => Read(connection, sql);

    public static object? Read(string database, string sql)
    {
        using var connection = Connect(database);
        return Read(connection, sql);
    }

    private static object? Read(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
