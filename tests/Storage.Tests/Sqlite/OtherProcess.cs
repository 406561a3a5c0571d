using System.Diagnostics;
using FunctionsApi.Storage.Sqlite;

namespace FunctionsApi.Storage.Tests.Sqlite;

/// <summary>This program once more, as another process on the same file.</summary>
internal static class OtherProcess
{
    public const string Command = "other-process";

    private static string Program { get; } =
        Path.Combine(AppContext.BaseDirectory, $"FunctionsApi.Storage.Tests{(OperatingSystem.IsWindows() ? ".exe" : "")}");

    /// <param name="what">"write", "increment" or "time".</param>
    /// <param name="database">The file to do it to.</param>
    public static Process Start(string what, string database) => Process.Start(
        new ProcessStartInfo(Program, [Command, what, database]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    public static async Task<int> MainAsync(string[] arguments)
    {
        EndWithStarter();
        await using var store = await SqliteTableStore.OpenAsync(arguments[2]);
        await (arguments[1] switch
        {
            "write" => WriteForever(store),
            "increment" => Increment(store, times: 100, Console.WriteLine),
            "time" => Console.Out.WriteLineAsync($"{store.Time.At.UtcTicks}"),
            var unknown => throw new ArgumentException($"'{unknown}' is nothing that it does."),
        });
        return 0;
    }

    /// <summary>Raises one row by one, again and again, and reports the ETag of each time.</summary>
    public static async Task Increment(SqliteTableStore store, int times, Action<string> report)
    {
        for (var done = 0; done < times;)
        {
            var row = await store.GetAsync("rows", new("p", "r"), default);
            var value = 1 + (long)(row?.Values["v"] ?? 0L);
            var condition = row is null ? PutCondition.IfAbsent : PutCondition.IfMatch(row.ETag);
            if (await store.PutAsync("rows", Rows.Of("p", "r", value, condition), default) is { } eTag)
            {
                report(eTag);
                done++;
            }
        }
    }

    /// <summary>Writes row after row in eight partitions and prints each that has been acknowledged.</summary>
    private static Task WriteForever(SqliteTableStore store)
    {
        return Task.WhenAll(Enumerable.Range(0, 8).Select(i => WriteForever($"p{i}")));

        async Task WriteForever(string partition)
        {
            for (var i = 0L; ; i++)
            {
                await store.PutAsync("rows", Rows.Of(partition, $"{i}", i, PutCondition.IfAbsent), default);
                Console.WriteLine($"{partition} {i}");
            }
        }
    }

    /// <summary>Ends this process when the one that started it is gone, so that none outlives a test.</summary>
    private static void EndWithStarter() => new Thread(() =>
    {
        while (Console.Read() >= 0)
        {
        }

        Environment.Exit(1);
    })
    { IsBackground = true }.Start();
}
