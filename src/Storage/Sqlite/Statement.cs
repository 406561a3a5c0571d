using Microsoft.Data.Sqlite;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>A statement that is prepared once and run many times, its parameters $1, $2, … given in order.</summary>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand _command;

    public Statement(SqliteConnection connection, string sql)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
    }

    public SqliteDataReader Read(params ReadOnlySpan<object> arguments)
    {
        Bind(arguments);
        return _command.ExecuteReader();
    }

    public object? ReadScalar(params ReadOnlySpan<object> arguments)
    {
        Bind(arguments);
        return _command.ExecuteScalar();
    }

    public void Execute(params ReadOnlySpan<object> arguments)
    {
        Bind(arguments);
        _command.ExecuteNonQuery();
    }

    private void Bind(ReadOnlySpan<object> arguments)
    {
        for (var i = _command.Parameters.Count; i < arguments.Length; i++)
            _command.Parameters.Add(new SqliteParameter { ParameterName = $"${i + 1}" });
        for (var i = 0; i < arguments.Length; i++)
            _command.Parameters[i].Value = arguments[i];
    }

    public void Dispose() => _command.Dispose();
}
