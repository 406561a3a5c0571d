using System.Diagnostics;
using FunctionsApi.Storage.Sqlite;

namespace FunctionsApi.Storage.Tests.Sqlite;

/// <summary>This program once more, as another process on the same file.</summary>
internal static class OtherProcess
{
    public const string Command = "other-process";

    private static string Program { get; } =
        Path.Combine(AppContext.BaseDirectory, "FunctionsApi.Storage.Tests" + (OperatingSystem.IsWindows() ? ".exe" : ""));

    public static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Program, [Command, .. arguments]) { RedirectStandardOutput = true })!;

    public static async Task<int> MainAsync(string[] args)
    {
        await using var store = await SqliteTableStore.OpenAsync(args[1]);
        await (args[2] == "write" ? Task.WhenAll(Enumerable.Range(0, 8).Select(i => WriteForever(store, $"p{i}"))) : Increment(store, int.Parse(args[3])));
        return 0;
    }

    /// <summary>Prints each row when it has been acknowledged.</summary>
    private static async Task WriteForever(SqliteTableStore store, string partition)
    {
        for (var i = 0L; ; i++)
        {
            await store.PutAsync("rows", new(new(partition, $"{i}"), new Dictionary<string, object> { ["v"] = i }, PutCondition.IfAbsent), default);
            Console.WriteLine($"{partition} {i}");
        }
    }

    /// <summary>Prints the ETag of each increment.</summary>
    public static async Task Increment(SqliteTableStore store, int times, Action<string>? print = null)
    {
        for (var done = 0; done < times;)
        {
            var row = await store.GetAsync("rows", new("p", "r"), default);
            var value = 1 + (long)(row?.Values["v"] ?? 0L);
            var condition = row is null ? PutCondition.IfAbsent : PutCondition.IfMatch(row.ETag);
            if (await store.PutAsync("rows", new(new("p", "r"), new Dictionary<string, object> { ["v"] = value }, condition), default) is not { } eTag)
                continue;
            done++;
            (print ?? Console.WriteLine)(eTag);
        }
    }
}
