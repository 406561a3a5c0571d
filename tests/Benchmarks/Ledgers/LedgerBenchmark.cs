using System.CommandLine;

namespace FunctionsApi.Benchmarks.Ledgers;

/// <summary><c>ledger</c></summary>
internal static class LedgerBenchmark
{
    public static Command Create()
    {
        var command = new Command("ledger", "Storage operations of a hot partition and of a saturated one.");
        command.SetAction(async (_, _) =>
        {
            await HotPartition.RunAsync();
            await SaturatedPartition.RunAsync();
        });
        return command;
    }
}
