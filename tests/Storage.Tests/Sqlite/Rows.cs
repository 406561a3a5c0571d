namespace FunctionsApi.Storage.Tests.Sqlite;

internal static class Rows
{
    public static TablePut Of(string partition, string row, object value, PutCondition condition = default) =>
        new(new(partition, row), new Dictionary<string, object> { ["v"] = value }, condition);
}
