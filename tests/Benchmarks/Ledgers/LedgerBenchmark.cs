using System.CommandLine;
namespace FunctionsApi.Benchmarks.Ledgers;
internal static class LedgerBenchmark { public static Command Create() => new("ledger"); }
